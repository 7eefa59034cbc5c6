"""A linear classifier of short texts: their embedding and their words add up to a probability of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors

# The weights were trained on these words: changing any of this means training again.
_MOST = 60  # words of a clause that are read: the last ones
_CLAUSE = re.compile(r"(?<=[?.!:;,])\s+")
_SENTENCE_END = re.compile(r"(?<=[?.!])\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\?")
_PLURAL = re.compile(r"(?!does$)\w{2,}[^siu']s")
_WHICH = ("which", "what")
_SHORT_IS = re.compile(r"\b(who|what|when|where|why|how)'?s\b")  # "when's", "whats"


def words(text: str) -> set[str]:
    """The surface features of a question: the words and pairs of words of the sentences that ask.

    Sentences that end with a question mark ask; where none does, all do. "^" stands before the first word of a clause,
    and "#3" says that there are three words ("#5" up to 8, "#9" up to 15, "#16" more). "which -s" is "which" or "what"
    before what looks like a plural.
    """
    sentences = _SENTENCE_END.split(text)
    asking = " ".join(sentence for sentence in sentences if sentence.rstrip().endswith("?")) or text
    written_out = _SHORT_IS.sub(r"\1 is", asking.lower().replace("’", "'"))
    clauses = [_WORD.findall(clause) for clause in _CLAUSE.split(written_out)]
    found = {feature for clause in clauses for feature in _runs(["^", *clause])}
    count = sum(len(clause) - clause.count("?") for clause in clauses)
    found.add(f"#{count if count < 5 else max(least for least in (5, 9, 16) if least <= count)}")
    return found


def _runs(tokens: Sequence[str]) -> Iterator[str]:
    last = tokens[-_MOST:]
    yield from (token for token in last if token != "^")
    for one, two in pairwise(last):
        yield f"{one} {two}"
        if one in _WHICH and _PLURAL.fullmatch(two):
            yield f"{one} -s"


@dataclass(frozen=True, slots=True)
class Linear:
    """A multinomial logistic regression: a row of ``embedding`` and of ``words`` has one weight a kind.

    ``bias``: shape (kinds,); ``embedding``: shape (kinds, dimension), the dimension being 0 where words alone count;
    ``words``: shape (kinds,) each.
    """

    bias: NDArray[np.float32]
    embedding: NDArray[np.float32]
    words: Mapping[str, NDArray[np.float32]]

    @classmethod
    def of(cls, data: Mapping[str, Any], scale: float) -> Linear:
        """From JSON, in which weights are whole numbers times ``scale``."""
        unit = np.float32(scale)
        weights = {word: np.asarray(row, np.float32) * unit for word, row in data["words"].items()}
        bias, embedding = (np.asarray(data[name], np.float32) * unit for name in ("bias", "embedding"))
        return cls(bias, embedding, weights)

    def knows(self, text: str) -> bool:
        """Whether any of the text's words has a weight; without one, only their number counts."""
        return any(word in self.words and not word.startswith("#") for word in words(text))

    def probabilities(self, text: str, embedding: Vectors) -> NDArray[np.float64]:
        """How likely each kind is, of shape (kinds,), given the query embedding of ``text``."""
        logits = self.bias + self.embedding @ embedding[: self.embedding.shape[1]]
        for word in words(text) & self.words.keys():
            logits = logits + self.words[word]
        odds = np.exp(logits - logits.max(), dtype=np.float64)
        return np.asarray(odds / odds.sum())
