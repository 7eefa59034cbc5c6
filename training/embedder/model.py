"""The embedder in PyTorch, with the names and the interface that its ONNX file has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from training.train_reader import dequantised, encoder_config

Weights = dict[str, torch.Tensor]
# Texts are embedded so many at a time, padded to a multiple of so many tokens: a new shape takes the library seconds.
ROWS, MULTIPLE = 16, 16


class EmbedderModel(torch.nn.Module):
    """BERT without a pooler: (batch, tokens) -> (batch, tokens, width). Word embeddings are frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel(encoder_config(), add_pooling_layer=False)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    @classmethod
    def starting_from(cls, weights: Path) -> EmbedderModel:
        """The model of a quantised ONNX file, whose weights have no prefix.

        Raises:
            SystemExit: the file lacks weights of the model.
        """
        model = cls()
        state = {f"bert.{name}": weight for name, weight in dequantised(weights).items()}
        if missing := {name for name, _ in model.named_parameters()} - state.keys():
            raise SystemExit(f"{weights} does not give the weights {sorted(missing)[:5]}")
        model.load_state_dict(state, strict=False)
        return model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        # The additive mask has the type of the attention; a wider type would widen all of it.
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        masked = ((1 - mask[:, None, None, :]) * -1e4).to(kind)
        output = self.bert(input_ids=ids, attention_mask=masked, token_type_ids=types)
        return output.last_hidden_state

    def embed(self, tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors of the texts, (texts, width): of the first token, as the pin says; in bfloat16."""
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(encoded)), key=lambda number: -len(encoded[number]))
        groups = (order[at : at + ROWS] for at in range(0, len(order), ROWS))
        with torch.autocast("cpu", torch.bfloat16):
            states = [self._first_states([encoded[number] for number in group]) for group in groups]
        vectors = torch.cat(states)[torch.argsort(torch.tensor(order))]
        return torch.nn.functional.normalize(vectors.float(), dim=-1)

    def _first_states(self, encoded: Sequence[Sequence[int]]) -> torch.Tensor:
        """The state of each text's first token; texts are the longest first."""
        length = -(-len(encoded[0]) // MULTIPLE) * MULTIPLE
        ids, mask = torch.zeros(ROWS, length, dtype=torch.long), torch.zeros(ROWS, length, dtype=torch.long)
        for row, own in enumerate(encoded):
            ids[row, : len(own)], mask[row, : len(own)] = torch.tensor(own), 1
        return self(ids, mask, torch.zeros_like(ids))[: len(encoded), 0]


def averaged(trained: Weights, earlier: Weights, keep: float) -> Weights:
    """The weights ``trained``, with a share ``keep`` of the earlier ones: what was forgotten comes back in part."""
    return {name: torch.lerp(weight, earlier[name], keep) for name, weight in trained.items()}
