"""HTML tables: whether they hold data, and their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from documents.formats.build import Builder, GridCell
from documents.formats.html_lists import item_labels
from documents.formats.html_text import code_of, in_bold, in_one_line, is_left_out
from documents.formats.table_structure import headed_by_bold

if TYPE_CHECKING:
    from lxml import html as lxml_html

_PARTS = {"thead": 0, "tfoot": 2}  # rows of the foot come last, wherever the page has them
_LONGEST_CELL = 400  # characters of a cell of data in a table without headings
_MOST_SPAN = 100
_TO_THE_END = 100_000  # rows; rowspan="0" means all that are left


def is_data(table: lxml_html.HtmlElement) -> bool:
    """Whether a table holds data rather than the page's layout."""
    if table.find(".//table") is not None or (table.get("role") or "").lower() in ("presentation", "none"):
        return False
    if table.find(".//th") is not None:
        return True
    cells = list(table.iter("td"))
    return len(cells) > 1 and not any(len(in_one_line(cell)) > _LONGEST_CELL for cell in cells)


def numbered_code(table: lxml_html.HtmlElement) -> lxml_html.HtmlElement | None:
    """The cell that holds code, of a table whose other cell only counts the lines of it."""
    rows = list(table.iter("tr"))
    cells = _cells(rows[0]) if len(rows) == 1 else []
    if len(cells) != 2 or next(cells[1].iter("pre"), None) is None:
        return None
    counted = in_one_line(cells[0]).split()
    first = int(counted[0]) if counted and counted[0].isdecimal() and len(counted[0]) < 9 else 0
    return cells[1] if counted and counted == [str(first + line) for line in range(len(counted))] else None


def add_table(table: lxml_html.HtmlElement, builder: Builder) -> None:
    """Add a table of data with its caption. Where no cell is a heading, what is in bold tells which are."""
    rows = sorted(
        (row for row in table.iter("tr") if not is_left_out(row)), key=lambda row: _PARTS.get(row.getparent().tag, 1)
    )
    caption = table.find("caption")
    grid = [[_cell(cell) for cell in _cells(row)] for row in rows]
    is_called = any(cell.is_heading for row in grid for cell in row)
    heading = None if is_called else headed_by_bold([*map(_is_bold, _cells(row))] for row in rows)
    builder.rows(grid, heading=heading, caption="" if caption is None else in_one_line(caption))


def _cells(row: lxml_html.HtmlElement) -> list[lxml_html.HtmlElement]:
    return [cell for cell in row if cell.tag in ("td", "th") and not is_left_out(cell)]


def _cell(cell: lxml_html.HtmlElement) -> GridCell:
    is_heading = cell.tag == "th" or cell.getparent().getparent().tag == "thead"
    rows = _TO_THE_END if (cell.get("rowspan") or "").strip() == "0" else _span(cell, "rowspan")
    labels = {item: label for own in cell.iter("ol", "ul") for item, label in item_labels(own)}
    columns = min(_span(cell, "colspan"), _MOST_SPAN)
    return GridCell(in_one_line(cell, labels), columns, rows, is_heading, code_of(cell, labels))


def _span(cell: lxml_html.HtmlElement, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return max(1, int(value)) if value.isdecimal() and len(value) < 6 else 1


def _is_bold(cell: lxml_html.HtmlElement) -> bool | None:
    """Whether all words of a cell are in bold; None where it has none."""
    text = in_one_line(cell)
    return text == in_bold(cell) if text else None
