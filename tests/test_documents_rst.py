"""reStructuredText: lists with their numbers, terms, options and fields, quotations, code, tables."""

from __future__ import annotations

import pytest
from outlines import cells, lists, outline

from documents.blocks import Merged
from documents.document import Document
from documents.load import parse


def read(text: str) -> Document:
    return parse(text.encode(), "a.rst")


@pytest.mark.parametrize(
    ("first", "labels"),
    [
        ("1.", ["1.", "2."]), ("3)", ["3)", "4)"]), ("(c)", ["(c)", "(d)"]), ("B.", ["B.", "C."]),
        ("ii.", ["ii.", "iii."]), ("IV)", ["IV)", "V)"]), ("#.", ["1.", "2."]), ("-", ["•", "•"]),
    ],
)  # fmt: skip
def test_labels_of_items(first: str, labels: list[str]) -> None:
    second = first if first in ("-", "#.") else labels[1]
    document = read(f"{first} one\n{second} two\n")
    assert document.text == f"{labels[0]} one\n{labels[1]} two"
    assert lists(document) == [document.text.split("\n")]


def test_an_item_holds_its_paragraphs_code_and_lists() -> None:
    document = read(
        "1. Open it.\n\n   Wait.\n\n   .. code-block:: python\n\n      if x:\n\n          y()\n\n"
        "2. Turn it:\n\n   - left\n"
    )
    assert document.text == "1. Open it.\n\n  Wait.\n\nif x:\n\n    y()\n\n2. Turn it:\n  • left"
    assert [kind for kind, *_ in outline(document)] == ["list", "step", "code", "step", "list", "item"]
    assert outline(document)[2] == ("code", "python", "if x:")


def test_terms_and_options_with_what_is_said_of_them() -> None:
    document = read(
        "Bow : noun\n    The front.\n\n    Of a ship.\nStern\n    The back.\n\n-q  be quiet\n--all  take all\n"
    )
    assert lists(document) == [
        ["Bow, noun: The front.\n\n  Of a ship.", "Stern: The back."],
        ["-q: be quiet", "--all: take all"],
    ]


def test_fields() -> None:
    document = read("Title\n=====\n\n:Author: Ann\n:Date: 2024-03-05\n\nText.\n\n:Size: 3 m\n:Weight: 2 kg\n")
    assert document.text == "Title\n\nAuthor: Ann\nDate: 2024-03-05\n\nText.\n\nSize: 3 m\nWeight: 2 kg"
    assert [(kind, label) for kind, label, _ in outline(document)] == [
        ("field", "Author"), ("field", "Date"), ("field", "Size"), ("field", "Weight"),
    ]  # fmt: skip


def test_quotations_and_literal_blocks() -> None:
    document = read("He said:\n\n    It rains.\n\n    -- Bob\n\nRun::\n\n    make  it\n\n>>> 1 + 1\n2\n")
    assert outline(document) == [
        ("quotation", "", "It rains."), ("code", "", "make  it"), ("code", "", ">>> 1 + 1"),
    ]  # fmt: skip


def test_a_table_with_spans_and_a_title() -> None:
    document = read(
        """.. table:: Ships

   +------+-----------+------+
   | Port | 2023      | 2024 |
   |      +-----+-----+      |
   |      | H1  | H2  |      |
   +======+=====+=====+======+
   | Bonn | 1   | 2   | 3    |
   |      +-----+-----+------+
   |      | 4         | 5    |
   +------+-----------+------+
"""
    )
    assert cells(document) == [
        [["Port", "2023", "", "2024"], ["", "H1", "H2"], ["Bonn", "1", "2", "3"], ["", "4", "", "5"]]
    ]
    (table,) = document.tables
    assert (table.headings, table.labels) == ((0, 1), 1)
    assert table.merged == (
        Merged(0, 0, 2, 1), Merged(0, 1, 1, 2), Merged(0, 3, 2, 1), Merged(2, 0, 2, 1), Merged(3, 1, 1, 2),
    )  # fmt: skip
    assert table.caption is not None
    assert document.text[slice(*table.caption)] == "Ships"


def test_stub_columns_and_tables_without_a_head() -> None:
    document = read(
        ".. list-table:: Sizes\n   :stub-columns: 1\n\n   * - S\n     - small\n   * - L\n     - large\n\n"
        "====  =====\ntea   two\nmilk  three\n====  =====\n"
    )
    assert [(table.headings, table.labels) for table in document.tables] == [((), 1), ((), 1)]


def test_literals_are_inline_code() -> None:
    document = read(
        "Title ``x``\n===========\n\nUse ``a b`` and\n``c``.\n\n``-p``\n   The ``port``.\n\n* item ``q``\n\n"
        "=====  ==========\n``A``  B\n=====  ==========\n1      ``two 3``\n=====  ==========\n"
    )
    assert [document.text[start:end] for start, end in document.inline_code] == [
        *("x", "a b", "c", "-p", "port", "q", "A", "two 3")
    ]
