"""Several questions asked in one are found, and each is made to stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.understand.parts import MOST, parts, says_enough

SEVERAL = {
    "How much is one dose, how many do I need, and at what intervals?": [
        "How much is one dose?",
        "One dose: how many do I need?",
        "One dose: at what intervals?",
    ],
    "When is the regatta and who pays the fees then?": [
        "When is the regatta?",
        "The regatta: who pays the fees then?",
    ],
    "Who founded the choir, and in which year?": ["Who founded the choir?", "Founded the choir: in which year?"],
    "What was the old pump replaced by, and what is its voltage?": [
        "What was the old pump replaced by?",
        "The old pump replaced by: what is its voltage?",
    ],
    "Who is the treasurer, and how soon do I get an answer to a claim?": [
        "Who is the treasurer?",
        "how soon do I get an answer to a claim?",
    ],
    "Error F2 on the oven: what does it mean and what do I do?": [
        "Error F2 on the oven: what does it mean?",
        "Error F2 on the oven: what do I do?",
    ],
    "Is the sauna open? What does it cost? How warm is the big pool?": [
        "Is the sauna open?",
        "The sauna open: What does it cost?",
        "How warm is the big pool?",
    ],
    "what is the deposit and can i pay it later": ["what is the deposit?", "The deposit: can i pay it later?"],
    "Rowing boat: what is it an hour, from when can we take it out and by when do the children have to be back?": [
        "Rowing boat: what is it an hour?",
        "Rowing boat: from when can we take it out?",
        "Rowing boat: by when do the children have to be back?",
    ],
    "Who steers the ferry, how much is it and can I bring a bicycle?": [
        "Who steers the ferry?",
        "Steers the ferry: how much is it?",
        "can I bring a bicycle?",
    ],
    "Which mast broke in the storm and what does it cost?": [
        "Which mast broke in the storm?",
        "Mast broke in the storm: what does it cost?",
    ],
    "On the late ferry, how much is a car and who may sleep there?": [
        "On the late ferry, how much is a car?",
        "On the late ferry, a car: who may sleep there?",
    ],
    "Is there a slide in the pool? And how long is it?": [
        "Is there a slide in the pool?",
        "A slide in the pool: And how long is it?",
    ],
    "Why did the crew stay aboard? Which rule says so?": [
        "Why did the crew stay aboard?",
        "The crew stay aboard: Which rule says so?",
    ],
    "We come by train. Where is the stop, and is there a bus to the camp site?": [
        "Where is the stop?",
        "is there a bus to the camp site?",
    ],
}
ONE = [
    "",
    "hello",
    "When and where is the concert?",
    "How much and how often do I take?",
    "How many adults and how many children came?",
    "What is the difference between leasing and buying?",
    "Can you explain what it is and how it works?",
    "Tell me who won and when it was.",
    "What can and can't I bring?",
    "What did Anna, who left in May and who came back in June, say?",
    "Is it open on Monday or is it closed?",
    "Is it open? Or closed?",
    "I know what it costs and I know where it is.",
    "Which rooms have a lift and a balcony?",
    "Which red boats and which blue boats are for sale?",
]


@pytest.mark.parametrize("question", SEVERAL)
def test_each_of_several_questions_stands_alone(question: str) -> None:
    assert list(parts(question)) == SEVERAL[question]


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("My son is six. We both swim well. May he use the slide?", "May he use the slide?"),
        ("The pool is cold. How warm is it? Or is it closed? Thank you.", "How warm is it? Or is it closed?"),
    ],
)
def test_the_one_question_of_a_story_is_alone(message: str, question: str) -> None:
    assert parts(message) == (question,)


@pytest.mark.parametrize("question", ONE)
def test_one_question_is_left_whole(question: str) -> None:
    assert parts(question) == (question,)


def test_a_part_with_words_of_its_own_may_be_understood_by_itself_although_it_refers_back() -> None:
    assert says_enough("May her dog sleep in the cabin?")
    assert not says_enough("What is its price?")


@given(st.lists(st.sampled_from(["how much", "and", ",", "?", ";", "who", "is it", "the boat", ":", "."]), max_size=40))
def test_parts_are_few_and_end_with_words_of_the_question_in_its_order(tokens: list[str]) -> None:
    question = " ".join(tokens)
    found = parts(question)
    assert 1 <= len(found) <= MOST
    end = 0
    for part in found:  # a subject before its colon is of another
        own = part.rpartition(": ")[2].rstrip("?.!,; ")
        start = question.find(own, end)
        assert start >= end
        end = start + len(own)
