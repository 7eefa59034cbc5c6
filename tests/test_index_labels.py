"""Rows whose labels a question says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from table_documents import passage, row_start, table

from documents.document import Chunk, Document
from index.labels import label_said
from index.rerank import rerank

ACCRUED = table("In millions | 2022 | 2021", "Accrued expenses | 1,790 | 1,736", "Accrued bonuses | 489 | 455")


def said(question: str, document: Document, row: str) -> float:
    return label_said(question, passage(document).chunk, *row_start(document, row))


def test_the_row_whose_whole_label_is_asked_for_counts_most() -> None:
    question = "How high were accrued bonuses in 2021?"
    assert said(question, ACCRUED, "bonuses") > said(question, ACCRUED, "expenses") > 0
    chunk = passage(ACCRUED).chunk
    assert label_said(question, chunk, 0, len(ACCRUED.text)) == said(question, ACCRUED, "bonuses")


def test_a_label_counts_less_where_the_question_is_about_something_that_the_passage_lacks() -> None:
    deposits = table("Fee | Amount", "Deposit | £60")
    assert said("What is the deposit?", deposits, "Deposit") == 1
    assert said("What is the deposit for a library card?", deposits, "Deposit") == 1 / 3


def test_sentences_headings_and_years_are_no_labels() -> None:
    years = table("Year | Sales", "2021 | 455")
    assert said("What were the sales in 2021?", years, "2021 |") == 0
    assert said("What were the sales in 2021?", years, "Year") == 0
    assert said("What were the sales?", Document("The sales were 455."), "sales") == 0


class Indifferent:
    """Takes every text for as good."""

    fingerprint = "indifferent@1"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        return [0.0] * len(texts)


def test_the_row_asked_for_comes_before_one_that_the_reranker_takes_for_as_good() -> None:
    rows = [
        replace(passage(ACCRUED), chunk=Chunk(ACCRUED, *row_start(ACCRUED, row)))
        for row in ("Accrued expenses", "Accrued bonuses")
    ]
    first, _ = rerank(Indifferent(), "How high were accrued bonuses in 2021?", rows)
    assert "bonuses" in first.chunk.text
    assert first.stage_scores["rerank"] == 0  # the logit alone
