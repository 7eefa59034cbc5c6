"""Checkpoint -> the int8 ONNX file that ships.

    python -m training.export_reader .training qa/weights/reader.onnx

Weights are quantised per layer to int8, activations dynamically (onnxruntime's dynamic quantisation, as in the
models it was trained from).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from index.models import DEFAULT_RERANKER, resolve
from training.train_reader import starting_model


class Logit(torch.nn.Module):
    """The classifier with plain inputs and one output, so that the exported graph has just these."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def export(checkpoint: Path, target: Path) -> None:
    """Write ``target`` from ``checkpoint`` (a file that ``training.train_reader`` saved)."""
    model = starting_model(resolve(DEFAULT_RERANKER, "reranker").folder)
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
    example = torch.ones(1, 16, dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    length = torch.export.Dim("length", min=4, max=512)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            Logit(model.eval()),
            (example, example, torch.zeros_like(example)),
            str(full),
            input_names=names,
            output_names=["logits"],
            dynamic_shapes={name: {1: length} for name in names},
            dynamo=True,
            external_data=False,
        )
        quantize_dynamic(full, target, weight_type=QuantType.QInt8)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    export(Path(sys.argv[1]) / "checkpoint.pt", Path(sys.argv[2]))
