"""A question in a story is read by itself or with one sentence of the story, as the documents decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import AskedFor, Desk, WordReader
from hypothesis import given
from hypothesis import strategies as st

from index.passage import Scope
from qa.answer import Answer
from qa.assistant import Assistant
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.understand.story import FOUND, LACKING, LONGER, likeliest, story_of, support

STORY = ("We moved here in May.", "The lamp E7 blinks red.", "My sister is fond of cake.")
WITH_LAMP = "What now? The lamp E7 blinks red."


def finding(**scores: float) -> Callable[[str], float]:
    """What a text finds, by a word that it holds: the most of all, and little without any."""
    return lambda text: max((score for word, score in scores.items() if word in text), default=-9.0)


def test_the_story_is_what_asks_nothing_with_the_lines_of_a_copied_message() -> None:
    found = story_of("Hello! We have a new lamp. It says:\n\nerror: lamp too hot\nretry in a minute\n\nWhat now?")
    assert {"We have a new lamp.", "error: lamp too hot", "retry in a minute"} <= set(found)
    assert not {"Hello!", "What now?"} & set(found)


@pytest.mark.parametrize("text", ["", "When is the concert?", "The choir sings on Friday. It is good.", "Hello! Why?"])
def test_without_a_question_in_a_story_there_is_none(text: str) -> None:
    assert story_of(text) == ()


@given(st.text(max_size=200))
def test_of_any_text_the_story_holds_no_question(text: str) -> None:
    assert not any("?" in sentence for sentence in story_of(text))


@pytest.mark.parametrize(("more", "expected"), [(-LONGER, "What now?"), (0.1 - LONGER, WITH_LAMP)])
def test_a_question_is_read_by_itself_unless_a_sentence_of_its_story_finds_as_much(more: float, expected: str) -> None:
    scores = {"What now?": 1.0, WITH_LAMP: 1.0 + more}
    assert likeliest("What now?", STORY, lambda text: scores.get(text, -9.0)) == expected


def test_a_sentence_that_finds_next_to_nothing_is_not_taken() -> None:
    assert likeliest("What now?", STORY, finding(lamp=FOUND - 0.1)) == "What now?"
    assert likeliest("What now?", STORY, finding(lamp=FOUND)) == WITH_LAMP


@pytest.mark.parametrize("finds_more", [True, False])
def test_what_introduces_a_question_is_left_out_where_more_is_found_without_it(finds_more: bool) -> None:
    asked = "Before I buy a cake: which lamp blinks?"
    scores = {"which lamp blinks?": 1.0 + finds_more, asked: 1.0}
    expected = "which lamp blinks?" if finds_more else asked
    assert likeliest(asked, STORY, lambda text: scores.get(text, -9.0)) == expected


def test_a_question_without_a_story_is_not_searched_for() -> None:
    def fails(text: str) -> float:
        raise AssertionError(text)

    assert likeliest("Why is it so?", (), fails) == "Why is it so?"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("story"))
    desk.write(lamp="When the lamp blinks red, press the button.", oven="The oven is in the kitchen.")
    desk.ingest.update([desk.files])
    return desk


def test_what_a_text_finds_counts_less_without_its_names(desk: Desk) -> None:
    with desk.index.view(Scope()) as view:
        assert support("the lamp blinks 77", view) < support("the lamp blinks so", view) - LACKING / 2


def ask(desk: Desk, question: str) -> Answer:
    calibration = Calibration({"margin": 1.0}, 0.0, 0.5, 0.3)
    extractor = Extractor(WordReader(), calibration)
    return Assistant(desk.index, extractor, classifier=AskedFor("fact")).ask(question)  # type: ignore[arg-type]


def test_the_assistant_searches_for_the_question_of_a_story(desk: Desk) -> None:
    story = "My aunt gave us a cake for the long way home and we thank her. "
    answer = ask(desk, f"{story}Where is the oven?")
    assert answer.standalone_question == "Where is the oven?"
    assert answer.question.startswith("My aunt")
    assert answer.text == "The oven is in the kitchen.[1]"


def test_the_assistant_reads_a_question_with_the_sentence_that_it_rests_on(desk: Desk) -> None:
    answer = ask(desk, "We are tired after a long day. Today the lamp blinks red. What does it want?")
    assert answer.standalone_question == "What does it want? Today the lamp blinks red."
    assert "press the button" in answer.text
