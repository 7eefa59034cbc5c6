"""The judge in PyTorch: one encoder over ``[CLS] question [SEP] passage [SEP]`` that ranks, reads and decides.

For every token of the passage it gives the logits of a span's start and end and one that the token belongs to what
answers; for the passage one that it answers at all, and those of what it says to a claim or a yes/no question.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from transformers import BertModel

from qa.read.lower_layers import LOWER
from training.joint.model import UPPER, through
from training.train_reader import dequantised, encoder_config


class JudgeModel(torch.nn.Module):
    """The encoder and its heads; word embeddings are frozen."""

    def __init__(self) -> None:
        super().__init__()
        config = encoder_config()
        self.bert = BertModel(config, add_pooling_layer=True)
        self.span = torch.nn.Linear(config.hidden_size, 2)
        self.marks = torch.nn.Linear(config.hidden_size, 1)
        self.relevance = torch.nn.Linear(config.hidden_size, 1)
        self.verdict = torch.nn.Linear(config.hidden_size, 3)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the tokens, (batch, tokens, 3), and of the passages, (batch, 4)."""
        hidden = self.bert.embeddings(input_ids=ids, token_type_ids=types)
        hidden = through(self.bert.encoder.layer, hidden, mask)
        pooled = self.bert.pooler(hidden)
        return torch.cat([self.span(hidden), self.marks(hidden)], -1), torch.cat(
            [self.relevance(pooled), self.verdict(pooled)], -1
        )

    @classmethod
    def starting_from(cls, weights: Path) -> JudgeModel:
        """A checkpoint of this model (``.pt``), the reranker (``.onnx``), or the folder of the reader's two files.

        A head that the weights do not have says nothing yet.
        """
        model = cls()
        if weights.suffix == ".pt":
            model.load_state_dict(torch.load(weights, weights_only=True)["model"])
            return model
        files = [weights / LOWER, weights / UPPER] if weights.is_dir() else [weights]
        given = {name: tensor for file in files for name, tensor in dequantised(file).items()}
        given |= {name.replace("classifier", "relevance"): tensor for name, tensor in given.items()}
        if "marks.weight" in given:  # of the reader, orders besides
            given |= {name: given[name][:1] for name in ("marks.weight", "marks.bias")}
        own = dict(model.named_parameters())
        if missing := {name for name in own if name.startswith("bert.")} - set(given):
            raise SystemExit(f"weights that {weights} does not give: {sorted(missing)[:5]}")
        for head in (model.span, model.marks, model.relevance, model.verdict):
            torch.nn.init.zeros_(head.weight)
            torch.nn.init.zeros_(head.bias)
        model.load_state_dict({name: tensor for name, tensor in given.items() if name in own}, strict=False)
        return model
