"""Export a checkpoint of the judge as an int8 ONNX file, as ``training.quantise`` does.

    python -m training.judge.export .training/judge/checkpoint.pt qa/weights/judge.onnx --start READER --share 0.7

With ``--start``, weights are the mean of the checkpoint's, which count as ``--share``, and of those that the training
started from (Wortsman et al. 2022, arXiv:2109.01903): so it keeps what these read better.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.reader import windows
from training import quantise
from training.averaging import between
from training.export_reader import PROBES
from training.judge.model import JudgeModel

MOST_ERROR = 3.0  # logits


def export(model: JudgeModel, target: Path) -> None:
    """Write ``target`` from the model, and check it."""
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    probes = [quantise.tokens_of((own.ids, own.types)) for probe in PROBES for own in windows(tokenizer, *probe)]
    quantise.export(model, target, probes, outputs={"tokens": True, "passage": False}, most_error=MOST_ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a file that training.judge.train saved")
    parser.add_argument("target", type=Path, help="the exported file, or a checkpoint (.pt) to go on from")
    parser.add_argument("--start", type=Path, help="what the training started from")
    parser.add_argument("--share", type=float, default=0.7)
    options = parser.parse_args()
    model = JudgeModel.starting_from(options.checkpoint)
    if options.start:
        model = between(JudgeModel.starting_from(options.start), model, options.share)
    if options.target.suffix == ".pt":
        torch.save({"model": model.state_dict()}, options.target)
    else:
        export(model, options.target)


if __name__ == "__main__":
    main()
