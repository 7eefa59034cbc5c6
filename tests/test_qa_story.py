"""A question in a story is searched for with what is told around it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fakes import AskedFor, Desk, WordReader
from hypothesis import given
from hypothesis import strategies as st

from documents.sentences import sentences
from index.query import Query
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.pipeline import SURE_ALONE
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Reader, Span
from qa.understand.story import MOST, with_story

LONG = "We moved here in May and have had nothing but trouble since then. " * 4


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Where is the bar", "Where is the bar"),
        ("The lamp E7 blinks red. What now?", "The lamp E7 blinks red. What now?"),
        ("Hello! The lamp blinks red. What now? Many thanks.", "The lamp blinks red. What now?"),
        ("What now? The lamp E7 blinks red.", "What now? The lamp E7 blinks red."),
        (
            "It says:\n\nerror: lamp too hot\nretry in a minute\n\nWhat now?",
            "error: lamp too hot retry in a minute What now?",
        ),
        (f"{LONG}The lamp blinks red. What now?", f"{LONG[: LONG.index('. ') + 2] * 3}The lamp blinks red. What now?"),
    ],
)
def test_a_question_is_read_with_what_is_told_around_it(message: str, expected: str) -> None:
    question = "What now?" if "What now?" in message else message
    assert with_story(question, message) == expected


@given(st.text(max_size=80), st.text(max_size=600))
def test_the_question_stays_whole_and_the_story_is_no_longer_than_what_is_read(question: str, message: str) -> None:
    found = with_story(question, message)
    assert question in found
    assert len(found.split()) <= max(MOST, len(question.split()))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("story"))
    desk.write(lamp="When the lamp blinks red, press the button.", oven="The oven is in the kitchen.")
    desk.ingest.update([desk.files])
    return desk


class ReaderOfOneSentence(WordReader):
    """Takes any story to be what a question is about, and finds nothing."""

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        return super().read(question, texts) if len(sentences(question.text)) == 1 else [[] for _ in texts]


def ask(desk: Desk, question: str, reader: Reader | None = None) -> Answer:
    calibration = Calibration({"margin": 1.0}, 0.0, 0.5, 0.3)
    extractor = Extractor(reader or WordReader(), calibration)
    return Assistant(desk.index, extractor, classifier=AskedFor("fact")).ask(question)  # type: ignore[arg-type]


def test_the_assistant_reads_a_question_with_its_story(desk: Desk) -> None:
    answer = ask(desk, "Today the lamp blinks red. What does it want?")
    assert answer.standalone_question == answer.question == "Today the lamp blinks red. What does it want?"
    assert "press the button" in answer.text


def test_names_of_a_story_need_not_stand_in_the_evidence(desk: Desk) -> None:
    answer = ask(desk, "My aunt Edna gave us a cake in 1999. Where is the oven?")
    assert answer.text == "The oven is in the kitchen.[1]"


def test_a_question_that_finds_nothing_with_its_story_is_asked_alone(desk: Desk) -> None:
    answer = ask(desk, "Aunt Edna gave us a cake. Where is the oven?", ReaderOfOneSentence())
    assert answer.text == "The oven is in the kitchen.[1]"
    assert answer.standalone_question == "Where is the oven?"
    assert answer.question == "Aunt Edna gave us a cake. Where is the oven?"


def test_its_answer_has_to_be_surer_than_that_of_a_question_without_a_story(desk: Desk) -> None:
    alone, told = (
        ask(desk, each, ReaderOfOneSentence()) for each in ("Where is oven?", "Cake was fine. Where is oven?")
    )
    assert alone.answered
    assert alone.confidence < SURE_ALONE
    assert told.kind == "refusal"
    assert told.standalone_question == told.question
