"""Tables: cells and their headings from the table's own text, and rows as models read them, with the way back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from documents.blocks import Group, Merged, Table
from documents.document import Document
from documents.grid import Grid, row_text
from documents.linearise import linearise

BUDGET = """Budget of the club

| Item | 2022 |  | 2023 |
|  | plan | actual | plan |
| Income |
| Fees | 805 | 790 | 1,048 |
| Gifts |  | 12 | 30 |
| Total | 805 | 802 | 1,078 |

All in thousand pounds."""
START = BUDGET.index("| Item")
END = BUDGET.index("\n\nAll")
TABLE = Table(START, END, (0, 1), 1, None, (Merged(0, 1, 1, 2), Merged(0, 0, 2, 1)), (Group(2, 5),))


def grid() -> Grid:
    return Grid(BUDGET, TABLE)


def said(cells: object) -> list[str]:
    return [BUDGET[cell.start : cell.end] for cell in cells]  # type: ignore[attr-defined]


def test_cells_are_ranges_of_the_text_and_empty_ones_keep_their_column() -> None:
    assert said(grid().cells(4)) == ["Gifts", "", "12", "30"]
    assert [cell.column for cell in grid().cells(4)] == [0, 1, 2, 3]


def test_a_cell_has_the_headings_above_it_and_those_that_span_its_column() -> None:
    assert said(grid().column_headings(3, 2)) == ["2022", "actual"]
    assert said(grid().column_headings(3, 3)) == ["2023", "plan"]
    assert said(grid().column_headings(3, 0)) == ["Item"]


def test_a_row_has_its_label_and_the_heading_of_its_group() -> None:
    assert said(grid().row_headings(4, 2)) == ["Income", "Gifts"]
    assert said(grid().row_headings(2, 1)) == ["Income"]


def test_a_label_that_spans_rows_is_the_label_of_each() -> None:
    text = "| Day | Hour | What |\n| Monday | 8 | Art |\n|  | 9 | Music |\n| Friday | 8 | Sport |"
    own = Grid(text, Table(0, len(text), (0,), 2, None, (Merged(1, 0, 2, 1),)))
    assert [text[cell.start : cell.end] for cell in own.row_headings(2)] == ["Monday", "9"]
    assert linearise(text, (own.table,), text.index("|  | 9"), text.index("\n| Friday")).text == (
        "| Monday: Hour: 9 | What: Music |"
    )


def test_headings_in_the_middle_of_a_table_are_those_of_the_rows_below_them() -> None:
    text = "| A | B |\n| a | 1 |\n| C | D |\n|---|---|\n| c | 2 |"
    own = Grid(text, Table(0, len(text), (0, 2), 1))
    assert [text[cell.start : cell.end] for cell in own.column_headings(1, 1)] == ["B"]
    assert [text[cell.start : cell.end] for cell in own.column_headings(4, 1)] == ["D"]
    assert own.is_rule(3)
    assert [own.is_data(row) for row in range(5)] == [False, True, False, False, True]
    assert own.parts == [(0, 2), (2, 5)]


def test_headings_that_are_repeated_begin_no_new_part() -> None:
    text = "| A | B |\n| a | 1 |\n| A | B |\n| c | 2 |"
    assert Grid(text, Table(0, len(text), (0, 2), 1)).parts == [(0, 4)]
    assert grid().parts == [(0, 6)]
    assert Grid("| a | 1 |", Table(0, 9, (), 1)).parts == [(0, 1)]


def test_a_row_is_read_with_its_headings() -> None:
    first = BUDGET.index("| Gifts")
    assert linearise(BUDGET, (TABLE,), first, BUDGET.index("\n| Total")).text == (
        "| Income: Item: Gifts | 2022 actual: 12 | 2023 plan: 30 |"
    )


def test_a_heading_that_the_cell_before_has_too_is_read_once() -> None:
    first = BUDGET.index("| Fees")
    assert linearise(BUDGET, (TABLE,), first, BUDGET.index("\n| Gifts")).text == (
        "| Income: Item: Fees | 2022 plan: 805 | actual: 790 | 2023 plan: 1,048 |"
    )


def test_text_around_a_table_is_read_as_it_stands() -> None:
    read = linearise(BUDGET, (TABLE,), 0, len(BUDGET)).text
    assert read.startswith("Budget of the club\n\n| Item | 2022 | 2023 |\n")
    assert read.endswith(" |\n\nAll in thousand pounds.")


def test_what_is_found_in_a_linearised_row_is_a_cell_of_the_document() -> None:
    read = linearise(BUDGET, (TABLE,), START, END)
    at = read.text.index("2023 plan: 1,048")
    place = read.place(at, at + len("2023 plan: 1,048"))
    assert place is not None
    assert BUDGET[place.start : place.end] == "1,048"
    assert place.row is not None
    assert BUDGET[slice(*place.row)] == "| Fees | 805 | 790 | 1,048 |"


def test_a_heading_read_in_a_row_maps_to_its_own_offsets_in_the_document() -> None:
    read = linearise(BUDGET, (TABLE,), START, END)
    at = read.text.index("2023 plan: 30")
    place = read.place(at, at + 4)
    assert place is not None
    assert (BUDGET[place.start : place.end], place.start) == ("2023", BUDGET.index("2023"))
    assert place.row is not None
    assert BUDGET[slice(*place.row)].startswith("| Gifts")


def test_a_document_knows_the_table_of_an_offset() -> None:
    document = Document(BUDGET, tables=(TABLE,))
    assert document.table_at(START) == document.table_at(END - 1) == TABLE
    assert document.table_at(START - 1) is None
    assert document.table_at(END) is None


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=6)


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=6), st.data())
def test_every_piece_of_a_linearised_table_is_a_slice_of_the_document(
    rows: list[list[str]], data: st.DataObject
) -> None:
    lines = [line for line in map(row_text, rows) if line]
    if not lines:
        return
    text = "\n".join(lines)
    table = Table(0, len(text), tuple(range(data.draw(st.integers(0, len(lines))))), data.draw(st.integers(0, 2)))
    read = linearise(text, (table,), 0, len(text))
    for piece in read.pieces:
        assert read.text[piece.at : piece.at + piece.end - piece.start] == text[piece.start : piece.end]
    own = Grid(text, table)
    kept = [[cell.strip() for cell in row] for row in rows if row_text(row)]
    given = [[text[cell.start : cell.end].replace(r"\|", "|") for cell in own.cells(row)] for row in range(len(own))]
    assert given == [_trimmed(row) for row in kept]


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row
