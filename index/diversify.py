"""Near-duplicates among passages: a text that is there five times should not fill five places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from index.analyse import terms
from index.passage import Passage

# Passages that share so much of their runs of three words say the same, if their numbers agree.
_SAME = 0.8

_Signature = tuple[frozenset[tuple[str, ...]], frozenset[str]]


def distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    """``passages`` in order, without those that nearly repeat an earlier one.

    Nearly: a Jaccard similarity of at least 0.8 over runs of three words (Broder 1997), with the same numbers in them:
    two years' versions of a sentence differ in little else, and that is what is asked for.
    """
    kept: list[_Signature] = []
    for passage in passages:
        signature = _signature(passage.chunk.text)
        if not any(_repeats(signature, other) for other in kept):
            kept.append(signature)
            yield passage


def _signature(text: str) -> _Signature:
    words = terms(text, "")
    runs = frozenset(tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2)))
    return runs, frozenset(word for word in words if any(char.isdigit() for char in word))


def _repeats(one: _Signature, other: _Signature) -> bool:
    if one[1] != other[1]:
        return False
    shared = len(one[0] & other[0])
    return shared >= _SAME * (len(one[0]) + len(other[0]) - shared)
