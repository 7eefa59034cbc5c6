"""The questions from which the classifier of what is asked learns, and how it is fitted."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
from components import shared_data
from fakes import WordEmbedder

from index.query import Query
from qa.understand.linear import words
from qa.understand.question_type import KINDS, load
from qa.understand.talk import load_talk
from training import asked_data
from training.asked import (
    Questions,
    fit,
    fit_talk,
    folds,
    held_out,
    held_out_talk,
    read,
    talk_threshold,
    talk_to_json,
    thresholds,
    to_json,
    vocabulary,
)
from training.asked_data import QUESTIONS, Example
from training.asked_evaluation import by_pattern, confusion

THINGS = ("tea", "bread", "rain", "salt", "wool")


def small() -> list[Example]:
    """Each kind by five frames that name it, with a subject of each group."""
    frames = ("{k} of {x}", "the {k} for {x}", "a {k} about {x}", "my {k}, {x}", "{x} and its {k}")
    return [
        Example(kind, frame.replace("{k}", kind).replace("{x}", thing), frame, group)
        for kind in KINDS
        for frame in frames
        for group, thing in enumerate(THINGS)
    ]


def test_the_committed_questions_are_those_that_the_frames_make() -> None:
    lines = [asked_data.to_json(example) for example in asked_data.examples()]
    assert QUESTIONS.read_text("utf-8").splitlines() == lines


def test_every_kind_has_many_questions_and_no_slot_is_left() -> None:
    examples = read()
    counts = Counter(example.asked for example in examples)
    assert set(counts) == set(KINDS)
    assert min(counts.values()) > 120
    assert len({example.text for example in examples}) == len(examples)
    assert not [example.text for example in examples if "{" in example.text or "}" in example.text]


def test_no_frame_and_no_subject_is_both_learned_and_tested() -> None:
    examples = read()
    for fold in folds(examples):
        learned = [e for e, one in zip(examples, fold.learned, strict=True) if one]
        tested = [e for e, one in zip(examples, fold.tested, strict=True) if one]
        assert learned
        assert tested
        assert not {(e.asked, e.frame) for e in learned} & {(e.asked, e.frame) for e in tested}
        assert not {e.group for e in learned if e.group is not None} & {e.group for e in tested}


def test_no_word_of_a_subject_has_a_weight() -> None:
    found = vocabulary(["how many {items}?", "how many {items} of {thing}", "how many {bare}s", "why {tea|salt}"])
    assert "how many" in found
    assert not {"tea", "items", "thing"} & set(found)


def test_a_fitted_classifier_is_read_back_from_its_file() -> None:
    embedder = WordEmbedder()
    own = Questions.embed(small(), embedder)
    none = own.of(np.zeros(len(own.examples), bool))
    columns = sorted(set().union(*(words(example.text) for example in own.examples)))
    fitted = fit(own, none, columns=columns)
    found = load(to_json(fitted, embedder.fingerprint, {"list": 0.5}))
    assert set(found.linear.words) == set(columns)
    for text, kind in (("all the list of wool", "list"), ("count tea?", "count")):
        (embedding,) = embedder.embed([text], "query")
        assert found.asked(Query.of(text), embedding, embedder.fingerprint) == kind


def test_held_out_questions_are_each_judged_once() -> None:
    own = Questions.embed(small(), WordEmbedder())
    found, truth = held_out(own, own.of(np.zeros(len(own.examples), bool)))
    assert found.shape == (len(truth), len(KINDS))
    assert np.allclose(found.sum(axis=1), 1)


def test_talk_is_told_by_its_words_and_its_kinds_are_learned() -> None:
    says = {
        "thanks": ("thank you", "many thanks", "thanks"),
        "greeting": ("hello", "hello you", "oh hello"),
        "complaint": ("useless", "so useless", "useless bot"),
    }
    talk = [
        Example("talk", f"{said} {end}", f"{said} {end}", None, kind)
        for kind, all_said in says.items()
        for said in all_said
        for end in ("now", "again", "then", "friend", "dear")
    ]
    own = Questions.embed([*small(), *talk], WordEmbedder())
    none = own.of(np.zeros(len(own.examples), bool))
    found = held_out_talk(own, none)
    assert found.kinds.shape == found.kinds_by_words.shape == ((found.truth > 0).sum(),)
    assert 0 < talk_threshold(found) <= 1
    read_back = load_talk(talk_to_json(*fit_talk(own, none), 0.5))
    assert read_back.is_talk("thank you again")
    assert not read_back.is_talk("the list for tea")
    assert not read_back.is_talk("北京有多少个5G基站？")  # no word that it knows


def test_a_threshold_keeps_the_wished_share_right() -> None:
    number = KINDS.index("list")
    sure, truth = np.array([0.9, 0.8, 0.7, 0.6]), np.array([number, number, 0, 0])
    found = np.zeros((4, len(KINDS)))
    found[:, number] = sure
    assert thresholds(found, truth)["list"] == 0.8
    assert thresholds(found, truth)["steps"] == 1.0  # never seen, never believed


def test_patterns_and_the_table_of_confusion() -> None:
    assert [by_pattern(text) for text in ("How many?", "Why?", "lift width")] == ["count", "explanation", "keyword"]
    assert confusion(["list", "fact"], ["list", "list"]).splitlines()[3].split()[-2:] == ["1.00", "0.50"]


def test_no_visitors_question_is_learned_from() -> None:
    """But for the few words that everybody writes."""
    path = shared_data("visitors/questions.jsonl")
    asked = {json.loads(line)["question"].lower().strip("?.! ") for line in path.read_text("utf-8").splitlines()}
    known = asked & {example.text.lower().strip("?.! ") for example in read()}
    assert not [text for text in known if len(text.split()) > 5]
