"""The benchmark of filings: what is right of each cell, by the committed figures."""

from __future__ import annotations

from benchmarks import filings
from benchmarks.cells import key

FILING = {
    "parts": [
        {"text": "A paragraph."},
        {
            "table": "Income",
            "unit": "(in millions, except per share amounts)",
            "scale": "millions",
            "heads": [[["", 1], ["Year ended May 31,", 2]], ["", "2024", "2023"]],
            "rows": [["Revenue:", 0], ["Product^1", 1, "$3,053", "—"], ["Total", 0, "3,053", "12%"]],
        },
    ]
}


def test_a_cell_has_the_headings_above_it_its_groups_and_its_unit() -> None:
    found = list(filings.cells(FILING))
    assert [(own.groups, own.label, own.columns, own.text, own.unit) for own in found] == [
        (("Revenue:",), "Product1", ("Year ended May 31,", "2024"), "$3,053", "millions"),
        (("Revenue:",), "Product1", ("Year ended May 31,", "2023"), "—", ""),
        ((), "Total", ("Year ended May 31,", "2024"), "3,053", "millions"),
        ((), "Total", ("Year ended May 31,", "2023"), "12%", ""),
    ]


def test_spaces_and_signs_do_not_tell_readings_apart_but_words_do() -> None:
    assert key(["Revenue:", "Product 1"], ["2024"], "$ 3,053") == key(["Revenue", "Product1"], ["2024"], "3,053")
    assert key(["Product"], ["2024"], "3,053") != key(["Product"], ["2023"], "3,053")


def test_the_committed_filings_have_over_a_thousand_cells() -> None:
    counts = [len(list(filings.cells(filings.read(path)))) for path in filings.filings()]
    assert (len(counts), sum(counts)) == (5, 1081)
