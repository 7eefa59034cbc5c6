"""The elements of a document: in order, nested, complete; and sentences that respect them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from structures import DOCUMENTS, without_tags

from documents.blocks import Table, check_structure
from documents.document import Document
from documents.elements import Element, elements, sentences_of
from documents.formats import markdown, text
from documents.grid import Grid

SOURCE = """# Trees

Oak and elm.
They grow.

Bring:

1. a spade
   with a handle
   - and gloves
2. water

| Tree | Height |
|---|---|
| Oak | 30 m |

```sh
dig --deep

now
```
"""


def shown(document: Document, found: list[Element]) -> list[str]:
    return [f"{own.depth} {own.kind} {document.text[own.start : own.end].splitlines()[0]}" for own in found]


def test_elements_come_in_order_outer_ones_first() -> None:
    document = markdown.parse(SOURCE.strip())
    assert shown(document, list(elements(document, cells=True))) == [
        "0 heading # Trees",
        "0 paragraph Oak and elm.",
        "0 paragraph Bring:",
        "0 list 1. a spade",
        "1 step 1. a spade",
        "2 list - and gloves",
        "3 item - and gloves",
        "1 step 2. water",
        "0 table | Tree | Height |",
        "1 row | Tree | Height |",
        "2 cell Tree",
        "2 cell Height",
        "1 row | Oak | 30 m |",
        "2 cell Oak",
        "2 cell 30 m",
        "0 code ```sh",
    ]
    assert "row" not in {own.kind for own in elements(document)}


def test_sentences_end_with_items_fields_rows_and_code_lines() -> None:
    document = markdown.parse(SOURCE.strip())
    found = [document.text[start:end] for start, end in sentences_of(document, 0, len(document.text))]
    assert found == [
        "# Trees",
        "Oak and elm.",
        "They grow.",
        "Bring:",
        "1. a spade\n   with a handle",
        "- and gloves",
        "2. water",
        "| Tree | Height |",
        "|---|---|",
        "| Oak | 30 m |",
        "```sh",
        "dig --deep",
        "now",
        "```",
    ]


def test_the_number_of_an_item_stays_with_its_first_sentence() -> None:
    document = text.parse("Step 1. Open the box. Look.\nStep 2. Close the\n  box. Go.")
    found = [document.text[start:end] for start, end in sentences_of(document, 0, len(document.text))]
    assert found == ["Step 1. Open the box.", "Look.", "Step 2. Close the\n  box.", "Go."]


def test_elements_of_a_range_that_begins_within_others() -> None:
    document = markdown.parse(SOURCE.strip())
    start, end = document.text.index("with a handle"), document.text.index("| Oak")
    found = list(elements(document, start, end))
    assert shown(document, found) == [
        "2 list - and gloves",
        "3 item - and gloves",
        "1 step 2. water",
        "0 table | Tree | Height |",
    ]
    assert found[-1].end == end


def test_rows_are_read_only_when_they_are_asked_for() -> None:
    source = "| a | b |\n" * 100_000
    document = Document(source.strip(), tables=(Table(0, len(source) - 1),))
    found = elements(document, cells=True)
    assert [next(found).kind for _ in range(4)] == ["table", "row", "cell", "cell"]


@settings(deadline=None, derandomize=True)
@given(DOCUMENTS)
def test_elements_nest_and_cover_everything(document: Document) -> None:
    source = document.text
    check_structure(source, document.blocks, document.tables)
    around: list[Element] = []
    position = 0
    for own in elements(document, cells=True):
        assert own.start < own.end
        while around and around[-1].end <= own.start:
            around.pop()
        assert own.depth == len(around)
        assert all(outer.start <= own.start and own.end <= outer.end for outer in around)
        if not around:
            assert not source[position : own.start].strip()
            position = own.end
        around.append(own)
        assert own.kind in ("table", "code") or source[own.start : own.end].strip()
    assert not source[position:].strip()


@settings(deadline=None, derandomize=True)
@given(DOCUMENTS, st.data())
def test_sentences_cover_any_range_and_cross_no_element(document: Document, data: st.DataObject) -> None:
    source = document.text
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    position, bare = start, without_tags(source)  # a range may begin within a tag
    for first, last in sentences_of(document, start, end):
        assert not bare[position:first].strip()
        assert position <= first < last <= end
        assert source[first:last] == source[first:last].strip()
        position = last
        for block in document.blocks:
            assert not first < block.start < last
            assert not first < block.end < last
    assert not bare[position:end].strip()


@settings(deadline=None, derandomize=True)
@given(DOCUMENTS)
def test_cells_are_in_their_rows_in_order(document: Document) -> None:
    for table in document.tables:
        grid = Grid(document.text, table)
        for row in range(len(grid)):
            start, end = grid.range_of(row)
            position = start
            for cell in grid.cells(row):
                assert cell.is_empty or (position <= cell.start and cell.end <= end)
                assert document.text[cell.start : cell.end] == document.text[cell.start : cell.end].strip()
                position = max(position, cell.end)
