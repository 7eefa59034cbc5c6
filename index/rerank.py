"""Passages in the order of a reranker: its protocol, its cross-encoder, and what counts beside its logit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from index.labels import label_said
from index.models import Model, ModelError, resolve
from index.passage import Passage

# How much retrieval's fused score, from 0 to 1, counts beside the reranker's logit: more for a statement, since
# rerankers are trained on questions. Chosen by ``python -m benchmarks.ablation`` on training questions.
FUSION_SHARE, STATEMENT_SHARE = 2.5, 20.0
# How much it counts that the question says the whole label of a row. Chosen by ``python -m benchmarks.row_labels``.
LABEL_SHARE = 3.0
# So many passages are read at first, those that are likeliest by what found them (``python -m benchmarks.enough``).
READ_FIRST = 8


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

        self.fingerprint = model.fingerprint
        self._model = OnnxModel(model.onnx)
        # The longer of the two is cut: mostly the text, but a question of any length can be scored.
        self._tokenizer = load_tokenizer(model.folder, 512)

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


def rerank(reranker: Reranker, question: str, passages: Sequence[Passage], enough: float = math.inf) -> list[Passage]:
    """``passages`` by the reranker's logit, their fused score and the labels of their rows together, best first.

    Where one of the first ``READ_FIRST`` has a logit of ``enough``, the others are not read: they follow as they came.
    """
    first, others = passages[:READ_FIRST], passages[READ_FIRST:]
    logits = reranker.score(question, [passage.ranked_text for passage in first])
    if max(logits, default=-math.inf) < enough:
        logits = logits + reranker.score(question, [passage.ranked_text for passage in others])
        first, others = passages, ()
    share = fusion_share(question)
    labels = (label_said(question, passage.chunk, passage.chunk.start, passage.chunk.end) for passage in first)
    scored = [
        replace(
            passage,
            score=logit + share * passage.stage_scores.get("fusion", 0.0) + LABEL_SHARE * label,
            stage_scores={**passage.stage_scores, "rerank": logit},
        )
        for passage, logit, label in zip(first, logits, labels, strict=True)
    ]
    ranked = sorted(scored, key=lambda passage: -passage.score)
    return [*ranked, *(replace(other, score=ranked[-1].score - behind) for behind, other in enumerate(others, 1))]


def fusion_share(question: str) -> float:
    """How much the fused score counts beside the logit; text that ends with a full stop is a statement."""
    return STATEMENT_SHARE if question.rstrip().endswith((".", "。")) and "?" not in question else FUSION_SHARE
