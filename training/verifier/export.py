"""Export a checkpoint as the int8 ONNX file that is shipped, as ``training.quantise`` does.

python -m training.verifier.export .training/verifier/checkpoint.pt qa/check/weights/verifier.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.check.entailment import pair_of
from training import quantise
from training.verifier.model import VerifierModel

PROBES = (
    ("Ulm has eleven bridges.", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("Ulm has twelve bridges.", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("How many bridges does Bonn have? Eleven.", "Ulm lies on the Danube. It has eleven bridges."),
    ("Is the hall open on Sundays? No.", "The hall is closed on Sundays and holidays."),
)
MOST_ERROR = 1.0  # logits


def export(checkpoint: Path, target: Path) -> None:
    """Write ``target`` from ``checkpoint`` (a file that ``training.verifier.train`` saved), and check it."""
    model = VerifierModel()
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    probes = [quantise.tokens_of(pair_of(tokenizer, *probe)) for probe in PROBES]
    quantise.export(model, target, probes, outputs={"logits": False}, most_error=MOST_ERROR)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
