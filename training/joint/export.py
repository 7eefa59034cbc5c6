"""Export a checkpoint as two int8 ONNX files, as ``training.quantise`` does.

python -m training.joint.export .training/joint/checkpoint.pt .training/joint/reader

``lower.onnx`` reads tokens and gives hidden states and the rank logit, and is shipped: the tagger and the recogniser
read on from it. ``upper.onnx`` goes on from the hidden states; the judge's training starts from both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.lower_layers import LOWER
from qa.read.reader import windows
from training import quantise
from training.export_reader import MOST_ERROR, PROBES
from training.joint.model import UPPER, JointModel

MOST_HIDDEN_ERROR = 3.0  # of a hidden state: a few dimensions have values of up to 20


class _Lower(torch.nn.Module):
    def __init__(self, model: JointModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.lower(ids, mask, types)


class _Upper(torch.nn.Module):
    def __init__(self, model: JointModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        return self.model.upper(hidden, mask)


def export(checkpoint: Path, folder: Path) -> None:
    """Write both files into ``folder`` from ``checkpoint`` (a file that ``training.joint.train`` saved); check them."""
    model = JointModel()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    model.eval()
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    tokens = [quantise.tokens_of((own.ids, own.types)) for probe in PROBES for own in windows(tokenizer, *probe)]
    quantise.export(
        _Lower(model), folder / LOWER, tokens, outputs={"hidden": True, "rank": False}, most_error=MOST_HIDDEN_ERROR
    )
    hidden = [_handed_over(model, own) for own in tokens]
    quantise.export(_Upper(model), folder / UPPER, hidden, outputs={"logits": True}, most_error=MOST_ERROR)


@torch.no_grad()
def _handed_over(model: JointModel, tokens: quantise.Arrays) -> dict[str, np.ndarray]:
    ids, mask, types = map(torch.tensor, tokens.values())
    return {"hidden": model.lower(ids, mask, types)[0].numpy(), "attention_mask": mask.numpy()}


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
