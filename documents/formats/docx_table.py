"""Word's tables: whether they hold data, and their cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from documents.formats.build import GridCell
from documents.formats.docx_numbering import Numbering
from documents.formats.docx_styles import W, number, value
from documents.formats.docx_text import is_sign, text_of
from documents.formats.table_structure import headed_by_bold

_MOST_SPAN = 64  # columns; Word allows 63
_LONGEST_CELL = 400  # characters of a cell of data in a table that holds others


def is_layout(table: Any) -> bool:
    """Whether a ``w:tbl`` only arranges the page: it is a single cell, or holds tables beside long texts."""
    cells = [cell for row in rows_of(table) for cell in cells_of(row)]
    if len(cells) < 2:
        return True
    return next(nested(table), None) is not None and any(
        len(text_of(cell, f"{W}tbl")) > _LONGEST_CELL for cell in cells
    )


def nested(table: Any) -> Iterator[Any]:
    """The tables within the cells of a ``w:tbl``, without those within these."""
    return (own for own in table.iter(f"{W}tbl") if own is not table and _owner(own, f"{W}tbl") is table)


def rows_of(table: Any) -> list[Any]:
    """The rows of a ``w:tbl`` that are not deleted."""
    rows = (row for row in table.iter(f"{W}tr") if _owner(row, f"{W}tbl") is table)
    return [row for row in rows if row.find(f"{W}trPr/{W}del") is None]


def cells_of(row: Any) -> list[Any]:
    """The cells of a ``w:tr``."""
    return [cell for cell in row.iter(f"{W}tc") if _owner(cell, f"{W}tr") is row]


def grid_of(table: Any, numbering: Numbering) -> tuple[list[list[GridCell]], bool | None]:
    """The cells of a ``w:tbl``, and whether its first row holds headings, as the cells in bold tell.

    Nested tables are left out.
    """
    placed = [_placed(row) for row in rows_of(table)]
    heights = _heights(placed)
    grid: list[list[GridCell]] = []
    for place, cells in enumerate(placed):
        row = [
            GridCell("" if cell is None else _text(cell, numbering), columns, height, is_heading)
            for column, columns, cell, is_heading in cells
            if (height := heights.get((place, column), 1))
        ]
        grid.append(row)
    return grid, headed_by_bold([_is_bold(cell) for *_, cell, _ in row] for row in placed)


_Placed = tuple[int, int, Any, bool]  # column, columns, the cell (None: a gap), whether it is a heading


def _placed(row: Any) -> list[_Placed]:
    """The cells of a row with their places."""
    gap = _span(row.find(f"{W}trPr/{W}gridBefore"), 0)
    heading = row.find(f"{W}trPr/{W}tblHeader")
    is_heading = heading is not None and value(heading) not in ("0", "false", "off")
    found: list[_Placed] = [(0, gap, None, False)] if gap else []
    column = gap
    for cell in cells_of(row):
        columns = _span(cell.find(f"{W}tcPr/{W}gridSpan"), 1)
        found.append((column, columns, cell, is_heading))
        column += columns
    return found


def _span(element: Any, least: int) -> int:
    return max(least, min(number(value(element), least) or least, _MOST_SPAN))


def _heights(placed: list[list[_Placed]]) -> dict[tuple[int, int], int]:
    """By row and column, how many rows the cells that are merged downwards span; 0 for those that they cover."""
    found: dict[tuple[int, int], int] = {}
    tops: dict[int, tuple[int, int]] = {}  # by column, the cell that the next row may continue
    for row, cells in enumerate(placed):
        going_on: dict[int, tuple[int, int]] = {}
        for column, _, cell, _ in cells:
            merge = None if cell is None else cell.find(f"{W}tcPr/{W}vMerge")
            if merge is None:
                continue
            if value(merge) == "restart" or column not in tops:
                going_on[column] = (row, column)
                found[row, column] = 1
            else:
                going_on[column] = tops[column]
                found[tops[column]] += 1
                found[row, column] = 0
        tops = going_on
    return found


def _text(cell: Any, numbering: Numbering) -> str:
    """A cell's paragraphs, with their numbers."""
    texts: list[str] = []
    for element in cell:
        if element.tag == f"{W}p":
            number = numbering.of(element)
            texts += [number.label] if number else []
        if element.tag not in (f"{W}tbl", f"{W}tcPr"):
            texts.append(text_of(element, f"{W}tbl"))
    return "\n".join(texts)


def _is_bold(cell: Any | None) -> bool | None:
    """Whether all text of a cell is in bold; None where it has none."""
    runs = [] if cell is None else [run for run in cell.iter(f"{W}r") if text_of(run).strip() and not is_sign(run)]
    marks = (run.find(f"{W}rPr/{W}b") for run in runs)
    return all(bold is not None and value(bold) not in ("0", "false", "off") for bold in marks) if runs else None


def _owner(element: Any, tag: str) -> Any:
    """The nearest ancestor of ``element`` with that tag."""
    return next(element.iterancestors(tag), None)
