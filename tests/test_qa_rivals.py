"""Documents that say different things: each is quoted, what holds now first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import WordEmbedder, WordEntailment, WordReader

from documents.document import Chunk, Document, Edition, Source
from index.passage import Passage
from qa.answer import Answer
from qa.answer.notices import DIFFER, NEWEST, differing
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence, among_passages
from qa.read.newest import in_force
from qa.read.rivals import AMONG, MOST, Rivalry, Rivals, best_of_others
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType

ALIKE = Rivalry(bias=-5.0, behind=-1.0, alike=10.0, least=0.5)  # a cosine of .5, or more for each logit behind
CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)
QUESTION = "How much is a day ticket of the tram?"
OLD, NEW = "A day ticket of the tram is 8.50 pounds.", "A day ticket of the tram is 9.00 pounds."


def passage(text: str, score: float = 5.0, date: str = "") -> Passage:
    document = Document(text)
    source = Source(f"/d/{document.id[-12:]}.txt", document.id, edition=Edition(date=date))
    return Passage(Chunk(document, 0, len(text)), source, score)


def evidence(text: str, order: float, date: str = "") -> Evidence:
    return Evidence(passage(text, order, date), 0, len(text), (0, 3), 0.0, order, ())


def answer(question: str, *passages: Passage, asked: QuestionType = "fact") -> Answer:
    rivals = Rivals(WordEmbedder(), ALIKE)
    extractor = Extractor(WordReader(), CALIBRATION, entailment=WordEntailment(), rivals=rivals)
    return extractor.answer(replace(analyse(question), asked=asked), passages)


def verified(found: Answer) -> Sequence[str]:
    documents = {own.document.id: own.document for own in found.passages}
    return problems(found.to_dict(), VerificationSource(documents.get))


def test_two_documents_that_differ_are_both_quoted_with_a_note() -> None:
    found = answer(QUESTION, passage(OLD), passage(NEW, 4.8))
    assert found.text == f"{OLD}[1] {NEW}[2]"
    assert found.note == DIFFER
    assert found.short_answer == "8.50 pounds"
    assert verified(found) == []


def test_the_newest_document_comes_first() -> None:
    found = answer(QUESTION, passage(OLD, date="2021-03"), passage(NEW, 4.8, "2024"))
    assert found.text == f"{NEW}[1] {OLD}[2]"
    assert found.note == f"{DIFFER}\n{NEWEST.format(date='2024')}"
    assert found.short_answer == "9.00 pounds"
    assert found.confidence == found.statements[0].support
    assert verified(found) == []
    forged = {**found.to_dict(), "note": NEWEST.format(date="2031")}
    assert problems(forged, VerificationSource({own.document.id: own.document for own in found.passages}.get)) == [
        "the note is none that refdesk makes of such an answer"
    ]


def test_a_document_that_says_the_same_is_not_quoted_again() -> None:
    found = answer(QUESTION, passage(OLD), passage("By the notice a day ticket of the tram is 8.50 pounds.", 4.8))
    assert (found.text, found.note) == (f"{OLD}[1]", None)


def test_another_subject_is_no_rival() -> None:
    found = answer(QUESTION, passage(OLD), passage("A locker of the pool is 2 pounds.", 4.8))
    assert (found.text, found.note) == (f"{OLD}[1]", None)


def test_no_yes_is_said_where_another_document_says_no() -> None:
    yes, no = "Dogs are gladly allowed on the lawn.", "Dogs are not allowed on the lawn by order."
    question = "Are dogs allowed on the lawn?"
    assert answer(question, passage(yes), asked="polar").short_answer == "Yes"
    found = answer(question, passage(yes), passage(no, 4.8), asked="polar")
    assert (found.text, found.note) == (f"{yes}[1] {no}[2]", DIFFER)
    assert found.short_answer not in ("Yes", "No")
    agreed = answer(question, passage(yes), passage(f"By the lawn: {yes}", 4.8), asked="polar")
    assert (agreed.short_answer, agreed.note) == ("Yes", None)


def test_a_refusal_quotes_no_rivals() -> None:
    found = answer("What is the capital of France?", passage(OLD), passage(NEW, 4.8))
    assert (found.kind, found.note) == ("refusal", None)


def test_rivals_are_the_likeliest_of_other_documents() -> None:
    texts = [
        NEW,
        "A day ticket of the tram is 9.50 pounds.",
        "A day ticket of the boat is 8.00 pounds.",
        "A week ticket for a boat costs 12 euros.",
    ]
    best, *others = (evidence(text, 5.0 - number / 10) for number, text in enumerate(texts))
    same = replace(others[0], passage=best.passage, rank=4.95)
    found = Rivals(WordEmbedder(), ALIKE).of([best, same, *others])
    assert found == others[:MOST]
    assert Rivals(WordEmbedder(), ALIKE).of([best, *(replace(own, rank=-5.0) for own in others)]) == []
    assert Rivals(WordEmbedder(), ALIKE).of([]) == []
    assert best_of_others([best] * AMONG + others) == []


def test_the_lead_is_not_over_documents_that_answer_too() -> None:
    best, rival, other = evidence(OLD, 5.0), evidence(NEW, 4.8), evidence("Trams are green.", 1.0)
    alone, _, _ = among_passages([best, rival, other], [], [rival])
    assert alone.lead == 4.0
    assert among_passages([best, rival, other], [])[0].lead == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How much is a day ticket?", "2024-06-03"),
        ("How much is a day ticket in May 2024?", "2023-02-01"),
        ("How much was a day ticket in 2018?", "2018"),
    ],
)
def test_what_holds_is_by_the_newest_document_that_is_not_newer_than_the_question_names(
    question: str, first: str
) -> None:
    best, *others = (evidence(f"{OLD} {date}", 5.0, date) for date in ("2018", "2023-02-01", "2024-06-03"))
    assert in_force(analyse(question), best, others).passage.source.date == first


def test_without_a_date_the_best_sentence_stays_first() -> None:
    best, other = evidence(OLD, 5.0), evidence(NEW, 4.8, "2024")
    assert in_force(analyse(QUESTION), best, [other]) is best
    assert in_force(analyse(QUESTION), other, [best]) is other


@pytest.mark.parametrize(
    ("dates", "is_told"),
    [
        (["2025", "2024-06-03"], True),
        (["2025", "", "2024"], True),
        (["2025", ""], False),
        (["", "2024"], False),
        (["2024", "2025"], False),  # the question named a time before the other's
        (["2025-06", "2025"], False),
        (["2025", "2024", "2025"], True),  # two sentences of one document
        (["2025"], False),
    ],
)
def test_the_date_is_told_where_it_is_why_a_document_comes_first(dates: list[str], is_told: bool) -> None:
    assert differing(dates) == (f"{DIFFER}\n{NEWEST.format(date=dates[0])}" if is_told else DIFFER)


def test_the_shipped_weights_want_rivals_near_and_alike() -> None:
    shipped = Rivalry.shipped()
    assert shipped.probability(0.0, 0.9) > shipped.least > shipped.probability(0.0, 0.4)
    assert shipped.probability(0.0, 0.8) > shipped.probability(6.0, 0.8)


def test_an_earlier_edition_is_no_rival_unless_something_is_compared() -> None:
    def edition(text: str, date: str) -> Passage:
        plain = passage(text, 5.0, date)
        return replace(plain, source=replace(plain.source, family="fares"))

    old, new = edition(OLD, "2023"), edition(NEW, "2025")
    for first, other in ((old, new), (new, old)):
        found = answer(QUESTION, first, other)
        assert (found.text, found.note) == (f"{NEW}[1]", None)
    compared = answer("How did a day ticket of the tram change?", new, old, asked="comparison")
    assert (compared.text, compared.note) == (f"{NEW}[1] {OLD}[2]", differing(["2025", "2023"]))
