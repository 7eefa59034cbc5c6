"""Question and text -> relevance: the Reranker protocol and its cross-encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.models import Model, ModelError, resolve


class Reranker(Protocol):
    """Reads a question together with each text and says how well the text answers it."""

    @property
    def fingerprint(self) -> str:
        """Name and revision."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """A relevance logit for each text; higher is better, comparable within one reranker only."""


class OnnxReranker:
    """A cross-encoder in ONNX with one output logit (Nogueira and Cho 2019, arXiv:1901.04085)."""

    def __init__(self, model: Model) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = f"{model.name}@{model.revision}"
        self._model = OnnxModel(model.folder / "model.onnx")
        self._tokenizer = load_tokenizer(model.folder)
        # Cut the longer of the two: in practice the text, and a hopeless question cannot raise an error.
        self._tokenizer.enable_truncation(512, strategy="longest_first")

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        encodings = (self._tokenizer.encode(question, text) for text in texts)
        outputs = self._model.run((encoding.ids, encoding.type_ids) for encoding in encodings)
        return [float(logits[0]) for logits in outputs]


def load_reranker(name: str) -> Reranker:
    """The reranker called ``name`` (see ``index.models``); it must be an ONNX model."""
    model = resolve(name, "reranker")
    if not model.is_onnx:
        raise ModelError(f"{model.folder} holds no model.onnx; a reranker must be an ONNX model")
    return OnnxReranker(model)
