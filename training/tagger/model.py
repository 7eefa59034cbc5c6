"""The tagger in PyTorch: hidden states of the reader's lower layers -> log-odds that a token's word is left out."""

from __future__ import annotations

import torch
from torch import Tensor

from training.joint.model import through
from training.upper import UpperLayers


class TaggerModel(UpperLayers):
    """Hidden states (batch, tokens, width) -> (batch, tokens)."""

    def __init__(self) -> None:
        super().__init__(is_pooled=False)
        self.left_out = torch.nn.Linear(self.width, 1)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.left_out(through(self.layer, hidden, mask))[..., 0]
        return logits
