"""The tagger in PyTorch: hidden states of the reader's lower layers -> log-odds that a token's word is left out."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from transformers import BertModel

from training.joint.model import LOWER, through
from training.train_reader import dequantised, encoder_config

LAYERS = 4


class TaggerModel(torch.nn.Module):
    """``LAYERS`` layers over hidden states (batch, tokens, width) -> (batch, tokens)."""

    def __init__(self) -> None:
        super().__init__()
        bert = BertModel(encoder_config(), add_pooling_layer=False)
        self.layer = bert.encoder.layer[LOWER : LOWER + LAYERS]
        self.left_out = torch.nn.Linear(bert.config.hidden_size, 1)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.left_out(through(self.layer, hidden, mask))[..., 0]
        return logits

    @classmethod
    def starting_from(cls, verifier: Path) -> TaggerModel:
        """The layers of an exported verifier, which come after as many as the reader's lower ones, with a new head."""
        model = cls()
        given = dequantised(verifier)
        state = {}
        for name, _ in model.layer.named_parameters():
            number, _, rest = name.partition(".")
            state[f"layer.{name}"] = given[f"bert.encoder.layer.{LOWER + int(number)}.{rest}"]
        model.load_state_dict(state, strict=False)
        return model
