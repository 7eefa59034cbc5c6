"""Where the inline code of markup stands in a text whose white space is laid out anew.

A format tells it by numbers of characters, white space not counted: these stay the same however lines are broken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from documents.blocks import Range


def solid(text: str) -> int:
    """How many characters of the text are no white space."""
    return len("".join(text.split()))


def code_in(pieces: Iterable[tuple[str, bool]]) -> tuple[Range, ...]:
    """The code of a text that consists of these pieces; each comes with whether it is code."""
    found, size = list[Range](), 0
    for text, is_code in pieces:
        start, size = size, size + solid(text)
        if is_code and start < size:
            first = found.pop()[0] if found and found[-1][1] == start else start
            found.append((first, size))
    return tuple(found)


def behind(lead: str, code: Iterable[Range]) -> tuple[Range, ...]:
    """The code of a text before which ``lead`` is put."""
    size = solid(lead)
    return tuple((size + start, size + end) for start, end in code)


def placed(code: Sequence[Range], given: str, text: str, start: int) -> Iterator[Range]:
    """Where the code of the ``given`` text is, once it is ``text`` and begins at ``start`` of a document.

    Where normalising took or added characters, nothing of it is told.
    """
    if not code or solid(given) != solid(text):
        return
    offsets = [start + offset for offset, char in enumerate(text) if not char.isspace()]
    if code[-1][1] <= len(offsets):  # else it is of a cell whose sign was put to its figure
        yield from ((offsets[first], offsets[last - 1] + 1) for first, last in code)
