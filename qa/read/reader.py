"""What a reader is: question and passage -> the spans that may answer, and the sentences that do.

A span is scored by logits of its start and end, with the token [CLS] for "no answer" as for SQuAD 2.0 (Devlin et al.
2019). A passage longer than a window is read in overlapping windows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from documents.sentences import Range
from index.query import Query

if TYPE_CHECKING:
    from tokenizers import Tokenizer

READ = 5  # of the passages found, how many are read for their answers
MAX_QUESTION_TOKENS = 64
# Tokens of the passage in one window, and how many of them the next window repeats.
WINDOW = 288
OVERLAP = 96
MAX_SPAN_TOKENS = 40
BEST = 10  # spans kept of each window
NOTHING = -20.0  # the logit of a text or range without a token


@dataclass(frozen=True, slots=True)
class Span:
    """A candidate answer, ``text[start:end]`` of the passage that was read.

    - ``margin``: by how much its start logit plus end logit exceed those of "no answer" in the same window;
    - ``relevance``: the logit that the window answers the question.
    """

    start: int
    end: int
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

    def tokens_in(self, place: Range) -> list[int]:
        """The numbers of the tokens that have characters of the passage's ``place``."""
        start, end = place
        return [self.first + number for number, (a, b) in enumerate(self.offsets) if a < end and start < b]


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
    inside = slice(window.first, window.first + length)
    scores = start[inside, None] + end[None, inside]
    distance = np.arange(length)[None, :] - np.arange(length)[:, None]
    scores = np.where((distance >= 0) & (distance < MAX_SPAN_TOKENS), scores, -np.inf)
    none = float(start[0] + end[0])
    order = np.argsort(-scores, axis=None, kind="stable")[:BEST]
    found = []
    for i, j in zip(*np.unravel_index(order, scores.shape), strict=True):
        score = float(scores[i, j])
        if np.isfinite(score):
            found.append(Span(window.offsets[i][0], window.offsets[j][1], score - none, relevance))
    return found


def best_of_windows(found: Iterable[Sequence[Span]]) -> list[Span]:
    """The spans of a text's windows, best first; a span of two windows with its better margin."""
    spans: dict[Range, Span] = {}
    for span in itertools.chain.from_iterable(found):
        known = spans.get((span.start, span.end))
        if known is None or known.margin < span.margin:
            spans[span.start, span.end] = span
    return sorted(spans.values(), key=lambda span: (-span.margin, span.start, span.end))


def mean_logit(read: Sequence[tuple[TokenWindow, NDArray[np.float32]]], place: Range) -> float:
    """The mean logit of a range's tokens, in the window with most of them; ``read`` has (tokens,) for each window."""
    chosen: list[float] = []
    for window, logits in read:
        inside = window.tokens_in(place)
        if len(inside) > len(chosen):
            chosen = [float(logits[number]) for number in inside]
    return sum(chosen) / len(chosen) if chosen else NOTHING


class Reader(Protocol):
    """Finds the spans of passages that answer a question."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The best spans of each text, best first."""

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text the logit that it belongs to what answers the question."""
