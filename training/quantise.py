"""A PyTorch model as an int8 ONNX file, checked: how both readers of pairs of texts are shipped.

Weights are quantised to int8 for each output channel, activations at run time (onnxruntime's dynamic quantisation);
with one scale for each layer, logits would change by several units. Weights use only seven bits (``reduce_range``):
processors without VNNI add products in 16 bits, which eight-bit weights overflow. The TorchScript exporter is used
because the newer one (PyTorch 2.13) makes a graph whose float outputs differ from PyTorch's. The float and the int8
outputs are both checked against PyTorch's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

NAMES = ["input_ids", "attention_mask", "token_type_ids"]
MOST_FLOAT_ERROR = 0.01  # logits

Tokens = tuple[list[int], list[int]]  # token ids of one input, and the segment of each


def export(
    model: torch.nn.Module, target: Path, probes: Sequence[Tokens], *, most_error: float, by_token: bool
) -> None:
    """Write ``target`` from ``model``, which returns logits, ``by_token`` or for the whole input, and check it.

    Raises:
        SystemExit: the logits of a probe differ from PyTorch's by more than ``most_error``.
    """
    model.eval()
    target.parent.mkdir(parents=True, exist_ok=True)
    lengthy = [*NAMES, "logits"] if by_token else NAMES
    example = torch.ones(1, 16, dtype=torch.long)
    with tempfile.TemporaryDirectory() as own:
        full = Path(own) / "full.onnx"
        torch.onnx.export(
            model,
            (example, example, torch.zeros_like(example)),
            str(full),
            input_names=NAMES,
            output_names=["logits"],
            dynamic_axes={name: {1: "length"} for name in lengthy},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        with torch.no_grad():
            expected = [model(*map(torch.tensor, _arrays(probe))).numpy() for probe in probes]
        float_error, error = (_difference(path, probes, expected) for path in (full, target))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB; logits differ from PyTorch's by at most {error:.2f}")
    if float_error > MOST_FLOAT_ERROR or error > most_error:
        raise SystemExit(f"the export is not the model: float error {float_error:.3f}, int8 error {error:.2f}")


def _difference(path: Path, probes: Sequence[Tokens], expected: Sequence[np.ndarray]) -> float:
    """The largest absolute difference between the logits of an exported file and those expected."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = (session.run(None, dict(zip(NAMES, _arrays(probe), strict=True)))[0] for probe in probes)
    return max(float(np.abs(output - own).max()) for output, own in zip(outputs, expected, strict=True))


def _arrays(probe: Tokens) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids, mask and segments of one input, each (1, tokens)."""
    ids, types = probe
    return np.array([ids]), np.ones((1, len(ids)), dtype=np.int64), np.array([types])
