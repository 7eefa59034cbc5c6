"""Words of a document as HTML: what is marked of them, and what is code, emphasised or not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from documents.blocks import Range
from documents.formats.markdown_inline import Span
from qa.serving.html.escape import escape

_TAGS = {"code": "code", "strong": "strong", "emphasis": "em", "deletion": "s"}  # any other kind is small


@dataclass(frozen=True, slots=True)
class Marks:
    """Ranges that are marked: the first piece of those that begin in ``first`` gets the id ``quote_id``.

    ``with_around`` all else is of the class "around", which a page may hide.
    """

    ranges: Sequence[Range] = ()
    first: Range = (0, 0)
    quote_id: str = ""
    with_around: bool = False


UNMARKED = Marks()


class MarkedWords:
    """Draws words of ``text``. Of ranges that overlap, the earlier one ends where the later one begins."""

    def __init__(self, text: str, marks: Marks) -> None:
        self._text = text
        self._marks = marks
        self._ranges = _apart(marks.ranges)
        self._is_named = False  # whether the id is given

    def are_around(self, start: int, end: int) -> bool:
        """Whether all of ``text[start:end]`` is around what is marked."""
        return self._marks.with_around and not any(first < end and start < last for first, last in self._ranges)

    def html(self, start: int, end: int, spans: Sequence[Span]) -> str:
        """``text[start:end]``, as the spans say: signs are left out, and a "break" begins a line."""
        pieces = list[tuple[int, str]]()  # with the number of the range that is marked (-1: none)
        for first, last, kinds in _cut(start, end, spans, self._ranges):
            if "break" in kinds:
                pieces.append((self._number_at(first), "\n<br>"))
            elif "sign" not in kinds:
                pieces.append((self._number_at(first), _tagged(str(escape(self._text[first:last])), kinds)))
        runs = groupby(pieces, key=lambda piece: piece[0])
        return "".join(self._run(number, "".join(html for _, html in run)) for number, run in runs)

    def sign(self, at: int, shown: str) -> str:
        """What is shown instead of the sign at that offset."""
        return self._run(self._number_at(at), str(escape(shown)))

    def _number_at(self, offset: int) -> int:
        return next((number for number, (start, end) in enumerate(self._ranges) if start <= offset < end), -1)

    def _run(self, number: int, html: str) -> str:
        """Words that are all in one range that is marked, or in none."""
        if number < 0:
            return f'<span class="around">{html}</span>' if self._marks.with_around else html
        first, last = self._marks.first
        if self._is_named or not first <= self._ranges[number][0] < last:
            return f"<mark>{html}</mark>"
        self._is_named = True
        return f'<mark id="{escape(self._marks.quote_id)}">{html}</mark>'


def _cut(start: int, end: int, spans: Sequence[Span], ranges: Sequence[Range]) -> Iterator[tuple[int, int, set[str]]]:
    """The pieces of a text between which anything begins or ends, with the kinds of the spans that hold each."""
    edges = [edge for span in spans for edge in (span.start, span.end)] + [edge for own in ranges for edge in own]
    bounds = sorted({start, end, *(edge for edge in edges if start < edge < end)})
    begins = sorted((span.start, number) for number, span in enumerate(spans))
    ends = sorted((span.end, number) for number, span in enumerate(spans))
    active, begun, ended = set[int](), 0, 0
    for first, last in pairwise(bounds):
        while begun < len(begins) and begins[begun][0] <= first:
            active.add(begins[begun][1])
            begun += 1
        while ended < len(ends) and ends[ended][0] <= first:
            active.discard(ends[ended][1])
            ended += 1
        yield first, last, {spans[number].kind for number in active}


def _tagged(html: str, kinds: set[str]) -> str:
    for kind in sorted(kinds):
        tag = _TAGS.get(kind, "small")
        html = f"<{tag}>{html}</{tag}>"
    return html


def _apart(ranges: Sequence[Range]) -> list[Range]:
    found = sorted({own for own in ranges if own[0] < own[1]})
    cut = [(start, min(end, following[0])) for (start, end), following in pairwise(found)]
    return [own for own in (*cut, *found[-1:]) if own[0] < own[1]]
