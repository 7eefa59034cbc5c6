"""The straight lines drawn on a PDF page, which show where the cells of tables are."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from documents.formats.pdf_words import Screen

if TYPE_CHECKING:
    import pypdfium2

MAX_OBJECTS = 20_000  # drawn on a page; those beyond are not looked at
MAX_SEGMENTS = 400  # of a path; maps and charts have more
MAX_RULES = 4_000  # of a page; drawings have more

_THIN = 2.5  # points
_LEAST = 6.0  # points of length
_NEAR = 2.5  # points between rules one beside the other that are drawn as one
_GAP = 1.0  # and between those one after the other
_Box = tuple[float, float, float, float]


class Rule(NamedTuple):
    """A line at height ``at`` from ``first`` to ``last`` across or, where vertical, at ``at`` from top to bottom."""

    at: float
    first: float
    last: float

    def covers(self, place: float) -> bool:
        """Whether the line passes the place in its direction."""
        return self.first <= place <= self.last


class Rules(NamedTuple):
    """The lines of a page, in points from its upper left corner, sorted."""

    horizontal: tuple[Rule, ...] = ()
    vertical: tuple[Rule, ...] = ()


def rules(page: pypdfium2.PdfPage) -> Rules:
    """The horizontal and vertical lines of the page; none where it has so many that it is a drawing."""
    across: list[Rule] = []
    down: list[Rule] = []
    screen = Screen(page)
    for box in _boxes(page):
        left, top, right, bottom = screen.shown(*box)
        if bottom - top <= _THIN and right - left >= _LEAST:
            across.append(Rule((top + bottom) / 2, left, right))
        elif right - left <= _THIN and bottom - top >= _LEAST:
            down.append(Rule((left + right) / 2, top, bottom))
        if max(len(across), len(down)) > MAX_RULES:
            return Rules()
    return Rules(_joined(across), _joined(down))


def _boxes(page: pypdfium2.PdfPage) -> Iterator[_Box]:
    """Left, bottom, right and top of the lines and the edges of frames, in page coordinates."""
    import pypdfium2.raw as raw

    for number in range(min(raw.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        drawn = raw.FPDFPage_GetObject(page.raw, number)
        if raw.FPDFPageObj_GetType(drawn) == raw.FPDF_PAGEOBJ_PATH:
            yield from _lines(raw, drawn)


def _lines(raw: Any, drawn: Any) -> Iterator[_Box]:
    sides = [ctypes.c_float() for _ in range(4)]
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    raw.FPDFPath_GetDrawMode(drawn, fill, stroke)
    if not (fill.value or stroke.value) or not raw.FPDFPageObj_GetBounds(drawn, *sides):
        return
    left, bottom, right, top = (side.value for side in sides)
    if min(right - left, top - bottom) <= _THIN:
        yield left, bottom, right, top
    elif stroke.value and raw.FPDFPath_CountSegments(drawn) <= MAX_SEGMENTS:
        yield from _segments(raw, drawn)


def _segments(raw: Any, drawn: Any) -> Iterator[_Box]:
    """The straight parts of a path that is drawn as lines."""
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(drawn, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    begun: tuple[float, float] | None = None
    place: tuple[float, float] | None = None
    for number in range(raw.FPDFPath_CountSegments(drawn)):
        segment = raw.FPDFPath_GetPathSegment(drawn, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            begun = point
        elif kind == raw.FPDF_SEGMENT_LINETO and place:
            yield _box(place, point)
        if begun and raw.FPDFPathSegment_GetClose(segment):
            yield _box(point, begun)
        place = point


def _box(one: tuple[float, float], other: tuple[float, float]) -> _Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


def _joined(found: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, of which those at one place that touch or overlap are one."""
    joined: list[Rule] = []
    same: list[Rule] = []
    for rule in [*sorted(found), None]:
        if same and (rule is None or rule.at - same[0].at > _NEAR):
            joined += _along(same)
            same = []
        if rule:
            same.append(rule)
    return tuple(joined)


def _along(same: Sequence[Rule]) -> Iterator[Rule]:
    at = same[0].at
    first, last = float("inf"), float("-inf")
    for rule in sorted(same, key=lambda rule: rule.first):
        if rule.first > last + _GAP and first < last:
            yield Rule(at, first, last)
            first = rule.first
        first, last = min(first, rule.first), max(last, rule.last)
    yield Rule(at, first, last)
