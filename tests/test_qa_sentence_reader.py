"""The reader for other languages: whole sentences with exact offsets, the nearest first."""

from __future__ import annotations

import pytest
from fakes import WordEmbedder
from hypothesis import given
from hypothesis import strategies as st

from documents.sentences import sentences
from index.query import Query
from index.recent import begin_question
from qa.read.confidence.calibration import Calibration
from qa.read.sentence_reader import CHOSEN, NEXT, USUALLY_AHEAD, Nearness, SentenceReader, ahead_of_next

TEXT = "北京有五千个基站。 Alpha pumps water.  Beta stores grain."


def test_spans_are_whole_sentences_the_nearest_first() -> None:
    reader = SentenceReader(WordEmbedder())
    spans, none = reader.read(Query.of("Beta stores grain?"), [TEXT, ""])
    assert none == []
    assert TEXT[spans[0].start : spans[0].end] == "Beta stores grain."
    assert {TEXT[span.start : span.end] for span in spans} == {
        "北京有五千个基站。", "Alpha pumps water.", "Beta stores grain."
    }  # fmt: skip
    margins = [span.margin for span in spans]
    assert margins == sorted(margins, reverse=True)
    assert margins[0] > 0 > margins[-1]


def test_an_empty_text_has_no_span() -> None:
    assert SentenceReader(WordEmbedder()).read(Query.of("Anything?"), []) == []


def test_a_sentence_that_several_passages_have_is_embedded_once_a_question() -> None:
    embedder = WordEmbedder()
    reader, question = SentenceReader(embedder), Query.of("Beta stores grain?")
    for _ in range(2):
        begin_question()
        embedder.embedded.clear()
        first = reader.read(question, [TEXT, TEXT[TEXT.index("Alpha") :]])
        assert reader.evidence(question, TEXT, list(sentences(TEXT, 0, len(TEXT))))
        assert sorted(embedder.embedded) == ["Alpha pumps water.", "Beta stores grain.", "北京有五千个基站。"]
        assert [len(spans) for spans in first] == [3, 2]


def nearness(question: str, *texts: str) -> list[Nearness]:
    places = [list(sentences(text, 0, len(text))) for text in texts]
    found = SentenceReader(WordEmbedder()).nearness(Query.of(question), texts, places)
    return [one for near in found for one in near]


def test_a_sentence_is_as_far_ahead_as_it_is_nearer_than_the_next_ones() -> None:
    near = nearness("Beta stores grain?", "Beta stores grain. Beta stores iron. Gamma sells tin.")
    first, second, third = (one.cosine for one in near)
    assert [one.ahead for one in near] == pytest.approx(
        [first - (second + third) / 2, second - (first + third) / 2, third - (first + second) / 2]
    )


def test_the_same_words_in_two_passages_are_no_other_sentence() -> None:
    twice = nearness("Beta stores grain?", "Beta stores grain. Gamma sells tin.", "Beta stores grain.")
    once = nearness("Beta stores grain?", "Beta stores grain. Gamma sells tin.")
    assert twice == [*once, once[0]]


def test_a_sentence_without_others_is_as_far_ahead_as_usual() -> None:
    assert [one.ahead for one in nearness("Beta stores grain?", "Beta stores grain.")] == [USUALLY_AHEAD]


def test_only_where_all_texts_are_in_another_language_than_the_question_lower_cosines_are_enough() -> None:
    german, english = "Der Speicher ist das Haus mit dem Korn und den Säcken.", "The store is the house with the grain."
    asked = "What is the store and the grain?"
    assert [one.across for one in nearness(asked, german)] == [True]
    assert [one.across for one in nearness(asked, german, english)] == [False, False]
    assert [one.across for one in nearness("Korn?", english)] == [False]  # in what language, nothing tells


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=3 * NEXT, unique=True))
def test_the_nearer_a_sentence_is_the_larger_is_its_margin(cosines: list[float]) -> None:
    ahead = ahead_of_next({str(number): cosine for number, cosine in enumerate(cosines)})
    margins = [Nearness(cosine, ahead[str(number)], across=False).margin for number, cosine in enumerate(cosines)]
    ordered = sorted(zip(cosines, margins, strict=True))
    assert [margin for _, margin in ordered] == sorted(margins)


def test_a_question_that_is_about_as_near_to_everything_gets_no_answer() -> None:
    def confidence(near: Nearness) -> float:
        return CHOSEN.probability({"margin": near.margin})

    assert confidence(Nearness(0.85, 0.01, across=False)) < CHOSEN.threshold < confidence(Nearness(0.87, 0.05, False))


def test_one_threshold_holds_for_all_languages() -> None:
    assert CHOSEN.threshold == Calibration.load().threshold
