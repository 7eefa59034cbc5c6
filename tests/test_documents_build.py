"""The Builder: whatever is added, structure and text fit each other, and tables give back the cells put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.blocks import Block, Group, Merged, Table, check_structure
from documents.document import Document, DocumentError
from documents.formats.build import Builder, GridCell
from documents.formats.inline_code import solid
from documents.grid import Grid
from documents.normalise import normalise
from documents.wire import document_fields, document_of

Action = Callable[[Builder], None]
Grids = list[list[GridCell]]

TEXTS = st.text(st.sampled_from("ab1-:|\\ \n\t.•é\u0301\u200b中"), max_size=12)
LABELS = st.sampled_from(["•", "1.", "a)", "2.1", "", "iv ", "|"])
CELLS = st.builds(
    lambda text, columns, rows, is_heading, is_code: GridCell(
        text, columns, rows, is_heading, ((0, solid(text)),) if is_code and text.strip() else ()
    ),
    TEXTS,
    st.integers(1, 4),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
GRIDS = st.lists(st.lists(CELLS, max_size=5), max_size=6)
KINDS = st.sampled_from([None, "caption", "code", "quotation", "turn"])


def table_of(grid: Grids, heading: bool | None, caption: str) -> Action:
    return lambda builder: builder.rows(grid, heading=heading, caption=caption)


SIMPLE: st.SearchStrategy[Action] = st.one_of(
    st.builds(lambda text, level: lambda builder: builder.heading(text, level), TEXTS, st.integers(0, 9)),
    st.builds(lambda text, kind: lambda builder: builder.paragraph(text, kind), TEXTS, KINDS),
    st.builds(
        lambda text, label, depth, step: lambda builder: builder.item(text, label, depth, is_step=step),
        TEXTS,
        LABELS,
        st.integers(0, 3),
        st.booleans(),
    ),
    st.builds(lambda text: lambda builder: builder.more_of_item(text), TEXTS),
    st.builds(lambda name, value: lambda builder: builder.field(name, value), TEXTS, TEXTS),
    st.builds(table_of, GRIDS, st.sampled_from([None, True, False]), TEXTS),
    st.builds(lambda text: lambda builder: builder.caption_behind(text), TEXTS),
    st.builds(lambda text: lambda builder: builder.structured(*known(text)), TEXTS),
    st.builds(lambda number: lambda builder: builder.page(number), st.integers(1, 9)),
    st.just(Builder.end_list),
)


def known(text: str) -> tuple[str, list[Block]]:
    """A text that is one quotation."""
    text = normalise(text)
    return text, [Block("quotation", 0, len(text))]


def nested(actions: st.SearchStrategy[Action]) -> st.SearchStrategy[Action]:
    return st.builds(within, st.sampled_from(["list", "quotation", "header"]), LABELS, st.lists(actions, max_size=4))


def within(kind: str, label: str, actions: Sequence[Action]) -> Action:
    """A block of what the actions add; in a list, each adds an item."""

    def act(builder: Builder) -> None:
        with builder.block(kind):  # type: ignore[arg-type]
            for action in actions:
                if kind == "list":
                    with builder.block("item", label):
                        action(builder)
                else:
                    action(builder)

    return act


def built(actions: Sequence[Action]) -> Document | None:
    builder = Builder("test/1")
    for action in actions:
        action(builder)
    try:
        return builder.document("a")
    except DocumentError:
        return None


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(st.recursive(SIMPLE, nested, max_leaves=6), max_size=8))
def test_whatever_is_added_its_structure_fits_the_text(actions: list[Action]) -> None:
    document = built(actions)
    if document is None:
        return
    text = document.text
    assert text == normalise(text)
    check_structure(text, document.blocks, document.tables, document.inline_code)
    for block in document.blocks:
        assert text[block.start : block.end].strip()
        assert block in document.blocks_at(block.start)
    for table in document.tables:
        assert text[table.start] == "|"
        assert text[table.end - 1] == "|"
    for section in document.sections:
        assert text[section.start : section.heading_end].endswith(section.title)
    assert document_of(document_fields(document)) == document


@settings(deadline=None, derandomize=True, max_examples=150)
@given(GRIDS)
def test_a_table_gives_back_the_cells_put_in(grid: Grids) -> None:
    expected, spans = laid_out(grid)
    document = built([table_of(grid, None, "")])
    if document is None:
        assert expected == []
        return
    (table,) = document.tables
    found = Grid(document.text, table)
    captions = [[document.text[own.start : own.end].replace("|", r"\|")] for own in document.blocks]
    rows = [[document.text[cell.start : cell.end] for cell in found.cells(row)] for row in range(len(found))]
    assert captions + rows == expected
    count = len(captions)
    assert [Merged(cell.row + count, cell.column, cell.rows, cell.columns) for cell in table.merged] == [
        cell for cell in spans if cell.row >= count
    ]


def laid_out(grid: Grids) -> tuple[list[list[str]], list[Merged]]:
    """The rows' texts and the merged cells as a plain reading of HTML's rules gives them."""
    taken: dict[tuple[int, int], str] = {}
    spans: list[Merged] = []
    for number, given_row in enumerate(grid):
        column = 0
        for cell in given_row:
            while (number, column) in taken:
                column += 1
            rows = min(cell.rows, len(grid) - number)
            for row in range(number, number + rows):
                for place in range(column, column + cell.columns):
                    taken.setdefault((row, place), "")
            taken[number, column] = " ".join(normalise(cell.text).split()).replace("|", r"\|")
            spans.append(Merged(number, column, rows, cell.columns))
            column += cell.columns
    texts = []
    for number in range(len(grid)):
        row = [taken.get((number, place), "") for place in range(64)]
        while row and not row[-1]:
            row.pop()
        texts.append(row)
    kept = [number for number, row in enumerate(texts) if row]
    found = []
    for cell in spans:
        rows = sum(cell.row <= number < cell.row + cell.rows for number in kept)
        if cell.row in kept and (rows > 1 or cell.columns > 1):
            found.append(Merged(kept.index(cell.row), cell.column, rows, cell.columns))
    return [texts[number] for number in kept], found


def rows_of(*lines: str, heading: bool | None = None) -> tuple[Document, Table]:
    """The table of lines in which cells are apart by a comma."""
    builder = Builder("test/1")
    builder.rows([[cell.strip() for cell in line.split(",")] for line in lines], heading=heading)
    document = builder.document("a")
    return document, document.tables[0]


def headings_of(document: Document, row: int, column: int) -> tuple[list[str], list[str]]:
    """The row headings and the column headings of a cell."""
    found = Grid(document.text, document.tables[0])
    return tuple(  # type: ignore[return-value]
        [document.text[cell.start : cell.end] for cell in cells]
        for cells in (found.row_headings(row, column), found.column_headings(row, column))
    )


def test_a_list_holds_its_items_and_the_lists_within_them() -> None:
    builder = Builder("test/1")
    builder.paragraph("Bring:")
    builder.item("boots", "1.", is_step=True)
    builder.item("black", "a)", 1, is_step=True)
    builder.item("brown", "b)", 1, is_step=True)
    builder.item("rope", "2.", is_step=True)
    builder.more_of_item("It is 30 m long.")
    builder.item("torch")
    document = builder.document("a")
    assert document.text == ("Bring:\n\n1. boots\n  a) black\n  b) brown\n2. rope\n\n  It is 30 m long.\n\n• torch")
    assert [(block.kind, block.label, document.text[block.start : block.end]) for block in document.blocks] == [
        ("list", "", "1. boots\n  a) black\n  b) brown\n2. rope\n\n  It is 30 m long."),
        ("step", "1.", "1. boots\n  a) black\n  b) brown"),
        ("list", "", "a) black\n  b) brown"),
        ("step", "a)", "a) black"),
        ("step", "b)", "b) brown"),
        ("step", "2.", "2. rope\n\n  It is 30 m long."),
        ("list", "", "• torch"),
        ("item", "•", "• torch"),
    ]


def test_column_headings_of_two_rows() -> None:
    builder = Builder("test/1")
    builder.rows(
        [
            [GridCell(""), GridCell("Year ended June 30", 2), GridCell("Change", rows=2)],
            ["$ million", "2023", "2022"],
            ["Revenue", "805", "790", "2%"],
        ]
    )
    document = builder.document("a")
    assert document.tables[0].headings == (0, 1)
    assert headings_of(document, 2, 2) == (["Revenue"], ["Year ended June 30", "2022"])
    assert headings_of(document, 2, 0) == ([], ["$ million"])


def test_a_row_of_one_cell_heads_the_rows_below_it() -> None:
    document, table = rows_of(
        "Item, 2023, 2022",
        "Assets", "Current assets:", "Cash, 5, 4", "Total current assets, 5, 4",
        "Other assets:", "Land, 7, 7", "Total other assets, 7, 7", "Total assets, 12, 11",
        "Liabilities", "Current liabilities:", "Debt, 3, 3",
    )  # fmt: skip
    assert table.groups == (Group(1, 7), Group(2, 3), Group(5, 6), Group(9, 11), Group(10, 11))
    assert headings_of(document, 3, 1) == (["Assets", "Current assets:", "Cash"], ["2023"])
    assert headings_of(document, 8, 1) == (["Total assets"], ["2023"])


def test_a_total_at_the_end_is_of_all_groups() -> None:
    _, table = rows_of("Town, Sold, Left", "North", "Bonn, 1, 2", "South", "Ulm, 3, 4", "Total, 4, 6")
    assert table.groups == (Group(1, 2), Group(3, 4))


@pytest.mark.parametrize(
    ("lines", "headings"),
    [
        (["Item, 2023", "Rent, 5"], (0,)),
        (["Name:, Ann", "Town:, Bonn"], ()),
        (["Date, 12 May 2025", "Place, town hall"], ()),
        (["1.5, 2", "3, 4"], ()),
        (["Monday, closed, closed", "Tuesday, 9:00, 9:00"], ()),
    ],
)
def test_the_first_row_is_taken_for_headings_where_it_looks_like_them(lines: list[str], headings: object) -> None:
    assert rows_of(*lines)[1].headings == headings


def test_rows_of_one_cell_above_a_table_are_its_caption() -> None:
    document, table = rows_of("Balance sheet", "(in thousands)", "Item, 2023, 2022", "Cash, 5, 4")
    assert table.caption is not None
    assert document.text[slice(*table.caption)] == "Balance sheet\n\n(in thousands)"
    assert table.headings == (0,)


def test_a_caption_belongs_to_the_table_below_it_or_else_above_it() -> None:
    builder = Builder("test/1")
    builder.paragraph("Table 1: prices", "caption")
    builder.rows([["Item", "Price"], ["Tea", "2"]])
    builder.paragraph("Some words.")
    builder.rows([["Item", "Weight"], ["Tea", "3 g"]])
    builder.paragraph("Table 2: weights", "caption")
    builder.paragraph("Figure 1: a cup", "caption")
    document = builder.document("a")
    captions = [document.text[slice(*table.caption)] for table in document.tables if table.caption]
    assert captions == ["Table 1: prices", "Table 2: weights"]


def test_a_label_that_spans_rows_is_read_with_each_of_them() -> None:
    builder = Builder("test/1")
    builder.rows(
        [["Region", "Town", "Sold"], [GridCell("North", rows=2), "Kiel", "5"], ["Lübeck", "7"], ["South", "Ulm", "2"]]
    )
    document = builder.document("a")
    assert document.tables[0].labels == 2
    assert headings_of(document, 2, 2) == (["North", "Lübeck"], ["Sold"])


def test_spans_that_would_blow_a_table_up_are_not_followed() -> None:
    builder = Builder("test/1")
    builder.rows([[GridCell("a", 1000, 1000), "b"]] * 1000)
    document = builder.document("a")
    assert document.tables[0].merged == ()
    assert len(document.text) < 20_000
