"""Lines of a page that are a table -> rows, each of which is understood alone.

A row is written ``| label | heading: value | heading: value |``: the label stands with the headings it falls under
("Revenue: Subscription"), each value with the headings of its column. Tables are told by their numbers: what has none
is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from documents.formats.pdf_layout import BULLET, Block, Line, Piece, spaced
from documents.formats.pdf_words import Word

_FAR = 1.2  # of a line's height: words as far apart are in two cells
_NEAR = 0.3  # and numbers as far apart are
_MOST_HEADINGS = 6  # lines
_MOST_CAPTION_LINES = 3
_LONGEST_HEADING = 60  # letters in a column's heading
_CENTRED = 0.18  # of the columns' width: so far from their middle a heading still is over all of them
_WIDER = 3.0  # points that it may be farther from the middle for one column more
_LONGEST_VALUE = 25  # and in a cell of words among numbers
_UNIT = r"(?:[$€£¥₹]|US\$|C\$|A\$|HK\$|EUR|USD|GBP)"
_NUMBER = r"[-–—−+~]?\(?[-–—−+~]?(?:\d[\d.,'’]*)?\d\)?(?:x|bps|pp|pts?)?"
_VALUE = re.compile(
    rf"(?:{_UNIT}?\s?{_NUMBER}\s?(?:[%‰]|{_UNIT})?\)?|{_UNIT}?\s?[-–—−]+\s?%?|N/?[AM]|n/?[am]|\*+|nil|{_UNIT})"
    r"(?:\s?\(?[a-z\d*†‡]{1,2}\))*"
)
_YEAR = re.compile(r"(?:FY|CY)?\s?'?(?:19|20)\d\d[A-E]?(?:\(\d\))*\Z")
_MARK = re.compile(r"\(?\d{1,2}\)|[-–—*†‡]+\Z")  # of a footnote or a list
_PREFIX = re.compile(rf"{_UNIT}\Z|\(\Z|[-–—−]\Z")
_FIGURE = re.compile(r"[-(–—−.]*\d|[-–—−]+\Z")
_SUFFIX = re.compile(r"[%‰)]+\Z|\$%\Z|\(\d{1,2}\)\Z|(?:bps|pts?|pp|x)\Z")

_CARRIED = (
    ",",
    "—",
    "-",
    " and",
    " of",
    " or",
    " to",
    " in",
    " for",
    " by",
    " on",
    " the",
    " from",
    " before",
    " with",
)


@dataclass(slots=True)
class Cell:
    """Words that stand together in a row."""

    words: list[Word]

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def is_value(self) -> bool:
        return bool(_VALUE.fullmatch(self.text))

    @property
    def is_year(self) -> bool:
        return bool(_YEAR.match(self.text))


@dataclass(slots=True)
class Row:
    """A line as cells; the first is the label where ``labelled``."""

    line: Line
    cells: list[Cell]

    @property
    def values(self) -> list[Cell]:
        """The numbers, with what stands among them; none where the line is text or years."""
        first = next((number for number, cell in enumerate(self.cells) if cell.is_value), len(self.cells))
        rest = self.cells[max(first, 0) :]
        told = [cell for cell in rest if cell.is_value and not cell.is_year]
        wordy = sum(len(cell.text) > _LONGEST_VALUE for cell in rest)
        return rest if len(told) > wordy and (first or not _MARK.match(rest[0].text)) else []

    @property
    def label(self) -> list[Cell]:
        return self.cells[: len(self.cells) - len(self.values)]

    @property
    def label_words(self) -> list[Word]:
        return [word for cell in self.label for word in cell.words]

    @property
    def is_numeric(self) -> bool:
        return len(self.cells) > 1 and bool(self.values)


@dataclass(slots=True)
class _Column:
    """Where a column's values stand, and its headings from the top down."""

    left: float
    right: float
    headings: list[list[Word]] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def row_of(line: Line) -> Row:
    """The line's cells: parted by wide gaps and, among numbers, by narrower ones."""
    cells: list[Cell] = [Cell([line.words[0]])]
    for before, word, after in zip(line.words, line.words[1:], [*line.words[2:], None], strict=False):
        gap, cell = (word.left - before.right) / line.height, cells[-1]
        if _PREFIX.match(before.text) and len(cell.words) == 1 and _FIGURE.match(word.text):
            together = gap < 1 or before.text not in "(-–—−"
        elif _SUFFIX.match(word.text) and cell.is_value:
            together = gap < 3
        elif gap > _FAR:
            together = False
        else:
            number = after if _PREFIX.match(word.text) else word  # of which the word is the sign
            begins = number is not None and _FIGURE.match(number.text) and _VALUE.fullmatch(number.text)
            together = not (len(cells) > 1 and cell.is_value and begins)
        if together:
            cell.words.append(word)
        else:
            cells.append(Cell([word]))
    return Row(line, cells)


