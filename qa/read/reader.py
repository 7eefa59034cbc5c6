"""The span reader: question and passage -> the spans that may answer, or that there is no answer.

A BERT trained by ``training/train_reader.py`` with two heads: start and end logits of every token, with the token [CLS]
for "no answer" as for SQuAD 2.0 (Devlin et al. 2019), and one logit that the passage answers the question. A passage
longer than a window is read in overlapping windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.models import DEFAULT_RERANKER, resolve

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "refdesk-reader-2"

MAX_QUESTION_TOKENS = 64
# Tokens of the passage in one window, and how many of them the next window repeats.
WINDOW = 288
OVERLAP = 96
MAX_SPAN_TOKENS = 40
BEST = 10  # spans kept of each window


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer, ``text[start:end]`` of the passage that was read.

    - ``score``: start logit plus end logit;
    - ``margin``: by how much the score exceeds that of "no answer" in the same window;
    - ``relevance``: the logit that the window answers the question.
    """

    start: int
    end: int
    score: float
    margin: float
    relevance: float


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """One input of the reader: ``[CLS] question [SEP] passage tokens [SEP]``.

    ``ids`` and ``types`` are token and segment ids. The passage's tokens begin at index ``first``; ``offsets`` has
    their ranges of characters in the passage.
    """

    ids: list[int]
    types: list[int]
    first: int
    offsets: list[tuple[int, int]]


def windows(tokenizer: Tokenizer, question: str, text: str) -> list[TokenWindow]:
    """The windows in which ``text`` is read; none where it has no tokens."""
    cls, sep = tokenizer.encode("", add_special_tokens=True).ids[:2]
    asked = [cls, *tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS], sep]
    passage = tokenizer.encode(text, add_special_tokens=False)
    found = []
    for start in range(0, max(1, len(passage.ids) - OVERLAP), WINDOW - OVERLAP):
        ids, offsets = passage.ids[start : start + WINDOW], passage.offsets[start : start + WINDOW]
        if ids:
            types = [0] * len(asked) + [1] * (len(ids) + 1)
            found.append(TokenWindow([*asked, *ids, sep], types, len(asked), offsets))
    return found


def best_spans(
    window: TokenWindow, start: NDArray[np.float32], end: NDArray[np.float32], relevance: float
) -> list[Span]:
    """The best spans of a window, best first; ``start`` and ``end`` are logits of shape (tokens,)."""
    length = len(window.offsets)
    own = slice(window.first, window.first + length)
    scores = start[own, None] + end[None, own]
    distance = np.arange(length)[None, :] - np.arange(length)[:, None]
    scores = np.where((distance >= 0) & (distance < MAX_SPAN_TOKENS), scores, -np.inf)
    none = float(start[0] + end[0])
    order = np.argsort(-scores, axis=None, kind="stable")[:BEST]
    found = []
    for i, j in zip(*np.unravel_index(order, scores.shape), strict=True):
        score = float(scores[i, j])
        if np.isfinite(score):
            found.append(Span(window.offsets[i][0], window.offsets[j][1], score, score - none, relevance))
    return found


class Reader(Protocol):
    """Finds the spans of passages that answer a question."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def read(self, question: str, texts: Sequence[str]) -> list[list[Span]]:
        """The best spans of each text, best first."""


class OnnxReader:
    """The shipped reader, or other ``weights`` for it, with the tokenizer of the model that it was trained from."""

    def __init__(self, weights: Path | None = None) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = NAME if weights is None else str(weights)
        with as_file(files("qa.read") / "weights" / "reader.onnx") as path:
            self._model = OnnxModel(weights or path)
        self._tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer knows ``word``, in lower case, as a whole: its vocabulary has 30,000 English words."""
        return self._tokenizer.token_to_id(word) is not None

    def read(self, question: str, texts: Sequence[str]) -> list[list[Span]]:
        """The best spans of each text, best first; a span of two windows with its better margin."""
        parts = [windows(self._tokenizer, question, text) for text in texts]
        outputs = iter(self._model.run([(window.ids, window.types) for own in parts for window in own]))
        found = []
        for own in parts:
            spans: dict[tuple[int, int], Span] = {}
            for window in own:
                logits = next(outputs)
                for span in best_spans(window, logits[:, 0], logits[:, 1], float(logits[0, 2])):
                    known = spans.get((span.start, span.end))
                    if known is None or known.margin < span.margin:
                        spans[span.start, span.end] = span
            found.append(sorted(spans.values(), key=lambda span: (-span.margin, span.start, span.end)))
        return found
