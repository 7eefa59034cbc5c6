"""The cells of citations, with headings and units, and how rows are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_documents import passage, row_start, table

from documents.document import Document
from documents.formats import markdown
from documents.formats.build import Builder, GridCell
from qa.answer import Answer, Citation, Statement
from qa.answer.cells import MOST_CELLS, cited_cells
from qa.answer.row_view import MOST_COLUMNS, MOST_ROWS, row_as_text, short_as_text, tables_of
from qa.cli.answer_text import as_text
from qa.serving.html import render

FEES = table("Category | 2023 | 2024", "Adult | 180 | 190", "Family | 1,360 | ", caption="Fees a year (in £)")


def of_row(document: Document, words: str, *spans: str) -> Answer:
    """An answer that quotes the row with these words, and rests on the cells with the texts of ``spans``."""
    start, end = row_start(document, words)
    places = tuple((document.text.index(span, start), document.text.index(span, start) + len(span)) for span in spans)
    citation = Citation(1, passage(document), start, end, places)
    statement = Statement(citation.quote, (1,), 0.9, "quoted", "row")
    return Answer("answer", "q?", "q?", 0.9, spans[0] if spans else None, (statement,), (citation,))


def test_the_cell_of_the_short_answer_has_its_headings_and_the_unit_of_the_caption() -> None:
    (cell,) = of_row(FEES, "Adult", "190").citations[0].cells
    assert FEES.text[cell.start : cell.end] == "190"
    assert (cell.row, cell.columns, cell.unit) == (("Adult",), ("2024",), "in £")


def test_without_a_short_answer_all_values_of_the_row_are_cited() -> None:
    cells = of_row(FEES, "Family").citations[0].cells
    assert [(FEES.text[cell.start : cell.end], cell.columns) for cell in cells] == [("1,360", ("2023",))]


def test_outside_tables_there_are_no_cells() -> None:
    assert cited_cells(Document("Plain words."), 0, 12) == ()


def test_headings_over_several_columns_and_of_groups_are_told_outermost_first() -> None:
    builder = Builder("test/1")
    builder.rows(
        [
            [GridCell("Analyses (in thousands)", rows=2, is_heading=True), GridCell("2023", 2, is_heading=True)],
            [GridCell("Q3", is_heading=True), GridCell("Q4", is_heading=True)],
            ["Water"],
            ["drinking", "12.5", "11.8"],
            ["waste", "4.2", "4.6"],
        ]
    )
    document = builder.document("a table")
    (cell,) = of_row(document, "waste", "4.6").citations[0].cells
    assert (cell.row, cell.columns, cell.unit) == (("Water", "waste"), ("2023", "Q4"), "in thousands")


@pytest.mark.parametrize(
    ("heading", "caption", "unit"),
    [
        ("Price (£)", "", "£"), ("Lead (µg/l)", "", "µg/l"), ("2023 $ million", "", "$ million"), ("%", "", "%"),
        ("2023", "Income, in millions of euros, audited", "in millions of euros"), ("Share (%)", "All in €", "%"),
        ("2023", "Revenue (in $ thousand)", "in $ thousand"), ("Price ($)", "Sales (in thousands)", "$, in thousands"),
        ("Duration (min)", "", "min"), ("Adults (16+)", "", ""), ("Month", "", ""), ("Books 2024", "All books", ""),
        ("Fee (members only)", "", ""), ("Year ended May 31, 2023", "Sales (in millions)", "in millions"),
        ("2023", "Sales (dollars in millions)", "dollars in millions"), ("Year", "Sales (in millions)", ""),
        ("Paid-In Capital", "", ""),
    ],
)  # fmt: skip
def test_units_come_from_headings_and_captions(heading: str, caption: str, unit: str) -> None:
    document = table(f"What | {heading}", "one | 7", "two | 8", caption=caption)
    (cell,) = of_row(document, "one", "7").citations[0].cells
    assert cell.unit == unit


def test_words_and_dates_have_no_unit() -> None:
    document = table("Day | Fee (£)", "Monday | free", "Friday | 7")
    assert of_row(document, "Monday", "free").citations[0].cells[0].unit == ""
    loans = table(
        "Loan | Due | Amount", "Notes | April 2027 | 600", "Bank | June 2031 | 50", caption="Loans (in millions)"
    )
    assert [cell.unit for cell in of_row(loans, "Notes").citations[0].cells] == ["", "in millions"]


def test_the_cells_of_a_wide_row_are_bounded() -> None:
    document = table(" | ".join(f"h{n}" for n in range(200)), " | ".join(f"v{n}" for n in range(200)))
    assert len(of_row(document, "v7").citations[0].cells) == MOST_CELLS


@given(st.lists(st.lists(st.sampled_from(["", "a", "12", "£3", "x|y", "2024"]), min_size=1, max_size=5), min_size=1))
def test_cells_lie_in_their_row_and_are_found_again_by_their_ranges(rows: list[list[str]]) -> None:
    builder = Builder("test/1")
    builder.paragraph("A table:")
    builder.rows(rows)
    document = builder.document("a table")
    for own in document.tables:
        for line in document.text[own.start : own.end].split("\n"):
            start = document.text.index(line, own.start)
            cells = cited_cells(document, start, start + len(line))
            assert all(start <= cell.start < cell.end <= start + len(line) for cell in cells)
            spans = [(cell.start, cell.end) for cell in cells]
            assert cited_cells(document, start, start + len(line), spans) == cells


# --- shown ---


def test_a_row_is_shown_in_a_line_with_its_headings() -> None:
    answer = of_row(FEES, "Adult", "190")
    assert row_as_text(answer, answer.statements[0]) == "Adult — 2023: 180; 2024: 190 (in £)"
    assert "Adult — 2023: 180; 2024: 190 (in £)[1]" in as_text(answer)
    assert answer.to_dict()["statements"][0]["text"] == "| Adult | 180 | 190 |"


def test_a_short_answer_over_two_cells_is_shown_without_the_line_between_them() -> None:
    document = table("Day | Morning | Afternoon", "Monday | 8–12 | 14–18", "Friday | 8–12 | closed")
    assert short_as_text(of_row(document, "Monday", "8–12 | 14–18")) == "8–12; 14–18"


def test_a_row_in_a_table_marks_the_cell_asked_for() -> None:
    answer = of_row(FEES, "Adult", "190")
    (shown,) = tables_of(answer, answer.statements[0])
    assert [own.text for own in shown.over_labels] == ["Category"]
    assert [own.text for own in shown.over_cells] == ["2023", "2024"]
    assert [(cell.text, cell.is_asked) for cell in shown.rows[0].cells] == [("180", False), ("190", True)]


def test_wide_rows_keep_the_asked_column_and_long_sums_their_first_rows() -> None:
    wide = table(" | ".join(f"h{n}" for n in range(40)), " | ".join(f"v{n}" for n in range(40)))
    answer = of_row(wide, "v7", "v39")
    (shown,) = tables_of(answer, answer.statements[0])
    assert (len(shown.over_cells), shown.over_cells[-1].text) == (MOST_COLUMNS, "h39")
    long = table("Name | Count", *(f"n{n} | {n}" for n in range(30)))
    citations = tuple(
        Citation(n + 1, passage(long), *row_start(long, f"n{n} "), (row_start(long, f"n{n} "),)) for n in range(30)
    )
    statement = Statement("30 — counted.", tuple(range(1, 31)), 0.9, "computed")
    (shown,) = tables_of(Answer("answer", "q?", "q?", 0.9, "30", (statement,), citations), statement)
    assert (len(shown.rows), shown.left_out) == (MOST_ROWS, 30 - MOST_ROWS)


def test_a_table_without_headings_is_shown_as_its_values() -> None:
    document = table("tea | 3", "milk | 2", headed=False)
    answer = of_row(document, "milk", "2")
    assert row_as_text(answer, answer.statements[0]) == "milk — 2"


def test_the_page_shows_a_row_as_a_table_whose_cells_add_no_tag() -> None:
    document = table("Category | 2023 | <b>2024</b>", "Adult | <i>180</i> | 190", "Family | 1 | 2")
    html = render.answer("1", of_row(document, "Adult", "190"))
    assert html.count("<table>") == 2  # the row as said, and the table on its card
    assert html.count('<td dir="auto"><mark>190</mark></td>') == 2
    assert '<th scope="col" dir="auto">&lt;b&gt;2024&lt;/b&gt;</th>' in html
    assert "<i>" not in html


def test_cells_and_headings_are_drawn_as_in_the_document() -> None:
    document = markdown.parse("| `--option` | Means |\n|---|---|\n| `--port` | the **port** <b>&\\|` |\n")
    html = render.answer("1", of_row(document, "--port", "--port"))
    drawn = html.partition("<table>")[2].partition("</table>")[0]
    assert '<th scope="col" dir="auto"><code>--option</code></th>' in drawn
    assert "<mark><code>--port</code></mark>" in drawn
    assert "the <strong>port</strong> &lt;b&gt;&amp;|`" in drawn
