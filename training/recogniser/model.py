"""The recogniser in PyTorch: hidden states of the reader's lower layers -> log-odds of an order, and of a request."""

from __future__ import annotations

import torch
from torch import Tensor

from training.joint.model import through
from training.upper import UpperLayers


class RecogniserModel(UpperLayers):
    """Hidden states (batch, tokens, width) -> (batch, 2)."""

    def __init__(self) -> None:
        super().__init__(is_pooled=True)
        self.kinds = torch.nn.Linear(self.width, 2)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        logits: Tensor = self.kinds(self.pooler(through(self.layer, hidden, mask)))
        return logits
