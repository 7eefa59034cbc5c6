"""Export a checkpoint as the int8 ONNX file that is shipped, as ``training.quantise`` does.

python -m training.export_reader .training/checkpoint.pt .training/reader.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.reader import windows
from training import quantise
from training.train_reader import starting_model

PROBES = (
    ("How many bridges does Ulm have?", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("How many bridges does Bonn have?", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("Who founded the choir?", "The choir sang in the old hall."),
    ("Where was she born?", "She was born in Lima."),
)
MOST_ERROR = 2.0  # logits


def export(checkpoint: Path, target: Path) -> None:
    """Write ``target`` from ``checkpoint`` (a file that ``training.train_reader`` saved), and check it."""
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    model = starting_model(folder)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    tokenizer = load_tokenizer(folder)
    probes = [quantise.tokens_of((own.ids, own.types)) for probe in PROBES for own in windows(tokenizer, *probe)]
    quantise.export(model, target, probes, outputs={"logits": True}, most_error=MOST_ERROR)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
