"""Export a checkpoint of the judge as an int8 ONNX file, as ``training.quantise`` does.

python -m training.judge.export .training/judge/checkpoint.pt .training/judge/judge.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.reader import windows
from training import quantise
from training.export_reader import MOST_ERROR, PROBES
from training.judge.model import JudgeModel


def export(checkpoint: Path, target: Path) -> None:
    """Write ``target`` from ``checkpoint`` (a file that ``training.judge.train`` saved), and check it."""
    model = JudgeModel.starting_from(checkpoint)
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    probes = [quantise.tokens_of((own.ids, own.types)) for probe in PROBES for own in windows(tokenizer, *probe)]
    quantise.export(model, target, probes, outputs={"tokens": True, "passage": False}, most_error=MOST_ERROR)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
