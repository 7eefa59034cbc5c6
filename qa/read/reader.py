"""The reader: question and passage -> how well it answers, the spans that may answer, and the sentences that do.

A BERT trained by ``training.joint``, in two parts. The lower layers rank all passages found; the hidden states of the
best are handed to the upper layers. These give for every token the logits of a span's start and end, with the token
[CLS] for "no answer" as for SQuAD 2.0 (Devlin et al. 2019), one that it belongs to what answers the question, and one
that it belongs to an order to whoever reads; and for all of them one that the passage answers. A passage longer than a
window is read in overlapping windows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from documents.sentences import Range
from index.models import DEFAULT_RERANKER, resolve
from index.query import Query
from qa.recent import RecentOfQuestion

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "refdesk-reader-3"
LOWER, UPPER = "lower.onnx", "upper.onnx"
# The columns of the logits of each token; the relevance is the same on all of them.
START, END, RELEVANCE, EVIDENCE, ORDER = range(5)

READ = 5  # of the passages found, how many are read for their answers
MAX_QUESTION_TOKENS = 64
# Tokens of the passage in one window, and how many of them the next window repeats.
WINDOW = 288
OVERLAP = 96
MAX_SPAN_TOKENS = 40
BEST = 10  # spans kept of each window
KEPT = 64  # texts of the last questions that are kept as they were read: about 25 MB
NOTHING = -20.0  # the logit of a text or range without a token

A = TypeVar("A")
B = TypeVar("B")


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


def best_of_windows(found: Iterable[Sequence[Span]]) -> list[Span]:
    """The spans of a text's windows, best first; a span of two windows with its better margin."""
    spans: dict[Range, Span] = {}
    for span in itertools.chain.from_iterable(found):
        known = spans.get((span.start, span.end))
        if known is None or known.margin < span.margin:
            spans[span.start, span.end] = span
    return sorted(spans.values(), key=lambda span: (-span.margin, span.start, span.end))


def mean_logit(read: Sequence[tuple[TokenWindow, NDArray[np.float32]]], place: Range) -> float:
    """The mean logit of a range's tokens, (tokens,) of each window, in the window that has most of them."""
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


@dataclass(frozen=True, slots=True)
class _Read:
    """A window with what the lower layers made of it: hidden states, (tokens, width), and the rank logit."""

    window: TokenWindow
    hidden: NDArray[np.float32]
    rank: float


class OnnxReader:
    """The shipped reader, or other weights in ``folder``, with the tokenizer of the model that it was trained from.

    It is a reranker, too (``index.rerank.Reranker``): ``score`` needs the lower layers only. What they and the upper
    ones made of the last passages is kept, so that nothing is computed twice for a question.
    """

    def __init__(self, folder: Path | None = None) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = NAME if folder is None else str(folder)
        with as_file(files("qa.read") / "weights") as shipped:
            self._lower, self._upper = (OnnxModel((folder or shipped) / name) for name in (LOWER, UPPER))
        self._tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
        # By question and text.
        self._ranked = RecentOfQuestion[tuple[str, str], list[_Read]](KEPT)
        self._logits = RecentOfQuestion[tuple[str, str], list[NDArray[np.float32]]](KEPT)

    def is_word(self, word: str) -> bool:
        """Whether the tokenizer knows ``word``, in lower case, as a whole: its vocabulary has 30,000 English words."""
        return self._tokenizer.token_to_id(word) is not None

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question: the logit of its best window."""
        return [max((own.rank for own in parts), default=NOTHING) for parts in self._lower_of(question, texts)]

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The best spans of each text, best first; a span of two windows with its better margin."""
        lower, upper = self._lower_of(question.text, texts), self._upper_of(question.text, texts)
        return [
            best_of_windows(
                best_spans(own.window, logits[:, START], logits[:, END], float(logits[0, RELEVANCE]))
                for own, logits in zip(parts, outputs, strict=True)
            )
            for parts, outputs in zip(lower, upper, strict=True)
        ]

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text the logit that it belongs to what answers.

        It is the mean of the range's tokens, in the window that has most of them.
        """
        (parts,), (outputs,) = self._lower_of(question.text, [text]), self._upper_of(question.text, [text])
        read = [(own.window, logits[:, EVIDENCE]) for own, logits in zip(parts, outputs, strict=True)]
        return [mean_logit(read, place) for place in places]

    def _lower_of(self, question: str, texts: Sequence[str]) -> list[list[_Read]]:
        """What the lower layers make of each text's windows."""
        from index.onnx import fed

        return self._ranked.of(
            [(question, text) for text in texts],
            lambda missing: _by_text(
                [windows(self._tokenizer, *pair) for pair in missing],
                lambda every: [
                    _Read(own, hidden, float(rank))
                    for own, (hidden, rank) in zip(
                        every, self._lower.outputs(fed((own.ids, own.types)) for own in every), strict=True
                    )
                ],
            ),
        )

    def _upper_of(self, question: str, texts: Sequence[str]) -> list[list[NDArray[np.float32]]]:
        """The logits of each text's windows, each (tokens, 5)."""
        return self._logits.of(
            [(question, text) for text in texts],
            lambda missing: _by_text(
                self._lower_of(question, [text for _, text in missing]),
                lambda every: [
                    logits
                    for (logits,) in self._upper.outputs(
                        {"hidden": own.hidden, "attention_mask": np.ones(len(own.hidden), dtype=np.int64)}
                        for own in every
                    )
                ],
            ),
        )


def _by_text(parts: Sequence[Sequence[A]], run: Callable[[list[A]], list[B]]) -> list[list[B]]:
    """What ``run`` makes of all the parts together, as they were grouped."""
    outputs = iter(run([own for group in parts for own in group]))
    return [list(itertools.islice(outputs, len(group))) for group in parts]
