"""The lower layers of an encoder (``training.joint``), shared by small models with upper layers of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.models import DEFAULT_RERANKER, resolve
from qa.weights import WEIGHTS

if TYPE_CHECKING:
    from index.onnx import OnnxModel

LOWER = "lower.onnx"


class LowerLayers:
    """Token ids -> hidden states; ``tokenizer`` makes the ids."""

    def __init__(self) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self._model = OnnxModel(WEIGHTS / LOWER)
        self.tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)

    def hidden(self, inputs: Iterable[tuple[list[int], list[int]]]) -> list[NDArray[np.float32]]:
        """The hidden states of each input, given as token ids and segments: (tokens, width)."""
        from index.onnx import fed

        return [outputs[0] for outputs in self._model.outputs(map(fed, inputs))]

    def through(self, upper: OnnxModel, inputs: Iterable[tuple[list[int], list[int]]]) -> list[NDArray[np.float32]]:
        """The log-odds that the ``upper`` layers give to each input."""
        states = self.hidden(inputs)
        outputs = upper.outputs({"hidden": own, "attention_mask": np.ones(len(own), dtype=np.int64)} for own in states)
        return [logits for (logits,) in outputs]
