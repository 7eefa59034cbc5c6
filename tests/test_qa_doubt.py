"""An answer in doubt: what may answer in the place of the best sentence is quoted behind it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fakes import WordEmbedder, WordEntailment, WordReader

from documents.document import Chunk, Document, Edition, Source
from index.passage import Passage
from qa.answer import Answer
from qa.answer.notices import DIFFER, DOUBTED
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.doubt import MOST, Doubt
from qa.read.regression import Regression
from qa.read.rivals import Rivals
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType

NEAR = Regression(1.0, {"behind": -1.0, "sure": 0.0}, least=0.5)  # one whose order is at most a logit behind
CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)
QUESTION = "How much is a day ticket of the tram?"
BEST, SECOND, THIRD, FOURTH = (
    f"A day ticket of the {what} is {price} pounds." for what, price in zip(
        ("tram", "tram and bus", "tram for a dog", "tram by night"), ("8", "9", "3", "5"), strict=True
    )
)  # fmt: skip


def passage(text: str, score: float = 5.0, *, family: str = "", date: str = "") -> Passage:
    document = Document(text)
    source = Source(f"/d/{document.id[-12:]}.txt", document.id, edition=Edition(date=date), family=family)
    return Passage(Chunk(document, 0, len(text)), source, score)


def answer(*passages: Passage, asked: QuestionType = "fact", rivals: Rivals | None = None) -> Answer:
    extractor = Extractor(
        WordReader(), CALIBRATION, entailment=WordEntailment(), rivals=rivals, doubt=Doubt(NEAR)
    )  # fmt: skip
    found = extractor.answer(replace(analyse(QUESTION), asked=asked), passages)
    documents = {own.document.id: own.document for own in found.passages}
    assert problems(found.to_dict(), VerificationSource(documents.get)) == []
    return found


def test_what_may_answer_instead_is_quoted_behind_the_best_with_a_note() -> None:
    found = answer(passage(BEST), passage(SECOND, 4.8))
    assert found.text == f"{BEST}[1] {SECOND}[2]"
    assert found.note == DOUBTED
    assert found.short_answer == answer(passage(BEST)).short_answer
    assert found.confidence == found.statements[0].support


def test_what_is_far_behind_is_not_quoted() -> None:
    found = answer(passage(BEST), passage(SECOND, 3.0))
    assert (found.text, found.note) == (f"{BEST}[1]", None)


def test_no_more_than_a_few_are_quoted_behind_the_best() -> None:
    found = answer(passage(BEST), passage(SECOND, 4.9), passage(THIRD, 4.8), passage(FOURTH, 4.7))
    assert len(found.statements) == 1 + MOST


def test_of_steps_only_those_of_one_place_are_quoted() -> None:
    assert answer(passage(BEST), passage(SECOND, 4.8), asked="steps").note is None


def test_an_earlier_edition_is_not_quoted_instead() -> None:
    newer, older = (passage(text, family="fares", date=date) for text, date in ((BEST, "2025"), (SECOND, "2023")))
    assert answer(newer, older).text == f"{BEST}[1]"


def test_both_notes_are_told_where_another_document_differs_and_a_third_sentence_may_answer() -> None:
    alike = Regression(-8.5, {"behind": 0.0, "alike": 10.0}, least=0.5)  # a cosine of .85
    found = answer(passage(BEST), passage(SECOND, 4.9), passage(THIRD, 4.8), rivals=Rivals(WordEmbedder(), alike))
    assert (found.text, found.note) == (f"{BEST}[1] {SECOND}[2] {THIRD}[3]", f"{DIFFER}\n{DOUBTED}")


def test_the_shipped_weights_take_for_likelier_what_is_nearer_behind_a_less_sure_one() -> None:
    shipped = Regression.shipped("doubt")
    assert shipped.probability(behind=0.0, sure=0.0) > shipped.least > shipped.probability(behind=6.0, sure=3.0)
    assert shipped.probability(behind=1.0, sure=0.0) >= shipped.probability(behind=1.0, sure=3.0)


@pytest.mark.parametrize("least", [0.0, 1.1])
def test_a_regression_is_read_as_it_was_written(least: float) -> None:
    own = Regression(0.5, {"behind": -1.0}, least)
    assert Regression(**json.loads(own.dumped())) == own
    with pytest.raises(KeyError):
        own.probability(alike=1.0)
