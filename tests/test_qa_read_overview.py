"""Overviews: the parts of a document that tell what it is about, each with the sentence that carries it."""

from __future__ import annotations

from fakes import WordEmbedder

from documents.document import Document
from documents.load import parse
from qa.check.injection.recogniser import Unchecked
from qa.propose.overview import PARTS, overview


def told(document: Document) -> list[tuple[str, str]]:
    parts = overview(document, WordEmbedder(), Unchecked())
    return [
        tuple("" if place is None else document.text[slice(*place)] for place in (part.heading, part.sentence))
        for part in parts
    ]  # type: ignore[misc]


def test_each_section_is_told_by_its_heading_and_the_sentence_nearest_to_what_it_says() -> None:
    text = b"""# Pumps

## Cleaning

Is it easy? Clean the pump with water every week. Water cleans the pump best. My aunt once had a red boat.

## Repair

A pump that leaks needs a new seal.

| Part | Price |
|---|---|
| Seal for the pump that leaks | 4 |
"""
    found = dict(told(parse(text, "a.md")))
    assert list(found) == ["Pumps", "Cleaning", "Repair"]
    assert found["Cleaning"] in ("Clean the pump with water every week.", "Water cleans the pump best.")
    assert found["Repair"] == "A pump that leaks needs a new seal."


def test_of_many_sections_the_most_central_are_told_in_the_order_of_the_document() -> None:
    text = "".join(f"## Part {number}\n\nThis part tells about pump number {number}.\n\n" for number in range(30))
    found = told(parse(text.encode(), "a.md"))
    assert len(found) == PARTS
    numbers = [int(heading.split()[1]) for heading, _ in found]
    assert numbers == sorted(numbers)


def test_a_text_without_headings_is_told_by_runs_of_its_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {number} says something about boats, and then it ends." for number in range(20))
    found = told(Document(text))
    assert 1 < len(found) <= PARTS
    assert all(heading == "" and sentence.startswith("Paragraph") for heading, sentence in found)


def test_a_document_of_headings_and_rows_is_told_by_its_headings() -> None:
    found = told(parse(b"# One\n\n| a | b |\n|---|---|\n| c | d |\n\n# Two\n\nShort.\n", "a.md"))
    assert found == [("One", ""), ("Two", "")]
