"""Ties: what may as well answer as the best sentence is quoted behind it."""

from __future__ import annotations

from dataclasses import replace

from fakes import WordEmbedder, WordEntailment, WordReader

from documents.document import Chunk, Document, Edition, Source
from index.passage import Passage
from qa.answer import Answer
from qa.answer.notices import DIFFER, TIED
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.rivals import Rivalry, Rivals
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType

CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)
ALIKE = Rivalry(bias=-8.5, behind=0.0, alike=10.0, least=0.5)  # a cosine of .85
QUESTION = "How much is a day ticket of the tram?"
BEST, SECOND, THIRD = (
    f"A day ticket of the {what} is {price} pounds."
    for what, price in (("tram", 8), ("tram and bus", 9), ("tram for a dog", 3))
)


def passage(text: str, score: float = 5.0, *, family: str = "", date: str = "") -> Passage:
    document = Document(text)
    source = Source(f"/d/{document.id[-12:]}.txt", document.id, edition=Edition(date=date), family=family)
    return Passage(Chunk(document, 0, len(text)), source, score, {"rerank": score})


def answer(*passages: Passage, asked: QuestionType = "fact", rivals: Rivals | None = None) -> Answer:
    extractor = Extractor(WordReader(), CALIBRATION, entailment=WordEntailment(), rivals=rivals)
    found = extractor.answer(replace(analyse(QUESTION), asked=asked), passages)
    documents = {own.document.id: own.document for own in found.passages}
    assert problems(found.to_dict(), VerificationSource(documents.get)) == []
    return found


def test_what_may_as_well_answer_is_quoted_behind_the_best_with_a_note() -> None:
    found = answer(passage(BEST), passage(SECOND, 4.9))
    assert found.text == f"{BEST}[1] {SECOND}[2]"
    assert found.note == TIED
    assert found.short_answer == answer(passage(BEST)).short_answer
    assert found.confidence == found.statements[0].support


def test_what_is_far_behind_is_not_quoted() -> None:
    found = answer(passage(BEST), passage(SECOND, 2.0))
    assert (found.text, found.note) == (f"{BEST}[1]", None)


def test_of_steps_only_those_of_one_place_are_quoted() -> None:
    assert answer(passage(BEST), passage(SECOND, 4.9), asked="steps").note is None


def test_an_earlier_edition_is_no_tie() -> None:
    newer, older = (passage(text, family="fares", date=date) for text, date in ((BEST, "2025"), (SECOND, "2023")))
    assert answer(newer, older).text == f"{BEST}[1]"


def test_both_notes_are_told_where_another_document_differs_and_a_third_may_as_well_answer() -> None:
    found = answer(passage(BEST), passage(SECOND, 4.9), passage(THIRD, 4.8), rivals=Rivals(WordEmbedder(), ALIKE))
    assert (found.text, found.note) == (f"{BEST}[1] {SECOND}[2] {THIRD}[3]", f"{DIFFER}\n{TIED}")


def test_where_no_reranker_has_scored_what_is_found_nothing_is_tied() -> None:
    found = answer(*(replace(own, stage_scores={}) for own in (passage(BEST), passage(SECOND, 4.9))))
    assert (found.text, found.note) == (f"{BEST}[1]", None)
