"""Export a checkpoint as the int8 ONNX file that is shipped.

    python -m training.export_reader .training/checkpoint.pt qa/read/weights/reader.onnx

Weights are quantised to int8 for each output channel, activations at run time (onnxruntime's dynamic quantisation);
with one scale for each layer, logits would change by several units. Weights use only seven bits (``reduce_range``):
processors without VNNI add products in 16 bits, which eight-bit weights overflow. The TorchScript exporter is used
because the newer one (PyTorch 2.13) makes a graph whose float outputs differ from PyTorch's. The float and the int8
outputs are both checked against PyTorch's.
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
from qa.read.reader import TokenWindow, windows
from training.train_reader import starting_model

NAMES = ["input_ids", "attention_mask", "token_type_ids"]
PROBES = (
    ("How many bridges does Ulm have?", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("How many bridges does Bonn have?", "Ulm lies on the Danube. It has eleven bridges, two of them for trains."),
    ("Who founded the choir?", "The choir sang in the old hall."),
    ("Where was she born?", "She was born in Lima."),
)


def export(checkpoint: Path, target: Path) -> None:
    """Write ``target`` from ``checkpoint`` (a file that ``training.train_reader`` saved), and check it."""
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    model = starting_model(folder)
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
            dynamic_axes={name: {1: "length"} for name in [*NAMES, "logits"]},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        tokenizer = load_tokenizer(folder)
        inputs = [window for probe in PROBES for window in windows(tokenizer, *probe)]
        with torch.no_grad():
            expected = [
                model(torch.tensor([w.ids]), torch.ones(1, len(w.ids), dtype=torch.long), torch.tensor([w.types]))
                for w in inputs
            ]
        float_error = difference(run(full, inputs), expected)
        error = difference(run(target, inputs), expected)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB; logits differ from PyTorch's by at most {error:.2f}")
    if float_error > 0.01 or error > 2:
        raise SystemExit(f"the export is not the model: float error {float_error:.3f}, int8 error {error:.2f}")


def difference(outputs: list[np.ndarray], expected: list[torch.Tensor]) -> float:
    """The largest absolute difference between two lists of logits."""
    return max(float(np.abs(output - own.numpy()).max()) for output, own in zip(outputs, expected, strict=True))


def run(path: Path, inputs: list[TokenWindow]) -> list[np.ndarray]:
    """The logits of an exported file for each window, of shape (1, tokens, 3)."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    logits = []
    for window in inputs:
        values = zip(NAMES, (window.ids, [1] * len(window.ids), window.types), strict=True)
        logits.append(session.run(None, {name: np.array([value], dtype=np.int64) for name, value in values})[0])
    return logits


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