def split_tables(lines: Sequence[Line]) -> Iterator[tuple[bool, list[Row]]]:
    """The lines in runs, as rows; True marks those that are a table."""
    rows = [row_of(line) for line in lines]
    start = 0
    for first, last in _tables(rows):
        if start < first:
            yield False, rows[start:first]
        yield True, rows[first:last]
        start = last
    if start < len(rows):
        yield False, rows[start:]


def _tables(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Where tables stand: numeric rows with the short lines between them and the headings above."""
    done, number = 0, 0
    while number < len(rows):
        if not rows[number].is_numeric:
            number += 1
            continue
        last = number + 1
        edge = min(cell.left for cell in rows[number].values)
        while last < len(rows):
            reach = last
            while reach < len(rows) and reach - last < 4 and not rows[reach].is_numeric:
                if not _is_between(rows, reach, edge):
                    reach = len(rows)
                    break
                reach += 1
            if reach >= len(rows) or not rows[reach].is_numeric or _is_far(rows[last - 1], rows[last]):
                break
            edge = min(edge, *(cell.left for cell in rows[reach].values))
            last = reach + 1
        numeric = [row for row in rows[number:last] if row.is_numeric]
        if len(numeric) >= 2 or len(numeric[0].values) >= 2:
            first = _first_heading(rows, number, done)
            yield first, last
            done = last
        number = last


def _is_far(above: Row, below: Row) -> bool:
    return below.line.top - above.line.bottom > 4 * above.line.height


def _is_between(rows: Sequence[Row], number: int, edge: float) -> bool:
    """Whether a row without numbers may stand in a table: a heading of rows, a wrapped label, headings of columns."""
    row = rows[number]
    if len(row.cells) > 1:
        return len(row.cells[-1].text) <= _LONGEST_HEADING
    cell = row.cells[0]
    return cell.right <= edge + 2 * row.line.height or cell.left >= edge - 2 * row.line.height


def _first_heading(rows: Sequence[Row], number: int, least: int) -> int:
    """The first of the lines above row ``number`` that are headings of its columns or of it."""
    edge = min(cell.left for cell in rows[number].values) - 3 * rows[number].line.height
    first = above = number
    while above > least and number - above < _MOST_HEADINGS:
        row = rows[above - 1]
        if _gap_above(rows, above) > 1.6:
            break
        over = [cell for cell in row.cells if cell.middle > edge]
        label = [cell for cell in row.cells if cell.middle <= edge]
        if any(len(cell.text) > _LONGEST_HEADING for cell in row.cells) or len(label) > 1:
            break
        if len(row.cells) == 1 and rows[number].label and _is_over_all(row.cells[0], rows[number].line):
            break
        above -= 1
        if over and (len(row.cells) > 1 or over[0].left > edge):
            first = above
        elif over or label[0].right > edge + 6 * row.line.height:
            break
    return first if first < number else _caption(rows, number, least)


def _caption(rows: Sequence[Row], number: int, least: int) -> int:
    """The first line of the sentence that leads to row ``number``, "…:"; ``number`` where it is none, or long."""
    if number == least or not rows[number - 1].line.text.endswith(":") or _gap_above(rows, number) > 1.6:
        return number
    for first in range(number - 1, max(least, number - _MOST_CAPTION_LINES) - 1, -1):
        if first == least or _gap_above(rows, first) > 0.5 or BULLET.match(rows[first].line.words[0].text):
            return first
    return number


def _gap_above(rows: Sequence[Row], number: int) -> float:
    """The space between a row and the one above it, as a multiple of that one's height."""
    return (rows[number].line.top - rows[number - 1].line.bottom) / rows[number - 1].line.height


def _is_over_all(cell: Cell, line: Line) -> bool:
    """Whether a cell is centred over the whole table, its labels included, as a caption is."""
    return abs(cell.middle - (line.left + line.right) / 2) < 0.04 * (line.right - line.left)


def blocks(rows: Sequence[Row]) -> Iterator[Block]:
    """The rows of a table, each with its headings."""
    columns = _columns(rows)
    groups: list[_Group] = []
    wrapped: list[Word] = []
    heading: list[Row] = []
    for row, following in zip_longest(rows, rows[1:]):
        if not row.values and _is_heading_row(row, columns):
            heading.append(row)
            if following and not following.values and _is_heading_row(following, columns):
                continue
            yield _heading_block(heading, columns)
            heading = []
        elif row.values:
            yield _value_row(row, columns, _above(groups, [*wrapped, *row.label_words]), wrapped)
            wrapped = []
        elif following and _wraps(row, following, columns):
            wrapped += row.line.words
        else:
            words, wrapped = [*wrapped, *row.line.words], []
            groups = [group for group in groups if group.left < row.line.left - 1]
            leads = words[-1].text.endswith(":") or (row.line.bold and following and not following.line.bold)
            if following and (following.line.left > row.line.left + 1 or leads):
                groups.append(_Group(row.line.left, words, following.line.left > row.line.left + 1))
            yield Block("row", _framed([list(spaced(words))]), row.line.height, row.line.bold)


@dataclass(slots=True)
class _Group:
    """A heading of the rows below it: of those that are ``indented`` further or, else, of those up to their total."""

    left: float
    words: list[Word]
    indented: bool


def _above(groups: list[_Group], label: Sequence[Word]) -> list[list[Word]]:
    """The headings that the row of that label falls under; those that end with it are taken out."""
    left = min((word.left for word in label), default=float("inf"))
    groups[:] = [group for group in groups if group.left < left - 1 or not group.indented]
    above = [group.words for group in groups]
    if label and label[0].text.lower().startswith("total"):
        groups[:] = [group for group in groups if group.indented]
    return above


def _columns(rows: Sequence[Row]) -> list[_Column]:
    """The columns of values, from the left: stretches that values share."""
    columns: list[_Column] = []
    spans = sorted(_span(cell) for row in rows if row.is_numeric for cell in row.values if cell.is_value)
    for left, right in spans:
        if columns and left < columns[-1].right - 0.5:
            columns[-1].right = max(columns[-1].right, right)
        else:
            columns.append(_Column(left, right))
    return columns


def _span(cell: Cell) -> tuple[float, float]:
    """Where the cell's number stands: its currency's sign may lie over the column beside it."""
    figures = [word for word in cell.words if not _PREFIX.match(word.text)] or cell.words
    return min(word.left for word in figures), max(word.right for word in figures)


def _is_heading_row(row: Row, columns: Sequence[_Column]) -> bool:
    """Whether the row, which has no values, stands over the columns of values."""
    if not columns:
        return False
    last = row.cells[-1]
    return last.right > columns[0].left and last.middle > columns[0].left - 6 * row.line.height


def _heading_block(rows: Sequence[Row], columns: Sequence[_Column]) -> Block:
    """Give the columns the headings in ``rows`` instead of those they had; the block names them column by column."""
    loose: list[Cell] = []
    for column in columns:
        column.headings = []
    for row in rows:
        cells = [part for cell in row.cells for part in _by_column(cell, columns)]
        loose += _add_headings(cells, columns)
    shown = [list(spaced(cell.words)) for cell in loose]
    before: list[list[Word]] = []
    for column in columns:
        words = [word for words in _not_in(column.headings, before) for word in words]
        shown += [list(spaced(words))] if words else []
        before = column.headings
    return Block("row", _framed(shown), rows[0].line.height)


def _by_column(cell: Cell, columns: Sequence[_Column]) -> list[Cell]:
    """A cell of headings, parted where two columns' headings stand side by side."""
    parts: list[Cell] = []
    nearest = [min(columns, key=lambda column: abs(column.middle - _middle(word))) for word in cell.words]
    gaps = [after.left - before.right for before, after in pairwise(cell.words)]
    inner = [gap for gap, (one, other) in zip(gaps, pairwise(nearest), strict=True) if one is other]
    for word, gap, (before, column) in zip(cell.words, [0.0, *gaps], pairwise([None, *nearest]), strict=True):
        if parts and (column is before or gap <= 1.15 * max(inner, default=0.0)):
            parts[-1].words.append(word)
        else:
            parts.append(Cell([word]))
    return parts if inner else [cell]


def _middle(word: Word) -> float:
    return (word.left + word.right) / 2


def _add_headings(cells: Sequence[Cell], columns: Sequence[_Column]) -> list[Cell]:
    """Give each column the cell above it, or one that is centred over several; returns the cells over none."""
    chosen: list[Cell | None] = []
    for column in columns:
        over = [cell for cell in cells if cell.left < column.right and column.left < cell.right]
        chosen.append(max(over, key=lambda cell: _shared(cell, column)) if over else None)
    spread = list(chosen)
    for cell in cells:
        own = [number for number, above in enumerate(chosen) if above is cell]
        for number in _spanned(cell, own, chosen, columns):
            spread[number] = cell
    _place_beside(cells, spread, columns)
    if None in spread:  # a cell that stands exactly over one column may head only that one
        spread = [own or other for own, other in zip(chosen, _between(chosen, spread, columns), strict=True)]
    for column, above in zip(columns, spread, strict=True):
        if above:
            column.headings.append(above.words)
    return [cell for cell in cells if not any(cell is other for other in spread)]


def _place_beside(cells: Sequence[Cell], spread: list[Cell | None], columns: Sequence[_Column]) -> None:
    """Give a cell that is over no column the nearest one beside it that has none."""
    middles = [column.middle for column in columns]
    reach = 0.6 * min((after - before for before, after in pairwise(middles)), default=60.0)
    for cell in cells:
        if not any(cell is other for other in spread):
            near = min(range(len(columns)), key=lambda number: abs(middles[number] - cell.middle))
            if spread[near] is None and abs(middles[near] - cell.middle) < reach:
                spread[near] = cell


def _spanned(cell: Cell, own: Sequence[int], chosen: Sequence[Cell | None], columns: Sequence[_Column]) -> range:
    """The run of columns that the cell is best centred over and that no other cell heads; rather a longer one."""
    if not own:
        own = [min(range(len(columns)), key=lambda number: abs(columns[number].middle - cell.middle))]
    best, least = range(0), float("inf")
    for first in range(own[0] + 1):
        for last in range(own[-1], len(columns)):
            run, width = range(first, last + 1), columns[last].right - columns[first].left
            off = abs((columns[first].left + columns[last].right) / 2 - cell.middle)
            centred = off < _CENTRED * width and off < _CENTRED * 2 * (cell.right - cell.left)
            free = all(chosen[number] in (None, cell) for number in run)
            if free and centred and off - _WIDER * len(run) < least:
                best, least = run, off - _WIDER * len(run)
    return best


def _between(
    chosen: Sequence[Cell | None], spread: Sequence[Cell | None], columns: Sequence[_Column]
) -> Iterator[Cell | None]:
    """Of the cells that were spread over columns, those that stand between two, not exactly over one."""
    for cell in spread:
        own = [column for column, above in zip(columns, chosen, strict=True) if above is cell]
        exact = cell and len(own) == 1 and (
            abs(own[0].middle - cell.middle) < 4 or abs(own[0].right - cell.right) < 2
        )  # fmt: skip
        yield None if exact else cell


def _not_in(headings: Sequence[list[Word]], before: Sequence[list[Word]]) -> Sequence[list[Word]]:
    """The headings without those at their beginning that the column before is under too."""
    same = 0
    while same < min(len(headings), len(before)) and headings[same] is before[same]:
        same += 1
    return headings[same:]


def _shared(cell: Cell, column: _Column) -> float:
    return min(cell.right, column.right) - max(cell.left, column.left)


def _wraps(row: Row, following: Row, columns: Sequence[_Column]) -> bool:
    """Whether the row is the beginning of a label or a caption that goes on in the next row."""
    text, after = row.line.text, following.line.words[0].text
    if text.endswith(":") or len(row.cells) > 1 or not following.label:
        return False
    close = following.line.top - row.line.top < 1.6 * row.line.height
    carried = text.lower().endswith(_CARRIED)
    full = not following.values and row.line.right > columns[0].left
    return close and (after[0].islower() or carried or full or after[0] == "(")


def _value_row(row: Row, columns: Sequence[_Column], above: Sequence[list[Word]], wrapped: Sequence[Word]) -> Block:
    label: list[Piece] = []
    for words in above:
        label += [*spaced(words, copied=True), Piece(" " if words[-1].text.endswith(":") else ": ")]
    label += spaced([*wrapped, *row.label_words])
    cells = [label] if label else []
    before: list[list[Word]] = []
    for cell in row.values:
        column = max(columns, key=lambda column: _shared(cell, column))
        headings = column.headings if _shared(cell, column) > 0 else []
        pieces: list[Piece] = []
        for words in _not_in(headings, before) or headings[-1:]:
            pieces += [*spaced(words, copied=True), Piece(" ")]
        pieces[-1:] = [Piece(": ")] if pieces else []
        before = headings
        cells.append([*pieces, *_amount(cell.words)])
    return Block("row", _framed(cells), row.line.height, row.line.bold)


def _amount(words: Sequence[Word]) -> Iterator[Piece]:
    """A value, its signs joined to the number."""
    for number, word in enumerate(words):
        if number and not _SUFFIX.match(word.text) and not _PREFIX.match(words[number - 1].text):
            yield Piece(" ")
        yield Piece(word.text, word)


def _framed(cells: Sequence[list[Piece]]) -> tuple[Piece, ...]:
    pieces = [Piece("| ")]
    for number, cell in enumerate(cells):
        if number:
            pieces.append(Piece(" | "))
        pieces += cell
    return (*pieces, Piece(" |"))
