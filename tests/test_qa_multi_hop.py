"""Questions that two sentences answer only together: what is described is found first, then what is asked of it."""

from __future__ import annotations

import pytest
from test_qa_comparison import ask as compare
from test_qa_comparison import indexed

from index.search import Index
from qa.answer import Answer
from qa.understand.relative import chain

CHAINS = {
    "When did the doctor who treats children join?": (
        "Which doctor treats children join?",
        "When did Dr Quill, who treats children join?",
    ),
    "Which job does the person have who checks the letters?": (
        "Which person checks the letters?",
        "Which job does Dr Quill have, who checks the letters?",
    ),
    "How much is the deposit for the item that costs £12 a week?": (
        "Which item costs £12 a week?",
        "How much is the deposit for Dr Quill, that costs £12 a week?",
    ),
}


@pytest.mark.parametrize("question", CHAINS)
def test_a_description_is_asked_for_first_and_then_replaced(question: str) -> None:
    found = chain(question)
    assert found is not None
    assert (found.first, found.second("Dr Quill")) == CHAINS[question]


@pytest.mark.parametrize(
    "question",
    ["Who founded the choir?", "Who started the project, and in which year?", "We come by the train that stops. When?"],
)
def test_a_question_without_a_description_is_no_chain(question: str) -> None:
    assert chain(question) is None


FILES = {
    "letters.md": "# Letters\n\nRoe Adams checks the letters of the house.\n",
    "team.md": "# Team\n\nThe job of Roe Adams is at the reception desk.\n\nThe job of Lee is in the kitchen.\n",
    "settings.md": "# Settings\n\nThe setting push was renamed to ship.\n\nThe default of ship is five.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(tmp_path_factory, FILES)


def ask(index: Index, question: str) -> Answer:
    return compare(index, question, "fact")


def test_both_sentences_are_said_the_answer_first_and_as_sure_as_the_less_sure(index: Index) -> None:
    answer = ask(index, "What is the job at the desk of the person who checks the letters of the house?")
    assert [statement.text for statement in answer.statements] == [
        "The job of Roe Adams is at the reception desk.",
        "Roe Adams checks the letters of the house.",
    ]
    assert {statement.support for statement in answer.statements} == {answer.confidence}


def test_where_the_description_fits_nothing_the_question_is_answered_as_it_stands(index: Index) -> None:
    answer = ask(index, "What is the default of ship that bananas eat?")
    assert [statement.text for statement in answer.statements] == ["The default of ship is five."]


def test_a_part_that_refers_back_is_asked_of_what_the_one_before_was_answered_with(index: Index) -> None:
    answer = ask(index, "What was the setting push renamed to, and what is its default?")
    assert [statement.text for statement in answer.statements] == [
        "The setting push was renamed to ship.",
        "The default of ship is five.",
    ]
