"""Misspelt questions: read as the words of the passages that they stand for, and as nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fakes import Desk, QuoteTheBest, WordReranker
from hypothesis import given
from hypothesis import strategies as st

from index.search import Index
from qa.answer import Answer
from qa.assistant import Assistant
from qa.understand.spelling import Speller

ENGLISH = frozenset("how long is the what does cost deposit walking house auto save".split())  # noqa: SIM905
SPELLER = Speller(ENGLISH.__contains__, frozenset(["wifi"]).__contains__)
TEXTS = [
    "The warranty of the steriliser is 24 months.",
    "A medical costs 120 pounds. Hire a frame, a flame lamp.",
    "The wiki says how to autoscale.",
]


class Logits(WordReranker):
    """Scores on a scale like that of a real model; a text that has no more than ``least`` of it answers less likely."""

    def __init__(self, least: float = 0.0) -> None:
        self.least = least

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [10 * (score - self.least) for score in super().score(question, texts)]


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("how long is the waranty", "how long is the warranty"),
        ("what does a medcal cost?", "what does a medical cost?"),
        ("the steralizer", "the steriliser"),
        ("a medicla", "a medical"),
        ("what is the waranty on the steralizer??", "what is the warranty on the steriliser??"),
    ],
)
def test_a_misspelt_word_is_read_as_the_nearest_word_of_the_passages(question: str, corrected: str) -> None:
    assert SPELLER.corrected(question, TEXTS) == corrected


@pytest.mark.parametrize(
    "question",
    [
        "what is the warranty",  # in the passages
        "what does a house cost",  # an English word
        "who is Medicall",  # a name
        "error e24months",  # no word of letters alone
        "what is the wifi",  # a word that people write
        "how does autosave",  # two English words
        "what is a fname",  # as near to "frame" as to "flame" or none: which is meant is not known
        "a stezalizer",  # three slips
        "a mont",  # one letter short, but of a word that is there: "months" has two more
    ],
)
def test_other_words_are_left_as_they_are(question: str) -> None:
    assert SPELLER.corrected(question, TEXTS) == question


def test_a_word_that_the_documents_have_is_left_as_it_is() -> None:
    assert SPELLER.corrected("what is a medcal", TEXTS, is_held=["medcal"].__contains__) == "what is a medcal"


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_can_be_corrected_and_what_is_corrected_stays(question: str, texts: list[str]) -> None:
    corrected = SPELLER.corrected(question, texts)
    assert SPELLER.corrected(corrected, texts) == corrected


def test_the_passages_are_not_read_for_a_question_of_known_words() -> None:
    def passages() -> Iterator[str]:
        raise AssertionError("a passage was read")
        yield ""

    assert SPELLER.corrected("how long is the E07 Warranty", passages()) == "how long is the E07 Warranty"


def test_what_a_corrected_word_finds_corrects_another(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_tokens=40)
    desk.write(
        a="A house has the steriliser, a walking steriliser.",
        b="How long does the house cost, what is the deposit?",
        c="The walking house lent a steriliser, and on each thing that was so lent a warranty was promised.",
    )
    desk.ingest.update([desk.files])
    index = Index(desk.store, desk.embedder, Logits())
    assistant = Assistant(index, QuoteTheBest(), speller=SPELLER, top_k=2)  # type: ignore[arg-type]
    assert assistant.ask("walking house, walking house: steralizer waranty").standalone_question == (
        "walking house, walking house: steriliser warranty"
    )
    *_, asked = assistant.answering("walking house, walking house: steralizer waranty", as_typed=True)
    assert isinstance(asked, Answer)
    assert asked.standalone_question == "walking house, walking house: steralizer waranty"


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("what is the steralizer? how long?", "what is the steriliser? how long?"),
        ("how long is the house stariliser", "how long is the house stariliser"),  # no better for another passage
        ("the waranty", "the waranty"),  # the embedder takes it for something else
    ],
)
def test_a_correction_is_kept_only_where_its_passages_rank_better(tmp_path: Path, question: str, searched: str) -> None:
    desk = Desk(tmp_path)
    desk.write(a="How long is the house.", b="The steriliser: what is how long?", c="The warranty.")
    desk.ingest.update([desk.files])
    index = Index(desk.store, desk.embedder, Logits())
    assistant = Assistant(index, QuoteTheBest(), speller=SPELLER, top_k=1)  # type: ignore[arg-type]
    assert assistant.ask(question).standalone_question == searched


@pytest.mark.parametrize(
    ("least", "searched"), [(0.4, "what is the steriliser? how long?"), (1.1, "what is the steralizer? how long?")]
)
def test_a_correction_is_kept_only_where_its_passage_answers(tmp_path: Path, least: float, searched: str) -> None:
    """A passage on another thing with a near name ranks better for that name, but answers nothing."""
    desk = Desk(tmp_path)
    desk.write(a="How long is the house.", b="The steriliser: what is how long?", c="The warranty.")
    desk.ingest.update([desk.files])
    assistant = Assistant(Index(desk.store, desk.embedder, Logits(least)), QuoteTheBest(), speller=SPELLER, top_k=1)  # type: ignore[arg-type]
    assert assistant.ask("what is the steralizer? how long?").standalone_question == searched
