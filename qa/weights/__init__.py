"""The weights that ship: int8 ONNX files, and the word embeddings that three of them have in common."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).parent
