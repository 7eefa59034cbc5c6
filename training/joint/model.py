"""The reader in PyTorch: lower layers with a head that ranks, upper layers with heads for spans, evidence and orders.

All passages go through the lower layers; only the best are carried through the upper ones, from the hidden states on.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor
from transformers import BertModel

from training.train_reader import dequantised, encoder_config

LOWER = 4  # of the 12 layers
UPPER = "upper.onnx"  # the file of the others
# The columns of the logits of each token; the relevance is the same on all of them.
START, END, RELEVANCE, EVIDENCE, ORDER = range(5)


def through(layers: Iterable[torch.nn.Module], hidden: Tensor, mask: Tensor) -> Tensor:
    """Hidden states (batch, tokens, width) after the layers; ``mask`` (batch, tokens) is 0 where a text has ended."""
    # The additive mask has the type of the attention; a wider type would widen all of it.
    kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    masked = ((1 - mask[:, None, None, :]) * -1e4).to(kind)
    for layer in layers:
        out = layer(hidden, masked)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden


class JointModel(torch.nn.Module):
    """``lower`` gives hidden states and the rank logit, ``upper`` the logits of every token, (batch, tokens, 5).

    Their columns are those above.
    """

    def __init__(self) -> None:
        super().__init__()
        config = encoder_config()
        self.bert = BertModel(config, add_pooling_layer=True)
        self.span = torch.nn.Linear(config.hidden_size, 2)
        self.relevance = torch.nn.Linear(config.hidden_size, 1)
        self.marks = torch.nn.Linear(config.hidden_size, 2)  # evidence, order
        self.rank_pool = torch.nn.Linear(config.hidden_size, config.hidden_size)
        self.rank = torch.nn.Linear(config.hidden_size, 1)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def lower(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states (batch, tokens, width) after the lower layers, and the rank logit (batch,)."""
        hidden = self.bert.embeddings(input_ids=ids, token_type_ids=types)
        hidden = through(self.bert.encoder.layer[:LOWER], hidden, mask)
        return hidden, self.rank(torch.tanh(self.rank_pool(hidden[:, 0])))[:, 0]

    def upper(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The logits of every token, (batch, tokens, 5)."""
        hidden = through(self.bert.encoder.layer[LOWER:], hidden, mask)
        relevance = self.relevance(self.bert.pooler(hidden))[:, None].expand(-1, hidden.shape[1], -1)
        return torch.cat([self.span(hidden), relevance, self.marks(hidden)], dim=-1)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of every token, and the rank logit."""
        hidden, rank = self.lower(ids, mask, types)
        return self.upper(hidden, mask), rank

    @classmethod
    def starting_from(cls, reader: Path, reranker: Path) -> JointModel:
        """A checkpoint of this model (``.pt``), or the earlier reader (``.onnx``).

        Of the earlier reader's, the new heads say nothing yet, but the one that ranks, which begins as the reranker's.
        """
        model = cls()
        if reader.suffix == ".pt":
            model.load_state_dict(torch.load(reader, weights_only=True)["model"])
            return model
        state = dequantised(reader)
        head = dequantised(reranker)
        state |= {f"rank_pool.{part}": head[f"bert.pooler.dense.{part}"] for part in ("weight", "bias")}
        state |= {f"rank.{part}": head[f"classifier.{part}"] for part in ("weight", "bias")}
        missing = {name for name, _ in model.named_parameters()} - set(state)
        if rest := {name for name in missing if not name.startswith("marks.")}:
            raise SystemExit(f"weights that {reader} does not give: {sorted(rest)[:5]}")
        model.load_state_dict(
            {name: tensor for name, tensor in state.items() if name in dict(model.named_parameters())}, strict=False
        )
        torch.nn.init.zeros_(model.marks.weight)
        torch.nn.init.zeros_(model.marks.bias)
        return model
