"""Which of a claim's words does a text hold?

Words are stems without stop words. Each weighs the more, the fewer sentences of the evidence hold it (inverse document
frequency, Spärck Jones 1972).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from index.analyse import STOP_WORDS, terms
from qa.check.claims.tokens import WITHIN

_WORD = re.compile(rf"[^\W_]+(?:{WITHIN}[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's stems in order, and the words themselves, case-folded."""

    stems: tuple[str, ...]
    plain: tuple[str, ...]


@lru_cache(maxsize=1024)
def read(text: str, language: str) -> Words:
    """The words of ``text``, which is in ``language``."""
    stems = tuple(stem for stem in terms(text, language) if stem not in STOP_WORDS)
    return Words(stems, tuple(word.casefold() for word in _WORD.findall(text)))


def rarity(claim: Words, sentences: Sequence[Words]) -> dict[str, float]:
    """How much each of the claim's stems weighs, by how few of the sentences hold it; 1 in all, or 0 without stems."""
    held = Counter(stem for sentence in sentences for stem in set(sentence.stems))
    # A stem that no sentence holds weighs what one does that a single sentence holds; none weighs nothing.
    own = {stem: math.log((len(sentences) + 1) / max(1, held[stem])) + 0.1 for stem in claim.stems}
    total = sum(own.values())
    return {stem: weight / total for stem, weight in own.items()}


def covered(weights: Mapping[str, float], held: Collection[str]) -> float:
    """The weighted share of the claim's stems that are ``held``."""
    return sum(weight for stem, weight in weights.items() if stem in held)


def likeness(claim: Words, sentence: Words, near: Collection[str]) -> tuple[float, float]:
    """The share of the claim's different stems that the sentence has, and of all that it has in their order; 0 to 1.

    A name that the claim begins with counts where it is ``near``: the sentence may have a pronoun in its place.
    """
    led = next((number for number, stem in enumerate(claim.stems) if stem not in near), len(claim.stems))
    rest = claim.stems[led:]
    if not rest:
        return 0.0, 0.0
    own = set(rest)
    return len(own & set(sentence.stems)) / len(own), LCSseq.similarity(rest, sentence.stems) / len(rest)


def quoted(claim: Words, span: Words) -> bool:
    """Whether the span says the claim word for word, as a run of whole words."""
    size = len(claim.plain)
    return size > 0 and any(
        span.plain[start : start + size] == claim.plain for start in range(len(span.plain) - size + 1)
    )
