"""Export a checkpoint as the int8 ONNX file that is shipped, as ``training.quantise`` does.

    python -m training.verifier.export .training/v3/checkpoint.pt verifier.onnx --start EARLIER.onnx --share 0.8

With ``--start``, weights are the mean of the checkpoint's, which count as ``--share``, and of those that the training
started from: so it keeps what these told better.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.check.entailment import pair_of
from training import quantise
from training.averaging import between
from training.verifier.model import VerifierModel

PROBES = (
    ("Ulm has eleven bridges.", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("Ulm has twelve bridges.", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("How many bridges does Bonn have? Eleven.", "Ulm lies on the Danube. It has eleven bridges."),
    ("Is the hall open on Sundays? No.", "The hall is closed on Sundays and holidays."),
)
MOST_ERROR = 1.0  # logits


def export(model: VerifierModel, target: Path) -> None:
    """Write ``target`` from the model, and check it."""
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    probes = [quantise.tokens_of(pair_of(tokenizer, *probe)) for probe in PROBES]
    quantise.export(model, target, probes, outputs={"logits": False}, most_error=MOST_ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a file that training.verifier.train saved")
    parser.add_argument("target", type=Path)
    parser.add_argument("--start", type=Path, help="what the training started from")
    parser.add_argument("--share", type=float, default=0.8)
    options = parser.parse_args()
    model = VerifierModel()
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["model"])
    export(
        between(VerifierModel.starting_from(options.start), model, options.share) if options.start else model,
        options.target,
    )


if __name__ == "__main__":
    main()
