"""The cells of a table that a citation rests on, each with its headings and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from documents.blocks import Range
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from documents.outline import introductions
from qa.check.claims.number_words import MULTIPLIERS, UNIT_OF

MOST_CELLS = 50  # of one citation

_LONGEST_UNIT = 40  # characters
_CURRENCY = r"(?:US|C|A|NZ|HK)?[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR)\b"
_SCALE = rf"(?:{'|'.join(sorted(map(re.escape, MULTIPLIERS), key=len, reverse=True))}|thousands)"
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,80})[)\]]")
_BEHIND_COMMA = re.compile(r",\s*(in\s[^,;.]{1,60})")
_AT_END = re.compile(rf"(?:^|\s)((?:{_CURRENCY})(?:\s?{_SCALE})?|{_SCALE}\s(?:{_CURRENCY})|%)\s*$", re.IGNORECASE)
_ONLY_CURRENCY = re.compile(rf"(?:{_CURRENCY})\Z", re.IGNORECASE)
_HAS_SCALE = re.compile(rf"(?<![^\W\d_]){_SCALE}(?![^\W\d_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CitedCell:
    """``text[start:end]`` of a document, a cell of a table.

    ``row`` and ``columns`` are the texts of the headings of its row and its columns, outermost first; ``unit`` is what
    a heading, the corner or the caption says its numbers are counted in ("" where none does).
    """

    start: int
    end: int
    row: tuple[str, ...]
    columns: tuple[str, ...]
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form."""
        return {
            "start": self.start,
            "end": self.end,
            "row": list(self.row),
            "columns": list(self.columns),
            "unit": self.unit,
        }


def cited_cells(document: Document, start: int, end: int, spans: Sequence[Range] = ()) -> tuple[CitedCell, ...]:
    """The cells of the rows ``start`` to ``end`` that the ``spans`` touch, such as the short answer.

    Where they touch none, all filled cells of these rows but the headings; ``MOST_CELLS`` at most, and none outside
    tables.
    """
    table = document.table_at(start)
    if table is None:
        return ()
    grid = grid_of(document.text, table)
    cells = [
        cell
        for row in range(grid.row_at(start), grid.row_at(min(end, table.end) - 1) + 1)
        for cell in grid.cells(row)
        if not cell.is_empty and start <= cell.start and cell.end <= end
    ]
    touched = [cell for cell in cells if any(cell.start < last and first < cell.end for first, last in spans)]
    values = [cell for cell in cells if cell.column >= table.labels and not grid.is_heading(cell.row)]
    return tuple(_cited(document, grid, cell) for cell in (touched or values)[:MOST_CELLS])


def cell_text(grid: Grid, cell: Cell) -> str:
    """What the cell says, as a person reads it."""
    return " ".join(grid.text[start:end] for start, end in grid.words_of(cell)).replace(r"\|", "|")


def _cited(document: Document, grid: Grid, cell: Cell) -> CitedCell:
    headings = () if grid.is_heading(cell.row) else grid.column_headings(cell.row, cell.column)
    return CitedCell(
        cell.start,
        cell.end,
        tuple(cell_text(grid, own) for own in grid.row_headings(cell.row, cell.column)),
        tuple(cell_text(grid, own) for own in headings),
        unit_of(document, grid, cell),
    )


def unit_of(document: Document, grid: Grid, cell: Cell) -> str:
    """What the cell's numbers are counted in, as the nearest heading says, or the corner, the caption or the lead-in.

    A currency in a heading goes with a scale that is farther away: "£, in thousands". A cell without digits has none.
    """
    if not any(character.isdigit() for character in grid.text[cell.start : cell.end]):
        return ""
    found = [unit for text in _around(document, grid, cell) if (unit := _unit_in(text))]
    if not found:
        return ""
    scale = next((unit for unit in found[1:] if _HAS_SCALE.search(unit)), "")
    return f"{found[0]}, {scale}" if scale and _ONLY_CURRENCY.match(found[0]) else found[0]


def _around(document: Document, grid: Grid, cell: Cell) -> Iterator[str]:
    """The texts that may say the unit, nearest first."""
    table = grid.table
    yield from (cell_text(grid, own) for own in reversed(grid.column_headings(cell.row, cell.column)))
    yield from (cell_text(grid, own) for own in reversed(grid.row_headings(cell.row, cell.column)))
    for row in table.headings:
        yield from (cell_text(grid, own) for own in grid.cells(row)[: table.labels])
    yield from (document.text[slice(*place)] for place in introductions(document.text, table))


def _unit_in(text: str) -> str:
    """The unit that a heading or caption gives: in brackets, after "in" or at its end."""
    inside = [*_IN_BRACKETS.findall(text), *_BEHIND_COMMA.findall(text)]
    given = next((part.strip() for part in inside if _is_unit(part)), "")
    if not given and not _is_word(text) and _is_unit(text):
        given = text.strip()
    if not given and (end := _AT_END.search(text)):
        given = end[1]
    return given[:_LONGEST_UNIT]


def _is_word(text: str) -> bool:
    """Whether the text is a single word: "Month" heads a column of months."""
    return text.strip().isalpha()


def _is_unit(text: str) -> bool:
    """Whether the text, such as "in millions", "$ million" or "µg/l", names a unit and nothing else."""
    first = re.split(r"[,;]", text.strip().casefold())[0]
    bare = first.removeprefix("in ")
    named = [word for word in re.split(r"[\s./-]+", re.sub(_CURRENCY, " ", bare, flags=re.IGNORECASE)) if word]
    if first != bare or re.search(_CURRENCY, bare, re.IGNORECASE):
        return len(named) <= 3 and not any(character.isdigit() for character in bare)
    is_ratio = re.fullmatch(r"[^\W\d_]{1,4}\s?/\s?[^\W\d_]{1,5}[²³]?", bare) is not None
    return is_ratio or (bool(named) and all(word in UNIT_OF or word in MULTIPLIERS for word in named))
