"""How closely is a claim worded after a span of text? The cheap signals, all between 0 and 1.

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

from index.analyse import STOP_WORDS, terms

_LETTERS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's stems in order, and the words themselves, case-folded."""

    stems: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(zip(self.stems, self.stems[1:], strict=False))


@lru_cache(maxsize=4096)
def read(text: str, language: str) -> Words:
    """The words of ``text``, which is in ``language``."""
    stems = tuple(stem for stem in terms(text, language) if stem not in STOP_WORDS)
    return Words(stems, tuple(word.casefold() for word in _LETTERS.findall(text)))


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


def likeness(claim: Words, span: Words) -> dict[str, float]:
    """Signals of the wording alone.

    - ``pairs``: share of the claim's pairs of neighbouring stems that the span has as neighbours;
    - ``run``: the longest run of words that both have, as a share of the claim;
    - ``order``: the longest common subsequence of stems, as a share of the claim's;
    - ``dense``: share of the span's stems that the claim has.
    """
    stems = set(claim.stems)
    return {
        "pairs": len(claim.pairs & span.pairs) / len(claim.pairs) if claim.pairs else float(stems <= set(span.stems)),
        "run": _longest_run(claim.plain, span.plain) / max(1, len(claim.plain)),
        "order": _longest_order(claim.stems, span.stems) / max(1, len(claim.stems)),
        "dense": sum(stem in stems for stem in span.stems) / max(1, len(span.stems)),
    }


def quoted(claim: Words, span: Words) -> bool:
    """Whether the span says the claim word for word, as a run of whole words."""
    return bool(claim.plain) and _longest_run(claim.plain, span.plain) == len(claim.plain)


def _longest_run(one: Sequence[str], other: Sequence[str]) -> int:
    best, row = 0, [0] * (len(other) + 1)
    for word in one:
        following = [0] * (len(other) + 1)
        for place, told in enumerate(other, start=1):
            if word == told:
                following[place] = row[place - 1] + 1
        best, row = max(best, *following), following
    return best


def _longest_order(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for place, told in enumerate(other, start=1):
            above = row[place]
            row[place] = diagonal + 1 if word == told else max(above, row[place - 1])
            diagonal = above
    return row[-1]
