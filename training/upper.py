"""What tagger and recogniser have in common: layers that go on from hidden states of the reader's lower ones."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch
from transformers import BertModel

from training.joint.model import LOWER
from training.train_reader import dequantised, encoder_config

LAYERS = 4


class UpperLayers(torch.nn.Module):
    """``layer`` holds ``LAYERS`` layers for hidden states (batch, tokens, width), ``pooler`` what may follow them."""

    def __init__(self, *, is_pooled: bool) -> None:
        super().__init__()
        bert = BertModel(encoder_config(), add_pooling_layer=is_pooled)
        self.layer = bert.encoder.layer[LOWER : LOWER + LAYERS]
        self.pooler = bert.pooler
        self.width = bert.config.hidden_size

    @classmethod
    def starting_from(cls, verifier: Path) -> Self:
        """The layers of an exported verifier, which come after as many as the reader's lower ones, with new heads."""
        model = cls()  # type: ignore[call-arg]  # each kind of model says for itself whether it is pooled
        given = dequantised(verifier)
        names = {name: _of_verifier(name) for name in model.state_dict()}
        taken = {name: given[of_verifier] for name, of_verifier in names.items() if of_verifier in given}
        model.load_state_dict(taken, strict=False)
        return model


def _of_verifier(name: str) -> str:
    """What the verifier calls a weight of these layers."""
    part, _, rest = name.partition(".")
    number, _, weight = rest.partition(".")
    return f"bert.encoder.layer.{LOWER + int(number)}.{weight}" if part == "layer" else f"bert.{name}"
