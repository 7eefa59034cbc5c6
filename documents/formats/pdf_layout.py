"""Words of a page -> lines in reading order."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from documents.formats.pdf_elements import Ruled
from documents.formats.pdf_words import Word

_CELL_GAP = 1.2  # gap between two cells, relative to the line's height
_GUTTER = 8.0  # least width, in points, of the gap between two columns of prose
_COLUMN_LINES = 4  # least number of lines in a column of prose
_COLUMN_LETTERS = 22  # and of characters in its longer lines
_FULL = 0.75  # of a column's width, that its full lines take up at least
_MOST_CUTS = 400  # of a page into regions


@dataclass(frozen=True, slots=True)
class Line:
    """Words side by side, in reading order; or all words of a table with rules, which is ``ruled``."""

    words: tuple[Word, ...]
    ruled: Ruled | None = None

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @property
    def height(self) -> float:
        """The median height of its words, which raised words do not change; at least 1."""
        return max(median(word.height for word in self.words), 1.0)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def bold(self) -> bool:
        """Whether every word with letters is bold."""
        lettered = [word for word in self.words if any(map(str.isalpha, word.text))]
        return bool(lettered) and all(word.bold for word in lettered)


def reading_order(words: Sequence[Word], tables: Sequence[Ruled] = ()) -> list[Line]:
    """The page's lines in reading order: columns of prose one after another, everything else from top to bottom.

    ``tables`` are the tables with rules, which have none of the ``words``.
    """
    fragments = _fragments(words)
    if tables:
        fragments = sorted([*fragments, *(Line(table.words, table) for table in tables)], key=lambda line: line.top)
    return [line for region in _regions(fragments, [_MOST_CUTS]) for line in _rows(region)]


def _fragments(words: Sequence[Word]) -> list[Line]:
    """Runs of words drawn one after another on a line without a wide gap."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last and _beside(last, word) and _gap(last, word) <= _CELL_GAP * min(last.height, word.height):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [Line(tuple(run)) for run in runs]


def _beside(first: Word, second: Word) -> bool:
    shared = min(first.bottom, second.bottom) - max(first.top, second.top)
    return shared >= 0.5 * min(first.height, second.height)


def _gap(first: Word, second: Word) -> float:
    return max(second.left - first.right, first.left - second.right)


def _regions(fragments: list[Line], cuts: list[int]) -> Iterator[list[Line]]:
    """The page's regions in reading order; ``cuts[0]`` counts down how many more cuts are allowed."""
    cuts[0] -= 1
    if len(fragments) >= 2 * _COLUMN_LINES and cuts[0] > 0:
        columns = _columns(fragments)
        if columns:
            for column in columns:
                yield from _regions(column, cuts)
            return
        bands = _bands(fragments)
        if bands:
            for band in bands:
                yield from _regions(band, cuts)
            return
    yield fragments


def _columns(fragments: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """The fragments left and right of the widest gutter; None where these are not two columns of prose."""
    best: tuple[float, float] | None = None
    reach = 0.0
    for fragment in sorted(fragments, key=lambda fragment: fragment.left):
        width = fragment.left - reach
        if reach and width >= _GUTTER and (best is None or width > best[0]):
            best = width, fragment.left
        reach = max(reach, fragment.right)
    if best is None:
        return None
    left = [fragment for fragment in fragments if fragment.left < best[1]]
    right = [fragment for fragment in fragments if fragment.left >= best[1]]
    are_columns = (_is_prose(left) or _is_prose(right)) and all(
        _is_prose(side) or _full_lines(side) >= _COLUMN_LINES for side in (left, right)
    )
    return (left, right) if are_columns else None


def _is_prose(fragments: list[Line]) -> bool:
    """Whether the lines are long and hold few digits, as in a column of text rather than of a table."""
    rows = _rows([fragment for fragment in fragments if not fragment.ruled])
    if len(rows) < _COLUMN_LINES:
        return False
    texts = [row.text for row in rows]
    letters = sum(sum(map(str.isalpha, text)) for text in texts)
    figures = sum(sum(map(str.isdigit, text)) for text in texts)
    wide = sum(sum(map(is_wide, text)) for text in texts)
    least = _COLUMN_LETTERS // 2 if wide > letters / 2 else _COLUMN_LETTERS
    lengths = sorted(len(text) for text in texts)
    parts = median(len(fragment.text) for fragment in fragments if not fragment.ruled)
    is_text = parts >= least / 2 or 2 * _full_lines(fragments) > len(rows)
    return lengths[len(lengths) * 2 // 3] >= least and letters >= 4 * figures and is_text


def _full_lines(fragments: Sequence[Line]) -> int:
    """How many lines of text fill the width, as in a column of text with small tables in it."""
    left, right = min(line.left for line in fragments), max(line.right for line in fragments)
    full = (line for line in fragments if line.right - line.left > _FULL * (right - left))
    return sum(len(line.text) >= _COLUMN_LETTERS for line in full)


def _bands(fragments: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """The fragments above and below the tallest empty band across the page; None where there is no such band."""
    best: tuple[float, float] | None = None
    reach = 0.0
    for fragment in sorted(fragments, key=lambda fragment: fragment.top):
        height = fragment.top - reach
        if reach and height > 0.1 * fragment.height and (best is None or height > best[0]):
            best = height, fragment.top
        reach = max(reach, fragment.bottom)
    if best is None:
        return None
    above = [fragment for fragment in fragments if fragment.top < best[1]]
    below = [fragment for fragment in fragments if fragment.top >= best[1]]
    return above, below


def _rows(fragments: list[Line]) -> list[Line]:
    """The lines of a single-column region from top to bottom."""
    rows: list[list[Word] | Line] = []
    anchor: Word | None = None
    for fragment in sorted(fragments, key=lambda fragment: (fragment.top + fragment.bottom, fragment.left)):
        if fragment.ruled:
            rows.append(fragment)
            anchor = None
            continue
        tallest = max(fragment.words, key=lambda word: word.height)
        last = rows[-1] if rows else None
        if anchor is not None and isinstance(last, list) and _beside(anchor, tallest):
            last.extend(fragment.words)
            anchor = max(anchor, tallest, key=lambda word: word.height)
        else:
            rows.append([*fragment.words])
            anchor = tallest
    return [row if isinstance(row, Line) else Line(tuple(_in_order(row))) for row in rows]


def _in_order(words: list[Word]) -> list[Word]:
    """The words from left to right, or from right to left where most letters are Hebrew or Arabic."""
    letters = [char for word in words for char in word.text if char.isalpha()]
    backwards = 2 * sum(unicodedata.bidirectional(char) in ("R", "AL") for char in letters) > len(letters)
    ordered = sorted(words, key=lambda word: -word.right if backwards else word.left)
    for first in range(len(ordered) - 1):  # the next cell's dollar sign may overlap this cell's percent sign
        if ordered[first].text in ("$", "$%") and ordered[first + 1].text == "%":
            ordered[first : first + 2] = ordered[first + 1], ordered[first]
    return ordered


def is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
