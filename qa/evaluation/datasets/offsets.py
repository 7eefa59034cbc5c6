"""Offsets into a text -> offsets into the normalised text; where a document has a text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from documents.normalise import normalise

# Put at each offset while the text is normalised: private-use characters, which normalisation leaves alone.
_MARKS = ("\ue000", "\uf8ff", "\U000f0000")


def moved(text: str, offsets: Iterable[int]) -> dict[int, int]:
    """Where each offset into ``text`` lies in ``normalise(text)``.

    Left out are offsets that have no counterpart: between a letter and its combining accent, or in white space that
    normalisation removes.
    """
    wanted = sorted({offset for offset in offsets if 0 <= offset <= len(text)})
    normal = normalise(text)
    if normal == text:
        return {offset: offset for offset in wanted}
    together = _marked(text, wanted, normal)
    if together is not None:
        return together
    singly = (_marked(text, [offset], normal) for offset in wanted)
    return {offset: new for found in singly if found is not None for offset, new in found.items()}


def _marked(text: str, offsets: list[int], normal: str) -> dict[int, int] | None:
    """The new offsets, or None if the marks change the result of normalisation."""
    mark = next((mark for mark in _MARKS if mark not in text), None)
    if mark is None:
        return None
    cuts = [0, *offsets, len(text)]
    pieces = normalise(mark.join(text[a:b] for a, b in pairwise(cuts))).split(mark)
    if "".join(pieces) != normal:
        return None
    found: dict[int, int] = {}
    position = 0
    for offset, piece in zip(offsets, pieces, strict=False):
        position += len(piece)
        found[offset] = position
    return found


def place_of(text: str, document: str) -> tuple[int, int] | None:
    """Where the document has the text, but for white space."""
    start = document.find(text)
    if start >= 0:
        return start, start + len(text)
    kept, dense = _without_space(document)
    wanted = "".join(text.split())
    first = dense.find(wanted) if wanted else -1
    return (kept[first], kept[first + len(wanted) - 1] + 1) if first >= 0 else None


@lru_cache(maxsize=64)
def _without_space(text: str) -> tuple[list[int], str]:
    """The offsets of the characters that are no white space, and these characters."""
    kept = [position for position, char in enumerate(text) if not char.isspace()]
    return kept, "".join(text[position] for position in kept)
