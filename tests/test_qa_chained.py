"""Of several readings of one part of a question, which answers it."""

from __future__ import annotations

import pytest

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.propose.multi_part.chained import surer

TEXT = "The sauna costs 14 pounds. It seats six. It is heated from four."
DOCUMENT = Document(TEXT)
PASSAGE = Passage(Chunk(DOCUMENT, 0, len(TEXT)), Source("a.txt", DOCUMENT.id), 1.0)


def says(quote: str, confidence: float) -> Answer:
    citation = Citation(1, PASSAGE, TEXT.index(quote), TEXT.index(quote) + len(quote))
    statement = Statement(quote, (1,), confidence, "quoted")
    return Answer("answer", "q?", "q?", confidence, None, (statement,), (citation,))


NOTHING = Answer("refusal", "q?", "q?", 0.9, message="none")
BEFORE = says("The sauna costs 14 pounds.", 0.9)
SEATS, HEATED = says("It seats six.", 0.6), says("It is heated from four.", 0.7)


@pytest.mark.parametrize(
    ("one", "other", "chosen"),
    [
        (SEATS, HEATED, HEATED),
        (HEATED, SEATS, HEATED),
        (SEATS, None, SEATS),
        (SEATS, BEFORE, SEATS),  # it was said before, however sure that is
        (BEFORE, SEATS, SEATS),
        (NOTHING, SEATS, SEATS),
        (SEATS, NOTHING, SEATS),
    ],
)
def test_the_surer_reading_answers_unless_it_says_what_was_said_before(
    one: Answer, other: Answer | None, chosen: Answer
) -> None:
    assert surer(one, other, BEFORE) is chosen
