"""The verifier in PyTorch: an encoder over ``[CLS] claim [SEP] evidence [SEP]`` with three logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel

from qa.check.entailment import pair_of
from training.train_reader import MULTIPLE, dequantised, encoder_config
from training.verifier.examples import SUPPORTED, UNSUPPORTED, Pair


class VerifierModel(torch.nn.Module):
    """The encoder, and its [CLS] state -> (batch, 3) logits: supported, contradicted, not mentioned."""

    def __init__(self) -> None:
        super().__init__()
        config = encoder_config()
        self.bert = BertModel(config, add_pooling_layer=True)
        self.verdict = torch.nn.Linear(config.hidden_size, 3)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        # The additive mask has the type of the attention; a wider type would widen all of it.
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        masked = ((1 - mask[:, None, None, :]) * -1e4).to(kind)
        output = self.bert(input_ids=ids, attention_mask=masked, token_type_ids=types)
        return torch.as_tensor(self.verdict(output.pooler_output))

    @classmethod
    def starting_from(cls, onnx_path: Path) -> VerifierModel:
        """An exported verifier, or the encoder of an exported reader or reranker with a new head."""
        model = cls()
        state = {
            name: value for name, value in dequantised(onnx_path).items() if name.startswith(("bert.", "verdict."))
        }
        if missing := {name for name, _ in model.named_parameters() if name.startswith("bert.")} - set(state):
            raise SystemExit(f"weights that {onnx_path} does not give: {sorted(missing)[:5]}")
        model.load_state_dict(state, strict=False)
        return model


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids, mask and types, each (pairs, tokens), and the labels."""

    inputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    labels: torch.Tensor


def batch_of(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> Batch:
    """The pairs as one input."""
    read = [pair_of(tokenizer, pair.claim, pair.evidence) for pair in pairs]
    longest = max(len(own) for own, _ in read)
    length = -(-longest // MULTIPLE) * MULTIPLE
    ids, mask, types = (torch.zeros(len(pairs), length, dtype=torch.long) for _ in range(3))
    for row, (own, segments) in enumerate(read):
        ids[row, : len(own)] = torch.tensor(own)
        mask[row, : len(own)] = 1
        types[row, : len(own)] = torch.tensor(segments)
    return Batch((ids, mask, types), torch.tensor([pair.label for pair in pairs]))


def loss_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean of ``losses_of``."""
    return losses_of(logits, labels).mean()


def losses_of(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of each; where a claim is only known to be unsupported, of "supported" against the rest."""
    logs = functional.log_softmax(logits, dim=-1)
    known = labels != UNSUPPORTED
    exact = -logs.gather(1, labels.clamp(max=2)[:, None])[:, 0]
    others = [number for number in range(3) if number != SUPPORTED]
    unsupported = -torch.logsumexp(logs[:, others], dim=-1)
    return torch.where(known, exact, unsupported)
