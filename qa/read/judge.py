"""The judge: question and passage -> how well it answers, and where.

A BERT trained by ``training.judge``, which reads each pair once. It gives for every token the logits of a span's start
and end (``qa.read.reader``), and one that the token belongs to what answers; for the passage one that it answers at
all, and three of what it says of the question taken as a claim, which the present weights are too poor at to be used.
So it is a reader and a reranker (``index.rerank.Reranker``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from documents.sentences import Range
from index.models import DEFAULT_RERANKER, ModelError, resolve
from index.query import Query
from index.recent import RecentOfQuestion
from qa.read.reader import NOTHING, Span, TokenWindow, best_of_windows, best_spans, mean_logit, windows
from qa.weights import WEIGHTS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "refdesk-judge-5"
# The columns of the logits of each token, and of those of a passage.
START, END, EVIDENCE = range(3)
RELEVANCE, VERDICT = 0, slice(1, 4)
OUTPUTS = ("tokens", "passage")  # of the file: the logits of each
# The logit of relevance from which a passage so surely answers that less likely ones need not be read: with eight read
# first, another than the best of 15 is first for 1 of 256 questions (``python -m benchmarks.enough``).
ENOUGH = 1.0
KEPT = 64  # texts of the last questions that are kept as they were judged


class Model(Protocol):
    """What the judge runs on."""

    def outputs(self, feeds: Iterable[Mapping[str, NDArray[Any]]]) -> Iterable[Sequence[NDArray[np.float32]]]:
        """For each input the logits of its tokens, (tokens, 3), and of the passage, (4,)."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A window with its logits: of its tokens, (tokens, 3), and of all of it, (4,)."""

    window: TokenWindow
    tokens: NDArray[np.float32]
    passage: NDArray[np.float32]


class Judge:
    """Reads questions and passages by a model that gives both arrays of logits for each input."""

    def __init__(self, fingerprint: str, model: Model, tokenizer: Tokenizer) -> None:
        self.fingerprint = fingerprint
        self._model = model
        self._tokenizer = tokenizer
        self._judged = RecentOfQuestion[tuple[str, str], list[_Judged]](KEPT)  # by question and text

    @classmethod
    def load(cls, weights: Path | None = None) -> Judge:
        """The shipped judge, or the one of an ONNX file, with the tokenizer of the model that it was trained from.

        Raises:
            ModelError: the file cannot be used, or is of another model.
        """
        from index.onnx import OnnxModel, load_tokenizer

        tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
        model = OnnxModel(weights or WEIGHTS / "judge.onnx")
        if model.outputs_named != OUTPUTS:
            given, wanted = ", ".join(model.outputs_named), ", ".join(OUTPUTS)
            raise ModelError(f"{weights} is no judge: it gives {given}, not {wanted}")
        return cls(NAME if weights is None else str(weights), model, tokenizer)

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer knows ``word``, in lower case, as a whole."""
        return self._tokenizer.token_to_id(word) is not None

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question: the logit of its best window."""
        return [_relevance(parts) for parts in self._of(question, texts)]

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The best spans of each text, best first; a span of two windows with its better margin."""
        return [
            best_of_windows(
                best_spans(part.window, part.tokens[:, START], part.tokens[:, END], float(part.passage[RELEVANCE]))
                for part in parts
            )
            for parts in self._of(question.text, texts)
        ]

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text the logit that it belongs to what answers.

        It is the mean of the range's tokens, in the window that has most of them.
        """
        (parts,) = self._of(question.text, [text])
        read = [(part.window, part.tokens[:, EVIDENCE]) for part in parts]
        return [mean_logit(read, place) for place in places]

    def _of(self, question: str, texts: Sequence[str]) -> list[list[_Judged]]:
        """The windows of each text, as they were judged."""
        return self._judged.of([(question, text) for text in texts], self._judge)

    def _judge(self, pairs: list[tuple[str, str]]) -> list[list[_Judged]]:
        from index.onnx import fed

        parts = [windows(self._tokenizer, *pair) for pair in pairs]
        outputs = iter(self._model.outputs(fed((window.ids, window.types)) for group in parts for window in group))
        return [[_Judged(window, *next(outputs)) for window in group] for group in parts]


def _relevance(parts: Sequence[_Judged]) -> float:
    return max((float(part.passage[RELEVANCE]) for part in parts), default=NOTHING)
