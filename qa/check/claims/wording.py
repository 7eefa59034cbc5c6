"""How many of a claim's words are in a text?

Words are compared by their stems, without stop words. A stem weighs more, the fewer sentences of the evidence have it
(inverse document frequency, Spärck Jones 1972).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from documents.words import WORD_OR_NUMBER
from index.analyse import STOP_WORDS, terms


@dataclass(frozen=True, slots=True)
class Words:
    """A text's stems in order, and its words, stop words included, case-folded."""

    stems: tuple[str, ...]
    plain: tuple[str, ...]


@lru_cache(maxsize=1024)
def read(text: str, language: str) -> Words:
    """The words of ``text``, which is in ``language`` (a two-letter code)."""
    stems = tuple(stem for stem in terms(text, language) if stem not in STOP_WORDS)
    return Words(stems, tuple(word.casefold() for word in WORD_OR_NUMBER.findall(text)))


def rarity(claim: Words, sentences: Sequence[Words]) -> dict[str, float]:
    """The weight of each of the claim's stems, higher where fewer of the sentences have it. The weights add up to 1."""
    frequency = Counter(stem for sentence in sentences for stem in set(sentence.stems))
    # A stem of no sentence counts as one of a single sentence, and every weight is above zero.
    weights = {stem: math.log((len(sentences) + 1) / max(1, frequency[stem])) + 0.1 for stem in claim.stems}
    total = sum(weights.values())
    return {stem: weight / total for stem, weight in weights.items()}


def coverage(weights: Mapping[str, float], stems: Collection[str]) -> float:
    """The weighted share of the claim's stems that are among ``stems``, from 0 to 1."""
    return sum(weight for stem, weight in weights.items() if stem in stems)


def similarity(claim: Words, sentence: Words, subject: Collection[str]) -> tuple[float, float]:
    """The share of the claim's different stems that the sentence has, and the share that it has in the same order.

    Both are between 0 and 1. Stems of ``subject`` that the claim begins with are left out: the sentence may have a
    pronoun in their place.
    """
    first = next((number for number, stem in enumerate(claim.stems) if stem not in subject), len(claim.stems))
    rest = claim.stems[first:]
    if not rest:
        return 0.0, 0.0
    different = set(rest)
    shared = len(different & set(sentence.stems)) / len(different)
    return shared, LCSseq.similarity(rest, sentence.stems) / len(rest)
