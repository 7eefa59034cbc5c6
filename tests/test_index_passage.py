"""What a passage is ranked under: its document's title, and the words of its file's name where it has none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import WordReader
from table_documents import table

from documents.document import Chunk, Document, Source
from index.passage import Passage
from index.query import Query
from index.rerank import rerank
from index.snapshot import embedding_text
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span
from qa.understand.question import analyse

PRICES = table("Item | Price", "Lamp | 20", "Chair | 45")


def named(document: Document, name: str) -> Passage:
    return Passage(Chunk(document, 0, len(document.text)), Source(f"/d/{name}", document.id), 0.0)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("price-list_2025.csv", "price list 2025"),
        ("archive.zip/Menu (May).pdf", "Menu May"),
        ("北京 报告.txt", "北京 报告"),
        ("v1.2 notes.md", "v1 2 notes"),
        ("---.txt", ""),
    ],
)
def test_a_document_without_a_title_is_ranked_under_the_words_of_its_files_name(name: str, title: str) -> None:
    found = named(PRICES, name)
    assert found.title == title
    as_indexed = embedding_text(found.chunk)  # without the name, which is not the text's own
    assert as_indexed.startswith("| Item | Price |")
    assert found.ranked_text == (f"{title}\n{as_indexed}" if title else as_indexed)


@pytest.mark.parametrize(
    ("name", "title", "ranked_under"),
    [
        ("prices.txt", "Prices", "Prices"),
        ("PRICES-of-2025.txt", "Prices, and what they buy", "Prices, and what they buy"),
        ("Arc Lamps_2025.pdf", "Annual report", "Arc Lamps 2025 › Annual report"),
        ("2031-04.pdf", "Annual report", "Annual report"),
        ("B_4.pdf", "Annual report", "Annual report"),
        ("---.txt", "Annual report", "Annual report"),
        ("报告.pdf", "Annual report", "报告 › Annual report"),
    ],
)
def test_a_title_is_below_the_words_of_its_files_name_where_it_has_none_of_them(
    name: str, title: str, ranked_under: str
) -> None:
    found = named(replace(PRICES, title=title), name)
    assert found.title == ranked_under
    assert embedding_text(found.chunk).startswith(f"{title}\n")  # without the name, which is not the text's own
    assert found.ranked_text.startswith(f"{ranked_under}\n")


class Keeping:
    """Keeps the texts that it is given; takes each for as good."""

    fingerprint = "keeping@1"

    def __init__(self) -> None:
        self.texts = list[str]()

    def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        self.texts += texts
        return [0.0] * len(texts)


def test_the_reranker_and_the_reader_read_the_name() -> None:
    reranker, read, found = Keeping(), list[str](), named(PRICES, "prices-2025.csv")

    class Reading(WordReader):
        def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
            read.extend(texts)
            return super().read(question, texts)

    rerank(reranker, "What does the lamp cost in 2025?", [found])
    calibration = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.0)
    answer = Extractor(Reading(), calibration).answer(analyse("What does the lamp cost?"), [found])
    assert reranker.texts == read == [found.ranked_text]
    assert "Lamp | 20" in answer.citations[0].quote
