"""What a question asks for, by the classifier that ships and by one that a test can add up by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from components import lacking

from index.models import BGE_SMALL, DEFAULT_EMBEDDER, ModelError
from index.query import Query
from qa.understand.linear import Linear, words
from qa.understand.question_type import KINDS, Classifier, load, shipped

EMBEDDER = "two-directions@1"
FACT, LIST, TALK = (KINDS.index(kind) for kind in ("fact", "list", "talk"))


def classifier() -> Classifier:
    """The first direction speaks for a list, the word "hello" for talk."""
    embedding, hello = np.zeros((len(KINDS), 2), np.float32), np.zeros(len(KINDS), np.float32)
    embedding[LIST, 0] = 6.0
    hello[TALK] = 20.0
    bias = np.zeros(len(KINDS), np.float32)
    bias[FACT] = 2.0
    return Classifier(EMBEDDER, Linear(bias, embedding, {"hello": hello}), {"list": 0.9})


def asked(text: str, *embedding: float, embedder: str = EMBEDDER) -> str:
    return classifier().asked(Query.of(text), np.array(embedding, np.float32), embedder)


def test_the_likeliest_kind_is_asked_for() -> None:
    assert asked("Which boats are there?", 1.0, 0.0) == "list"
    assert asked("Which boats are there? Hello!", 1.0, 0.0) == "list"  # only the sentence that asks counts
    assert asked("hello there", 1.0, 0.0) == "talk"


def test_unsure_means_fact() -> None:
    assert asked("Which boats are there?", 0.5, 0.0) == "fact"


def test_another_embedder_or_language_means_fact() -> None:
    assert asked("hello there", 1.0, 0.0, embedder="other@1") == "fact"
    assert asked("Welche Boote liegen heute im alten Hafen der Stadt?", 1.0, 0.0) == "fact"


def test_words_are_those_of_the_sentences_that_ask() -> None:
    found = words("We have two boats. Which one's faster?")
    assert {"^ which", "which one's", "faster ?", "?", "#3"} <= found
    assert "boats" not in found
    assert words("list all boats") >= {"^ list", "list all", "#3"}
    assert "^ what" in words("Error 5: what is it?")
    assert words("") == {"#0"}


def test_what_looks_like_a_plural_behind_which_or_what_is_a_word() -> None:
    assert "which -s" in words("Which boats need paint?")
    assert "what -s" in words("what oars are left")
    for text in ("Which bus goes there?", "Which class is it?", "What does it need?", "Which boat has oars?"):
        assert not {"which -s", "what -s"} & words(text)


def test_a_long_text_costs_no_more_than_its_last_words() -> None:
    assert len(words(" ".join(f"boat{number}" for number in range(10_000)) + " how many")) < 130


def test_weights_are_whole_numbers_times_the_scale() -> None:
    rows = {"bias": [1] * 11, "embedding": [[2, 4]] * 11, "words": {"boat": [3] * 11}}
    data = {"embedder": EMBEDDER, "scale": 0.5, "thresholds": {"list": 0.7}, **rows}
    found = load(json.dumps(data)).linear
    assert found.embedding.shape == (11, 2)
    assert (found.bias[0], found.embedding[0, 1], found.words["boat"][0]) == (0.5, 2.0, 1.5)


@pytest.mark.parametrize("embedder", [DEFAULT_EMBEDDER, BGE_SMALL])
def test_what_ships_fits_the_kinds(embedder: str) -> None:
    found = shipped(f"{embedder}@1")
    assert found.linear.embedding.shape == (len(KINDS), 384)
    assert found.linear.bias.shape == (len(KINDS),)
    assert set(found.thresholds) == set(KINDS) - {"fact"}
    assert found.embedder.startswith(f"{embedder}@")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Who repaired the ferry?", "fact"),
        ("Why is the ferry late?", "explanation"),
        ("List all ferry routes.", "list"),
        ("How do I cancel a ferry booking?", "steps"),
        ("Is the ferry running on Sunday?", "polar"),
        ("How many routes are listed in total?", "count"),
        ("What is the difference between the day and the night ferry?", "comparison"),
        ("Summarise the ferry report.", "overview"),
        ("Which documents do you have?", "library"),
        ("thank you!", "talk"),
        ("ferry deposit", "keyword"),
        ('whats a "gangway"?', "explanation"),
        ("Since when may children sail for free on a Saturday?", "fact"),
        ("Who growled that every free berth was a plank too few?", "fact"),
        ("What is in this collection of files?", "library"),
        ("Talk me through hoisting the mainsail.", "steps"),
        ("Which ferries need two pilots?", "list"),
        ("What are the signs of a fouled propeller?", "list"),
        ("What hasn't been painted yet?", "list"),
        ("Which ferry needs two pilots?", "fact"),
        ("Who got the job of pilot?", "fact"),
        ("What was the first sign that the engine was failing?", "fact"),
        ("Which is dearer, the ferry or the bridge?", "comparison"),
        ("What was the fare last year and what is it now?", "comparison"),
        ("Did the café on the upper deck sell more than the one below?", "comparison"),
        ("I missed the crew meeting, can you sum it up?", "overview"),
        ("Give me the gist of the timetable letter", "overview"),
        ("The ropes don't match the list. What now?", "steps"),
        ("What has to be done, and in what order, when a passenger goes overboard?", "steps"),
        ("what's a purser?", "explanation"),
        ("any news on the gangway?", "explanation"),
        ("thanks, and the fare?", "fact"),
    ],
)
def test_what_ships_knows_plain_questions(text: str, kind: str) -> None:
    from index.embed import load_embedder

    try:
        embedder = load_embedder(DEFAULT_EMBEDDER)
    except ModelError as error:
        lacking("the shipped models", str(error))
    (embedding,) = embedder.embed([text], "query")
    assert shipped(embedder.fingerprint).asked(Query.of(text), embedding, embedder.fingerprint) == kind


@pytest.mark.parametrize("text", ["K02", "RX-7", "B 14", "P4", "k02?", "4B", "M8x30", "ISO 9001"])
def test_a_bare_identifier_is_never_talk(text: str) -> None:
    """The second direction speaks for talk; words alone are not asked, either."""
    found = classifier()
    found.linear.embedding[TALK, 1] = 30.0
    for embedder in (EMBEDDER, "other@1"):
        assert found.asked(Query.of(text), np.array([0.0, 1.0], np.float32), embedder) == "keyword"


@pytest.mark.parametrize("text", ["hi 5", "test 123", "May 12 is fine", "7"])
def test_other_short_texts_are_no_identifiers(text: str) -> None:
    assert asked(text, 0.0, 0.0) == "fact"


SAID = [
    ("Good morning, refdesk!", "greeting"),
    ("thanks a lot", "thanks"),
    ("Who are you?", "identity"),
    ("What can you do?", "ability"),
    ("You are stupid", "complaint"),
    ("Explain that more simply", "simpler"),
]


@pytest.mark.parametrize(("text", "kind"), SAID)
def test_what_ships_knows_kinds_of_talk(text: str, kind: str) -> None:
    from index.embed import load_embedder

    try:
        embedder = load_embedder(DEFAULT_EMBEDDER)
    except ModelError as error:
        lacking("the shipped models", str(error))
    (embedding,) = embedder.embed([text], "query")
    said = shipped(embedder.fingerprint), Query.of(text)
    assert said[0].asked(said[1], embedding, embedder.fingerprint) == "talk"
    assert said[0].kind_of_talk(said[1], embedding, embedder.fingerprint) == kind


@pytest.mark.parametrize("text", ["hi", "Hello!", "thank you very much", "Good morning", "Who are you?", "help"])
def test_plain_talk_is_known_with_another_embedder_too(text: str) -> None:
    nothing = np.zeros(3, np.float32)
    assert shipped("other@1").asked(Query.of(text), nothing, "other@1") == "talk"
    assert shipped("other@1").asked(Query.of("Who repaired the ferry?"), nothing, "other@1") == "fact"
