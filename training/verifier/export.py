"""Export a checkpoint as the int8 ONNX file that is shipped.

    python -m training.verifier.export .training/verifier/checkpoint.pt qa/check/weights/verifier.onnx

Quantised as the reader is (``training.export_reader``); float and int8 outputs are both checked against PyTorch's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.check.entailment import pair_of
from training.verifier.model import VerifierModel

NAMES = ["input_ids", "attention_mask", "token_type_ids"]
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
    model.eval()
    example = torch.ones(1, 16, dtype=torch.long)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as own:
        full = Path(own) / "full.onnx"
        torch.onnx.export(
            model,
            (example, example, torch.zeros_like(example)),
            str(full),
            input_names=NAMES,
            output_names=["logits"],
            dynamic_axes={name: {1: "length"} for name in NAMES},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
        inputs = [pair_of(tokenizer, *probe) for probe in PROBES]
        with torch.no_grad():
            expected = np.array([model(*tensors(*pair))[0].numpy() for pair in inputs])
        float_error = float(np.abs(run(full, inputs) - expected).max())
        error = float(np.abs(run(target, inputs) - expected).max())
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB; logits differ from PyTorch's by at most {error:.2f}")
    if float_error > 0.01 or error > MOST_ERROR:
        raise SystemExit(f"the export is not the model: float error {float_error:.3f}, int8 error {error:.2f}")


def tensors(ids: list[int], types: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One input as PyTorch takes it."""
    return torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long), torch.tensor([types])


def run(path: Path, inputs: list[tuple[list[int], list[int]]]) -> np.ndarray:
    """(inputs, 3): the logits of an exported file."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = []
    for ids, types in inputs:
        values = zip(NAMES, (ids, [1] * len(ids), types), strict=True)
        logits.append(session.run(None, {name: np.array([value], dtype=np.int64) for name, value in values})[0][0])
    return np.array(logits)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
