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
        from index.onnx import OnnxModel

        self.fingerprint = f"{model.name}@{model.revision}"
        self._model = OnnxModel(model.folder)
        # Cut the text, never the question.
        self._model.tokenizer.enable_truncation(512, strategy="only_second")

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        encodings = [self._model.tokenizer.encode(question, text) for text in texts]
        return [float(logits[0]) for logits in self._model.run(encodings)]


def load_reranker(name: str) -> Reranker:
    """The reranker called ``name`` (see ``index.models``); it must be an ONNX model."""
    model = resolve(name, "reranker")
    if not model.is_onnx:
        raise ModelError(f"{model.folder} holds no model.onnx; a reranker must be an ONNX model")
    return OnnxReranker(model)
