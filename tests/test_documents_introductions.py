"""What introduces a block is in a chunk with what it introduces."""

from __future__ import annotations

from documents.document import Chunk, Document
from documents.formats.build import Builder
from documents.split import Splitter


def words(text: str) -> int:
    """A simple token counter: words and line breaks."""
    return len(text.replace("|", " ").split()) + text.count("\n")


def chunks(document: Document, max_tokens: int) -> list[Chunk]:
    return Splitter(max_tokens=max_tokens, count=words).split(document)


def priced(rows: int, *, heading: str = "Private services", caption: str = "") -> Document:
    builder = Builder("test/1")
    builder.heading(heading, 1)
    builder.rows([["Service", "Price"], *([f"Item {number}", f"{number}"] for number in range(rows))], caption=caption)
    return builder.document("a")


def test_a_heading_is_no_chunk_of_its_own_before_a_table_that_fits_only_without_it() -> None:
    document = priced(3, heading="Private services of this practice today")
    (table,) = document.tables
    first, whole, *_ = chunks(document, 22)  # the table's rows with their headings have 20
    assert first.text.startswith("Private services of this practice today\n\n| Service | Price |\n| Item 0 | 0 |")
    assert (whole.start, whole.end) == (table.start, table.end)


def test_heading_caption_and_column_headings_of_a_large_table_are_with_its_first_row() -> None:
    first, second, *_ = chunks(priced(40, caption="Prices of 2025"), 20)
    assert first.text.startswith("Private services\n\nPrices of 2025\n\n| Service | Price |\n| Item 0 | 0 |")
    assert second.text.startswith("| Item ")
    assert second.context == "Private services › Prices of 2025"


def test_column_headings_of_a_large_table_are_never_alone() -> None:
    builder = Builder("test/1")
    builder.paragraph("What things cost is listed here.")
    builder.rows([["Service", "Price"], *([f"Item {number}", f"{number}"] for number in range(40))])
    found = [chunk.text for chunk in chunks(builder.document("a"), 12)]
    assert found[0] == "What things cost is listed here."
    assert found[1].startswith("| Service | Price |\n| Item 0 | 0 |")


def test_a_caption_stays_with_its_table_behind_other_text() -> None:
    builder = Builder("test/1")
    builder.heading("Report", 1)
    builder.paragraph("Some words come first. More words follow them here.")
    builder.rows([["Service", "Price"], ["Bed", "4"], ["Room", "9"]], caption="Prices of 2025")
    found = [chunk.text for chunk in chunks(builder.document("a"), 20)]
    assert "Prices of 2025\n\n| Service | Price |\n| Bed | 4 |\n| Room | 9 |" in found


def test_rows_of_a_large_table_fit_into_a_chunk() -> None:
    builder = Builder("test/1")
    builder.rows(
        [
            ["Service", "Price", "What it is for"],
            *(["x " * (number % 9), f"{number}", "y " * 7] for number in range(60)),
        ]
    )
    found = chunks(builder.document("a"), 24)
    assert all(words(chunk.linearised.text) <= 24 for chunk in found)
