"""Evidence of several times: the newest that answers as well comes first, and older documents are said to be older."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import WordReader

from documents.document import Chunk, Document, Edition, Source
from documents.formats import markdown
from index.passage import Passage
from qa.answer import Answer
from qa.cli.answer_text import as_text
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence
from qa.read.newest import ENTAILED, MARGIN, ORDER, ORDER_OF_ENTAILED, newest_first
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse

QUESTION = analyse("What does the pool cost?")


def passage(text: str, date: str, rank: float = 1.0) -> Passage:
    document = Document(text)
    source = Source(f"/prices-{date}.txt", document.id, edition=Edition(date, "text"), family="prices")
    return Passage(Chunk(document, 0, len(text)), source, rank, {"rerank": rank})


def evidence(text: str, date: str, rank: float = 1.0, margin: float = 0.0) -> Evidence:
    return Evidence(passage(text, date), 0, len(text), (0, len(text)), margin, rank, ())


def elsewhere(text: str) -> Passage:
    return replace(passage(text, "2025"), source=Source("/diary.txt", "diary", edition=Edition("2025", "text")))


def texts(found: list[Evidence]) -> list[str]:
    return [own.text for own in found]


CALIBRATION = Calibration({"margin": 1.0}, 0.0, 1.0, 0.5)  # sure from a margin of 0 on
OLD = evidence("The pool costs 4.", "2024", rank=3.0, margin=5.0)


@pytest.mark.parametrize(
    "newer",
    [
        evidence("The pool costs 5.", "2025", rank=3.0 - ORDER + 0.9, margin=0.5),
        evidence("Swimming is 5.", "2025", rank=-9.0, margin=5.0 - MARGIN),
        replace(evidence("The pool costs 5.", "2025", rank=4.0 - ORDER_OF_ENTAILED), entails=ENTAILED),
    ],
    ids=["all words", "nearly the margin", "bears out its answer"],
)
def test_newer_evidence_of_the_same_work_comes_first_where_it_answers_nearly_as_well(newer: Evidence) -> None:
    assert newest_first(QUESTION, [OLD, newer], CALIBRATION) == [newer]


@pytest.mark.parametrize(
    "other",
    [
        evidence("The sauna costs 5.", "2025", rank=3.0, margin=3.0),
        evidence("The pool costs 5.", "2025", rank=2.9 - ORDER, margin=3.0),
        evidence("The pool costs 5.", "2025", rank=3.0, margin=-0.1),
        evidence("The pool costs 5.", "2023", rank=3.0, margin=5.0),
        replace(evidence("The pool costs 5.", "2025", rank=3.0, margin=5.0), passage=elsewhere("The pool costs 5.")),
    ],
    ids=["lacks a word", "ranked lower", "not sure", "older", "another work"],
)
def test_the_best_stays_first_before_what_is_silent_or_older(other: Evidence) -> None:
    assert newest_first(QUESTION, [OLD, other], CALIBRATION)[0] == OLD


def test_newer_evidence_comes_first_where_it_is_as_sure_and_lacks_no_name_that_the_best_has() -> None:
    by_entailment = Calibration({"margin": 0.1, "entails": 1.0}, 0.0, 1.0, 0.5)
    newer = replace(evidence("The sauna costs 5.", "2025", rank=-9.0, margin=3.0), entails=1.0)
    assert newest_first(QUESTION, [OLD, newer], by_entailment) == [newer]
    lacking = replace(newer, absent=("3.0",))
    assert newest_first(QUESTION, [OLD, lacking], by_entailment) == [OLD, lacking]
    assert newest_first(QUESTION, [replace(OLD, absent=("3.0",)), lacking], by_entailment) == [lacking]


def test_evidence_of_editions_older_than_the_newest_is_left_out() -> None:
    found = [evidence("4", "2024"), evidence("3", "2023"), evidence("5", "2025"), evidence("also", "2025")]
    assert texts(newest_first(QUESTION, found, CALIBRATION)) == ["5", "also"]


def test_a_question_that_names_a_time_is_answered_from_the_best() -> None:
    for asked in (analyse("What did the pool cost in 2024?"), analyse("What did the pool cost at first?")):
        assert texts(newest_first(asked, [evidence("4", "2024"), evidence("5", "2025")], CALIBRATION)) == ["4", "5"]


def test_of_letters_of_one_title_the_later_comes_first() -> None:
    def letter(name: str, title: str, date: str, words: str) -> Evidence:
        document = markdown.parse(f"# {title}\n\n{words}\n")
        start = document.text.index(words)
        source = Source(f"/letters/{name}.md", document.id, edition=Edition(date, "text"))
        place = start, start + len(words)
        return Evidence(Passage(Chunk(document, *place), source, 1.0), *place, place, 0.0, 1.0, ())

    old, new = (
        letter("a", "To parents", "2025-01-12", "It costs 4."),
        letter("b", "To parents", "2025-09-02", "It costs 5."),
    )
    other, undated = letter("c", "To guests", "2025-10-01", "It costs 6."), letter("d", "To parents", "", "It costs 7.")
    assert newest_first(QUESTION, [old, new], CALIBRATION)[0] == new
    assert newest_first(QUESTION, [old, other, undated], CALIBRATION)[0] == old


def test_in_one_document_the_newest_dated_section_comes_first() -> None:
    text = "# Changes\n\n## 2025-02-01\n\nIt costs 6.\n\n## 2024-05-01\n\nIt costs 5.\n\n## Notes\n\nIt cost 4 once.\n"
    document = markdown.parse(text)
    source = Source("/changes.md", document.id)

    def saying(words: str) -> Evidence:
        start = document.text.index(words)
        end = start + len(words)
        return Evidence(Passage(Chunk(document, start, end), source, 1.0), start, end, (start, end), 0.0, 1.0, ())

    old, new, undated = saying("It costs 5."), saying("It costs 6."), saying("It cost 4 once.")
    assert newest_first(QUESTION, [old, new], CALIBRATION) == [new, old]
    assert newest_first(QUESTION, [undated, new], CALIBRATION) == [undated, new]
    assert newest_first(QUESTION, [new, old], CALIBRATION) == [new, old]


def test_of_versions_in_one_document_the_newest_is_said_where_it_is_asked_for() -> None:
    text = "| Version | Until |\n|---|---|\n| 2.9 | May |\n| 2.10 | June |\n| 3.0 beta | July |"
    whole = passage(text, "2025")

    def row(version: str) -> Evidence:
        start = text.index(version)
        return Evidence(whole, start - 2, start + 10, (start, start + len(version)), 0.0, 1.0, ())

    rows = [row("2.9"), row("2.10"), row("3.0 beta")]
    rows[2] = replace(rows[2], margin=-1.0)
    assert newest_first(analyse("What is the latest version?"), rows, CALIBRATION)[0] == rows[1]
    assert newest_first(analyse("Which version is supported?"), rows, CALIBRATION)[0] == rows[0]


def answered(question: str, *found: Passage) -> Answer:
    answer = Extractor(WordReader(), Calibration({"margin": 1.0}, 0.0, 0.1, 0.5)).answer(analyse(question), found)
    against = VerificationSource({own.source.document_id: own.chunk.document for own in found}.get)
    assert problems(answer.to_dict(), against) == []
    return answer


def test_a_sentence_of_an_older_document_is_said_to_be_older() -> None:
    old = passage("The swimming pool costs 4 euros.", "2024")
    new = passage("The sauna is closed.", "2025")
    answer = answered("What does the swimming pool cost?", old, new)
    assert [(own.role, own.text) for own in answer.statements] == [("older", "The swimming pool costs 4 euros.")]
    assert "4 euros.[1] (from an older document)" in as_text(answer)
    alone = answered("What does the swimming pool cost?", old)
    assert alone.statements[0].role == "answer"
