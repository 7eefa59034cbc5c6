"""The words that a follow-up leaves out: the shipped tagger finds them, and readings are measured by them."""

from __future__ import annotations

import pytest
from fakes import Tags
from hypothesis import given
from hypothesis import strategies as st

from qa.read.tagger import MOST_TOKENS, OnnxTagger
from qa.understand.conversation import Turn
from qa.understand.omitted_terms import LONGEST_REPLY, conversation_of, likelihood, omitted_terms

FERRY = Turn("When does the first ferry leave?", "It leaves at 8:15.", "8:15")
CLUB = Turn("What does the membership cost for students?", "12 euros", "12 euros")


@pytest.fixture(scope="module")
def tagger() -> OnnxTagger:
    return OnnxTagger()


def left_out(tagger: OnnxTagger, question: str, *history: Turn) -> str:
    conversation = conversation_of(history)
    return omitted_terms(conversation, tagger.tag(question, conversation))


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        (CLUB, "How do I cancel it?", "membership"),
        (FERRY, "And the last one?", "ferry"),
        (Turn("Who owns the Harbour Company?", "Ada Byron.", "Ada Byron"), "When was she born?", "Ada Byron"),
        (Turn("Which clubs are there?", "Chess is on Monday."), "Which of them does Mr Farrow lead?", "clubs"),
        (Turn("Who voted for the motion?", "Eight people.", "Eight"), "How many voted against?", "motion"),
    ],
)
def test_words_that_a_follow_up_leaves_out_are_found(
    tagger: OnnxTagger, history: Turn, question: str, expected: str
) -> None:
    assert expected in left_out(tagger, question, history)


@pytest.mark.parametrize(
    "question",
    [
        "Are there wolves in Norway?",
        "What is contact.txt about?",
        "How many stations does the metro of Lyon have?",
        "opening hours of the town library",
    ],
)
def test_of_a_question_about_something_else_nothing_is_left_out(tagger: OnnxTagger, question: str) -> None:
    assert left_out(tagger, question, CLUB, FERRY) == ""


def test_what_was_said_too_long_ago_is_not_read(tagger: OnnxTagger) -> None:
    conversation = conversation_of([CLUB, *[Turn("Which ferries cross the long lake of the north?", "")] * 40])
    assert "membership" in conversation
    tagged = tagger.tag("How do I cancel it?", conversation)
    assert 0 < len(tagged) < MOST_TOKENS
    assert max(word.end for word in tagged) < conversation.index("membership")
    assert tagger.tag("long " * MOST_TOKENS, conversation) == []
    assert tagger.tag("How do I cancel it?", "") == []


@given(st.text(max_size=60), st.text(max_size=200))
def test_tagged_words_are_slices_of_the_conversation_in_their_order(question: str, conversation: str) -> None:
    tagged = OnnxTagger().tag(question, conversation)
    assert [word.start for word in tagged] == sorted({word.start for word in tagged})
    assert all(conversation[word.start : word.end].strip() for word in tagged)
    assert likelihood(question, tagged) <= 0


def test_the_latest_turn_is_read_first_and_a_long_answer_by_its_short_one_or_not_at_all() -> None:
    long = "word " * LONGEST_REPLY
    assert conversation_of([CLUB, FERRY]) == f"{FERRY.question} 8:15 {CLUB.question} 12 euros"
    assert conversation_of([Turn("Who?", long, "Ann")]) == "Who? Ann"
    assert conversation_of([Turn("Who?", long)]) == "Who?"
    assert conversation_of([]) == ""


def test_words_beside_one_another_are_one_phrase_and_each_is_said_once() -> None:
    conversation = "Who leads the University of Kiel? When was the University of Kiel founded?"
    tagged = Tags("University", "Kiel", "founded").tag("Why?", conversation)
    assert omitted_terms(conversation, tagged) == "University of Kiel, founded"
    assert omitted_terms(conversation, Tags().tag("Why?", conversation)) == ""


def test_the_likeliest_reading_says_the_words_that_are_left_out_and_no_others() -> None:
    tagged = Tags("ferry", "leave").tag("And the last one?", conversation_of([FERRY]))
    readings = (
        "And the last one?",
        "When does the last ferry leave?",
        "When does the first ferry leave?",
        "The ferry?",
    )
    assert max(readings, key=lambda reading: likelihood(reading, tagged)) == "When does the last ferry leave?"
    assert likelihood("anything", []) == 0
