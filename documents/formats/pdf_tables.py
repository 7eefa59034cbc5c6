"""Lines of a page that form a table -> rows, each of which can be understood on its own.

A row is written ``| label | heading: value | heading: value |``: its label follows the row headings it falls under
("Revenue: Subscription"), and each value follows the headings of its column. Tables are recognised by their numbers:
lines without any are read as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from documents.formats.pdf_cells import PREFIX, SUFFIX, Cell, Row, row_of
from documents.formats.pdf_columns import (
    Column,
    assign_headings,
    columns_of,
    is_heading_row,
    shared,
    without_shared,
)
from documents.formats.pdf_layout import BULLET, Block, Line, Piece, spaced
from documents.formats.pdf_words import Word

_MOST_HEADINGS = 6  # lines
_MOST_CAPTION_LINES = 3
_LONGEST_HEADING = 60  # letters in a column's heading
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


def split_tables(lines: Sequence[Line]) -> Iterator[tuple[bool, list[Row]]]:
    """Runs of lines as rows, each with whether the run is a table."""
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
    """(first, end) of each table: numeric rows, the short lines between them and the headings above."""
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
    """Whether a row without numbers may belong to a table: as a row heading, a wrapped label or column headings."""
    row = rows[number]
    if len(row.cells) > 1:
        return len(row.cells[-1].text) <= _LONGEST_HEADING
    cell = row.cells[0]
    return cell.right <= edge + 2 * row.line.height or cell.left >= edge - 2 * row.line.height


def _first_heading(rows: Sequence[Row], number: int, least: int) -> int:
    """The number of the first line above row ``number`` that is a heading of the row or of its columns."""
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
    """The first line of a short caption above row ``number`` that ends with a colon; ``number`` where there is none."""
    if number == least or not rows[number - 1].line.text.endswith(":") or _gap_above(rows, number) > 1.6:
        return number
    for first in range(number - 1, max(least, number - _MOST_CAPTION_LINES) - 1, -1):
        if first == least or _gap_above(rows, first) > 0.5 or BULLET.match(rows[first].line.words[0].text):
            return first
    return number


def _gap_above(rows: Sequence[Row], number: int) -> float:
    """The space between a row and the one above it, relative to the height of the latter."""
    return (rows[number].line.top - rows[number - 1].line.bottom) / rows[number - 1].line.height


def _is_over_all(cell: Cell, line: Line) -> bool:
    """Whether a cell is centred over the whole table including its labels, as a caption is."""
    return abs(cell.middle - (line.left + line.right) / 2) < 0.04 * (line.right - line.left)


def blocks(rows: Sequence[Row]) -> Iterator[Block]:
    """The rows of a table as blocks, each with its headings."""
    columns = columns_of(rows)
    groups: list[_Group] = []
    wrapped: list[Word] = []
    heading: list[Row] = []
    for row, following in zip_longest(rows, rows[1:]):
        if not row.values and is_heading_row(row, columns):
            heading.append(row)
            if following and not following.values and is_heading_row(following, columns):
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
    """A heading of the rows below it: of those ``indented`` further or, where none are, of those up to their total."""

    left: float
    words: list[Word]
    indented: bool


def _above(groups: list[_Group], label: Sequence[Word]) -> list[list[Word]]:
    """The headings of the row with that label; removes from ``groups`` those that do not apply to later rows."""
    left = min((word.left for word in label), default=float("inf"))
    groups[:] = [group for group in groups if group.left < left - 1 or not group.indented]
    above = [group.words for group in groups]
    if label and label[0].text.lower().startswith("total"):
        groups[:] = [group for group in groups if group.indented]
    return above


def _heading_block(rows: Sequence[Row], columns: Sequence[Column]) -> Block:
    """The heading lines as one row, column by column; also assigns the headings to the columns."""
    shown = [list(spaced(cell.words)) for cell in assign_headings(rows, columns)]
    before: list[list[Word]] = []
    for column in columns:
        words = [word for words in without_shared(column.headings, before) for word in words]
        shown += [list(spaced(words))] if words else []
        before = column.headings
    return Block("row", _framed(shown), rows[0].line.height)


def _wraps(row: Row, following: Row, columns: Sequence[Column]) -> bool:
    """Whether the row begins a label or caption that continues in the next row."""
    text, after = row.line.text, following.line.words[0].text
    if text.endswith(":") or len(row.cells) > 1 or not following.label:
        return False
    close = following.line.top - row.line.top < 1.6 * row.line.height
    carried = text.lower().endswith(_CARRIED)
    full = not following.values and row.line.right > columns[0].left
    return close and (after[0].islower() or carried or full or after[0] == "(")


def _value_row(row: Row, columns: Sequence[Column], above: Sequence[list[Word]], wrapped: Sequence[Word]) -> Block:
    label: list[Piece] = []
    for words in above:
        label += [*spaced(words, copied=True), Piece(" " if words[-1].text.endswith(":") else ": ")]
    label += spaced([*wrapped, *row.label_words])
    cells = [label] if label else []
    before: list[list[Word]] = []
    for cell in row.values:
        column = max(columns, key=lambda column: shared(cell, column))
        headings = column.headings if shared(cell, column) > 0 else []
        pieces: list[Piece] = []
        for words in without_shared(headings, before) or headings[-1:]:
            pieces += [*spaced(words, copied=True), Piece(" ")]
        pieces[-1:] = [Piece(": ")] if pieces else []
        before = headings
        cells.append([*pieces, *_amount(cell.words)])
    return Block("row", _framed(cells), row.line.height, row.line.bold)


def _amount(words: Sequence[Word]) -> Iterator[Piece]:
    """Pieces for a value, with its currency and percent signs joined to the number."""
    for number, word in enumerate(words):
        if number and not SUFFIX.match(word.text) and not PREFIX.match(words[number - 1].text):
            yield Piece(" ")
        yield Piece(word.text, word)


def _framed(cells: Sequence[list[Piece]]) -> tuple[Piece, ...]:
    pieces = [Piece("| ")]
    for number, cell in enumerate(cells):
        if number:
            pieces.append(Piece(" | "))
        pieces += cell
    return (*pieces, Piece(" |"))
