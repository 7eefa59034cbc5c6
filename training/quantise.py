"""A PyTorch model as an int8 ONNX file, checked: how both readers of pairs of texts are shipped.

Weights are quantised to int8 for each output channel, activations at run time (onnxruntime's dynamic quantisation);
with one scale for each layer, logits would change by several units. Weights use only seven bits (``reduce_range``):
processors without VNNI add products in 16 bits, which eight-bit weights overflow. The TorchScript exporter is used
because the newer one (PyTorch 2.13) makes a graph whose float outputs differ from PyTorch's. The float and the int8
outputs are both checked against PyTorch's. Seven bits are coarser than what is learned in an hour: a model that learns
its last steps ``on the grid`` loses nothing of it when it is exported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch.nn.utils import parametrize

from index.onnx import Tokens, fed

MOST_FLOAT_ERROR = 0.01  # of logits and hidden states
LEVELS = 64  # of an exported weight above and below 0

Arrays = Mapping[str, np.ndarray]  # the inputs of one inference, by name, in the order of the model's arguments


def tokens_of(tokens: Tokens) -> Arrays:
    """Ids, mask and segments of one input, each (1, tokens)."""
    return {name: values[None] for name, values in fed(tokens).items()}


class OnGrid(torch.nn.Module):
    """A weight (outputs, inputs) as it is exported: as multiples of its output channel's largest one's 64th.

    Its gradient is passed through as if nothing were rounded (Bengio et al. 2013, arXiv:1308.3432).
    """

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        step = weight.detach().abs().amax(1, keepdim=True).clamp_min(1e-12) / LEVELS
        rounded = (weight.detach() / step).round() * step
        return weight + (rounded - weight.detach())


def put_on_grid(model: torch.nn.Module) -> None:
    """Let every linear layer of the model compute with its weights as they are exported, while it learns."""
    for layer in [own for own in model.modules() if isinstance(own, torch.nn.Linear)]:
        parametrize.register_parametrization(layer, "weight", OnGrid())


def take_off_grid(model: torch.nn.Module) -> None:
    """Keep the weights as they are computed with, and nothing else."""
    for layer in [own for own in model.modules() if parametrize.is_parametrized(own)]:
        parametrize.remove_parametrizations(layer, "weight")


def export(
    model: torch.nn.Module,
    target: Path,
    probes: Sequence[Arrays],
    *,
    outputs: Mapping[str, bool],
    most_error: float,
) -> None:
    """Write ``target`` from ``model`` and check it; ``outputs`` says of each whether it has an axis of tokens.

    Raises:
        SystemExit: an output for a probe differs from PyTorch's by more than ``most_error``.
    """
    model.eval()
    target.parent.mkdir(parents=True, exist_ok=True)
    names = list(probes[0])
    lengthy = [*names, *(name for name, by_token in outputs.items() if by_token)]
    with tempfile.TemporaryDirectory() as own:
        full = Path(own) / "full.onnx"
        torch.onnx.export(
            model,
            tuple(map(torch.tensor, probes[0].values())),
            str(full),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes={name: {1: "length"} for name in lengthy},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        expected = [_outputs(model, probe) for probe in probes]
        float_error, error = (_difference(path, probes, expected) for path in (full, target))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB; outputs differ from PyTorch's by at most {error:.2f}")
    if float_error > MOST_FLOAT_ERROR or error > most_error:
        raise SystemExit(f"the export is not the model: float error {float_error:.3f}, int8 error {error:.2f}")


@torch.no_grad()
def _outputs(model: torch.nn.Module, probe: Arrays) -> list[np.ndarray]:
    found = model(*map(torch.tensor, probe.values()))
    return [output.numpy() for output in (found if isinstance(found, tuple) else (found,))]


def _difference(path: Path, probes: Sequence[Arrays], expected: Sequence[Sequence[np.ndarray]]) -> float:
    """The largest absolute difference between the outputs of an exported file and those expected."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return max(
        float(np.abs(output - own).max())
        for probe, wanted in zip(probes, expected, strict=True)
        for output, own in zip(session.run(None, dict(probe)), wanted, strict=True)
    )
