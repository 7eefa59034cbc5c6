"""A language model is asked about the best sentences; its opinion moves the order and the confidence."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import WordReader
from test_qa_extractor import CALIBRATION, passages

from qa.assistant.compose import with_opinion
from qa.check.injection.recogniser import Unchecked
from qa.llm.base import GenerationError, Message
from qa.llm.prompt import load_prompt
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import features, log_odds_of
from qa.read.confidence.reasons import reasons_of
from qa.read.second_opinion import AMONG, LONGEST, SecondOpinion, Weights, quotations
from qa.settings import read
from qa.understand.question import analyse

WEIGHTS = Weights(first=0.5, opinion=1.0, bias=0.1, mean=-0.5, model="thinks@1")
TEXTS = ("The old mill has 40 wheels of oak.", "The new mill has 12 wheels of steel.")
QUESTION = analyse("How many wheels has the mill?")


class Thinks:
    """A model with a log-odds for each text that has a word."""

    fingerprint = "thinks@1"

    def __init__(self, **odds: float) -> None:
        self._odds = odds
        self.prompts: list[Sequence[Message]] = []

    def log_odds(self, prompts: Sequence[Sequence[Message]], word: str, other: str) -> list[float]:
        assert (word, other) == ("Yes", "No")
        self.prompts += prompts
        texts = (prompt[-1].text for prompt in prompts)
        return [next((own for known, own in self._odds.items() if known in text), 0.0) for text in texts]


class Fails(Thinks):
    """A model whose process has died."""

    def log_odds(self, *_: object) -> list[float]:
        raise GenerationError("it died")


def extractor(model: Thinks) -> Extractor:
    return Extractor(WordReader(), WEIGHTS.added_to(CALIBRATION), second=SecondOpinion(model))


def test_what_the_model_takes_for_an_answer_comes_first_and_what_it_doubts_is_refused() -> None:
    plain = Extractor(WordReader(), CALIBRATION).answer(QUESTION, passages(*TEXTS))
    assert "oak" in plain.text
    other = extractor(Thinks(oak=-4.0, steel=4.0)).answer(QUESTION, passages(*TEXTS))
    assert "steel" in other.text
    assert (other.model["opinion"], other.model["opinion_prompt"][:8]) == ("thinks@1", "opinion@")
    assert "opinion" not in plain.model
    doubted = extractor(Thinks(oak=-9.0, steel=-9.0)).answer(QUESTION, passages(*TEXTS))
    assert doubted.kind == "refusal"


def test_the_opinion_is_one_of_the_reasons_and_they_still_add_up() -> None:
    calibration = WEIGHTS.added_to(CALIBRATION)
    evidence = Extractor(WordReader(), CALIBRATION).read(QUESTION, passages(*TEXTS))
    before = log_odds_of(CALIBRATION.confidence(evidence[0]))
    (first, *_) = SecondOpinion(Thinks(oak=2.0)).of(QUESTION, evidence, calibration, Unchecked())
    assert features(first)["opinion"] == 2.0
    assert log_odds_of(calibration.confidence(first)) == pytest.approx(0.5 * before + 2.0 + 0.1)
    told = reasons_of(calibration, first)
    assert sum(own.share for own in told) == pytest.approx(calibration.confidence(first))
    (opinion,) = [own for own in told if own.name == "opinion"]
    assert opinion.share > 0
    assert "more than usual" in opinion.text


def test_the_best_different_quotations_are_asked_about_and_a_long_one_by_its_sentence() -> None:
    many = [f"The mill number {number} has {number} wheels." for number in range(2, 9)]
    evidence = Extractor(WordReader(), CALIBRATION).read(QUESTION, passages(*many))
    assert len(quotations(evidence, Unchecked())) == min(AMONG, len(evidence)) == AMONG
    for turns, is_whole in ((1, True), (LONGEST // len(" and turns"), False)):
        whole = f"The mill has 40 wheels. It turns{' and turns' * turns}."
        evidence = Extractor(WordReader(), CALIBRATION).read(QUESTION, passages(whole))
        (text, *_) = quotations(evidence, Unchecked()).values()
        assert text == (whole if is_whole else "The mill has 40 wheels.")


@pytest.mark.parametrize(("bias", "is_asked"), [(-9.0, False), (0.0, True), (9.0, False)])
def test_a_model_is_not_asked_where_it_would_change_nothing(bias: float, is_asked: bool) -> None:
    model, calibration = Thinks(), replace(WEIGHTS.added_to(CALIBRATION), bias=bias)
    evidence = Extractor(WordReader(), CALIBRATION).read(QUESTION, passages(*TEXTS))
    found = SecondOpinion(model).of(QUESTION, evidence, calibration, Unchecked())
    assert bool(model.prompts) == is_asked
    assert is_asked or found == evidence
    assert SecondOpinion(model).of(QUESTION, [], calibration, Unchecked()) == []


def test_a_model_that_fails_has_no_opinion_and_the_reason_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    answer = extractor(Fails()).answer(QUESTION, passages(*TEXTS))
    assert "oak" in answer.text
    assert "it died" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_only_the_model_that_the_weights_are_of_is_asked() -> None:
    plain = Extractor(WordReader(), CALIBRATION)
    shipped = Weights.shipped()
    other, own = Thinks(), Thinks()
    own.fingerprint = shipped.model  # type: ignore[misc]
    assert with_opinion(plain, None, read()) is plain
    assert with_opinion(plain, other, read()) is plain  # type: ignore[arg-type]
    assert with_opinion(plain, own, read(opinion=False)) is plain  # type: ignore[arg-type]
    asking = with_opinion(plain, own, read())  # type: ignore[arg-type]
    assert asking.second
    assert asking.calibration == shipped.added_to(plain.calibration)
    assert asking.calibration.threshold == plain.calibration.threshold


def test_the_prompt_has_the_words_that_it_is_answered_with() -> None:
    system, user = load_prompt("opinion").messages(question="How many?", text="There are two.")
    assert "Reply Yes" in system.text
    assert user.text.splitlines() == ["Question: How many?", "Text: There are two."]
