"""PDF: what the layout of a table says of its headings, labels and groups of rows, where no rules are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from real_files import Ink, lines, pdf, right

from documents.blocks import Group
from documents.document import Document
from documents.grid import grid_of
from documents.load import parse
from qa.answer.cell_units import cell_text

EDGES = (300, 400, 500)


def row(y: float, label: str, *values: str, x: float = 72, edges: Sequence[float] = EDGES) -> list[Ink]:
    """A label, and values that end at the edges of their columns."""
    return [Ink(x, y, label), *(right(edge, y, value) for edge, value in zip(edges, values, strict=False))]


def headings(document: Document, text: str) -> tuple[list[str], list[str]]:
    """The headings of the row and of the columns of the first cell with that text."""
    for table in document.tables:
        grid = grid_of(document.text, table)
        for cell in (cell for number in range(len(grid)) for cell in grid.cells(number)):
            if cell_text(grid, cell) == text:
                across, down = grid.row_headings(cell.row, cell.column), grid.column_headings(cell.row, cell.column)
                return [cell_text(grid, own) for own in across], [cell_text(grid, own) for own in down]
    raise AssertionError(f"{text} is no cell")


def test_a_heading_above_periods_is_above_all_of_them() -> None:
    # It is centred over the cells, which are wide, and not over their numbers, which stand at the right.
    inks = [Ink(310, 100, "Year ended May 31,"), *row(112, "", "2024", "2023", "2022")]
    inks += [*row(126, "Ships", "4,612", "4,171", "3,807"), *row(138, "Boats", "612", "598", "571")]
    document = parse(pdf(inks), "a.pdf")
    for text, year in (("4,612", "2024"), ("598", "2023"), ("571", "2022")):
        assert headings(document, text)[1] == ["Year ended May 31,", year]


def test_a_heading_of_changes_beside_years_is_above_its_own_column() -> None:
    inks = [Ink(472, 100, "Change"), *row(112, "", "2024", "2023", "2024-2023")]
    inks += [*row(126, "Ships", "4,612", "4,171", "11%"), *row(138, "Boats", "612", "598", "2%")]
    document = parse(pdf(inks), "a.pdf")
    assert headings(document, "4,171")[1] == ["2023"]
    assert " ".join(headings(document, "11%")[1]) == "Change 2024-2023"


def test_each_of_several_headings_is_above_one_repeat_of_what_is_below_them() -> None:
    edges = (240, 300, 360, 420, 480, 540)
    inks = [Ink(240, 100, "Three months"), Ink(420, 100, "Twelve months")]
    inks += row(112, "", "Bags", "Jars", "Total", "Bags", "Jars", "Total", edges=edges)
    inks += row(126, "Sold", "277", "89", "366", "1,115", "354", "1,469", edges=edges)
    inks += row(138, "Made", "296", "94", "390", "1,151", "339", "1,490", edges=edges)
    document = parse(pdf(inks), "a.pdf")
    assert headings(document, "366")[1] == ["Three months", "Total"]
    assert headings(document, "1,151")[1] == ["Twelve months", "Bags"]


def test_a_label_goes_on_below_its_values_where_its_next_word_did_not_fit() -> None:
    labels = ["Income of the whole harbour and", "Operations", "Cranes", "Net income of the harbour and", "Docks"]
    inks = [*row(100, "", "2024", "2023", "2022"), *row(114, labels[0], "11", "12", "13"), Ink(72, 124, labels[1])]
    inks += [*row(140, labels[2], "21", "22", "23"), *row(156, "Tugs", "31", "32", "33")]
    inks += [*row(172, labels[3], "41", "42", "43"), Ink(72, 182, labels[4])]
    document = parse(pdf([*inks, *lines(["A sentence that is far below the table."], y=240)]), "a.pdf")
    assert headings(document, "12")[0] == ["Income of the whole harbour and Operations"]
    assert headings(document, "22")[0] == ["Cranes"]
    assert headings(document, "42")[0] == ["Net income of the harbour and Docks"]


def test_a_group_of_rows_goes_on_with_the_table_on_the_next_page() -> None:
    first = [*lines(["The harbour and what it owns."], y=60), *row(680, "", "2024", "2023", "2022")]
    first += [*row(692, "Assets:"), *row(704, "Cash", "1", "2", "3", x=82), *row(716, "Ships", "4", "5", "6", x=82)]
    second = [*row(86, "Cranes", "7", "8", "9", x=82), *row(98, "Debt", "10", "11", "12")]
    document = parse(pdf(first, second), "a.pdf")
    assert [table.groups for table in document.tables] == [(Group(1, 4),)]
    assert headings(document, "8") == (["Assets:", "Cranes"], ["2023"])
    assert headings(document, "11")[0] == ["Debt"]


def test_as_many_headings_as_columns_are_each_above_one() -> None:
    edges = (240, 320, 400, 500)
    inks = [Ink(x, 100, text) for x, text in zip((190, 270, 350, 420), ("Q1", "Q2", "Q3", "Whole time"), strict=True)]
    inks += row(114, "Ships", "1,620", "1,997", "1,691", "5,308", edges=edges)
    inks += row(126, "Boats", "162", "199", "169", "530", edges=edges)
    document = parse(pdf(inks), "a.pdf")
    assert [headings(document, text)[1] for text in ("1,691", "5,308")] == [["Q3"], ["Whole time"]]


def test_a_small_table_in_one_of_two_columns_of_text_is_read_in_its_column() -> None:
    left = lines([f"The harbour took in {n} ships, more than in any year" for n in range(60, 84)], x=60)
    beside = lines([f"Upstream {n} boats of fishermen lie in a second one" for n in range(10, 17)], x=320)
    beside += [*row(190, "", "2024", "2023", x=320, edges=(470, 530))]
    for number, (label, *values) in enumerate(
        (("Fish", "1,204", "1,151"), ("Crabs", "498", "467"), ("Eels", "31", "8"))
    ):
        beside += row(203 + 13 * number, label, *values, x=320, edges=(470, 530))
    beside += lines([f"It froze in 19{n} and has been open ever since then" for n in range(40, 51)], x=320, y=256)
    document = parse(pdf([*left, *beside]), "a.pdf")
    assert headings(document, "467") == (["Crabs"], ["2023"])
    assert document.text.index("took in 83 ships") < document.text.index("Upstream 10 boats")
