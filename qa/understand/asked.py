"""What kind of answer a question asks for: a small classifier over its embedding and its words.

A multinomial logistic regression (``asked.json``, made by ``training.asked``) adds up two things: the question's
embedding, which the search makes anyway, and the words and pairs of words that show what is asked ("how many", "list").
Whatever it is not sure of asks for a fact, as does every question in another language than English, and every question
where another embedder is used than the one that the weights were made with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors
from index.query import Query
from qa import answer

# Words to search for, or a statement, are no question; what they are answered with is a fact.
Asked = Literal[answer.Asked, "keyword"]
KINDS: tuple[Asked, ...] = get_args(Asked)

# The weights were trained on these words: changing any of this means training again.
_MOST = 60  # words of a clause that are read; of a longer one, the last
_CLAUSE = re.compile(r"(?<=[?.!:;,])\s+")
_SENTENCE_END = re.compile(r"(?<=[?.!])\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|\?")


def words(text: str) -> set[str]:
    """The surface features of a question: the words and pairs of words of the sentences that ask.

    Sentences that end with a question mark ask; where none does, all do. "^" stands before the first word of a clause,
    and "#3" says that there are three words ("#5" up to 8, "#9" up to 15, "#16" more).
    """
    sentences = _SENTENCE_END.split(text)
    asking = " ".join(sentence for sentence in sentences if sentence.rstrip().endswith("?")) or text
    clauses = [_WORD.findall(clause) for clause in _CLAUSE.split(asking.lower().replace("’", "'"))]
    found = {feature for clause in clauses for feature in _runs(["^", *clause])}
    count = sum(len(clause) - clause.count("?") for clause in clauses)
    found.add(f"#{count if count < 5 else max(least for least in (5, 9, 16) if least <= count)}")
    return found


def _runs(tokens: Sequence[str]) -> Iterator[str]:
    last = tokens[-_MOST:]
    yield from (token for token in last if token != "^")
    yield from (f"{one} {two}" for one, two in pairwise(last))


@dataclass(frozen=True, slots=True)
class Classifier:
    """A linear model: a row of ``embedding`` and of ``words`` has one weight a kind.

    - ``embedder``: the fingerprint of the embedder whose vectors it was made with;
    - ``bias``: shape (kinds,); ``embedding``: shape (kinds, dimension); ``words``: shape (kinds,) each;
    - ``thresholds``: the probability from which on a kind is believed.
    """

    embedder: str
    bias: NDArray[np.float32]
    embedding: NDArray[np.float32]
    words: Mapping[str, NDArray[np.float32]]
    thresholds: Mapping[Asked, float]

    def probabilities(self, text: str, embedding: Vectors) -> NDArray[np.float64]:
        """How likely each of ``KINDS`` is, of shape (kinds,), given the query embedding of ``text``."""
        logits = self.bias + self.embedding @ embedding
        for word in words(text) & self.words.keys():
            logits = logits + self.words[word]
        odds = np.exp(logits - logits.max(), dtype=np.float64)
        return np.asarray(odds / odds.sum())

    def asked(self, query: Query, embedding: Vectors, embedder: str) -> Asked:
        """What the query asks for; ``embedder`` is the fingerprint of the one that made ``embedding``."""
        if embedder != self.embedder or not query.language.is_english:
            return "fact"
        probabilities = self.probabilities(query.text, embedding)
        best = int(probabilities.argmax())
        return KINDS[best] if probabilities[best] >= self.thresholds.get(KINDS[best], 0.0) else "fact"


def load(text: str) -> Classifier:
    """The classifier in a JSON text, in which weights are whole numbers times ``scale``."""
    data = json.loads(text)
    weights = {
        name: np.asarray(data[name], dtype=np.float32) * np.float32(data["scale"]) for name in ("bias", "embedding")
    }
    own = {word: np.asarray(row, np.float32) * np.float32(data["scale"]) for word, row in data["words"].items()}
    return Classifier(data["embedder"], weights["bias"], weights["embedding"], own, data["thresholds"])


@lru_cache(maxsize=1)
def shipped() -> Classifier:
    """The classifier that ships."""
    return load((files("qa.understand") / "asked.json").read_text("utf-8"))
