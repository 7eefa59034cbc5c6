"""Export a checkpoint as the int8 ONNX file of the embedder, with the inputs and the output of the one it started from.

    python -m training.embedder.export .training/embedder/checkpoint.pt .training/embedder/model.onnx --keep 0.3

``--keep`` is the share of the weights before training in the mean of both that is written: 0 is the training's own.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from index.onnx import load_tokenizer
from training import quantise
from training.embedder.base import start
from training.embedder.model import EmbedderModel, averaged

PROBES = (
    "How many bridges does Ulm have?",
    "pills left over from mum, toilet or bin??",
    "Opening hours\nThe pool is open from 7 to 20, on Sundays from 9. Caps are required in the main pool.",
)
MOST_ERROR = 1.0  # of hidden states


def export(checkpoint: Path, target: Path, keep: float) -> None:
    """Write ``target`` from the mean of a checkpoint of ``training.embedder.train`` and its start, and check it."""
    model = EmbedderModel.starting_from(start() / "model.onnx")
    trained = torch.load(checkpoint, weights_only=True)["model"]
    model.load_state_dict(averaged(trained, model.state_dict(), keep))
    tokenizer = load_tokenizer(start())
    encodings = [tokenizer.encode(probe) for probe in PROBES]
    probes = [quantise.tokens_of((encoding.ids, encoding.type_ids)) for encoding in encodings]
    quantise.export(model, target, probes, outputs={"last_hidden_state": True}, most_error=MOST_ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--keep", type=float, default=0.0)
    options = parser.parse_args()
    export(options.checkpoint, options.target, options.keep)


if __name__ == "__main__":
    main()
