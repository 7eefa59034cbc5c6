"""What a confidence rests on: reasons whose shares add up to it, told in fixed words and shown everywhere."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from fakes import WordEntailment, WordReader
from hypothesis import given, settings
from hypothesis import strategies as st
from test_qa_extractor import CALIBRATION, passages

from qa.answer import Answer
from qa.answer.reasons import WORDS, Reason, amounts, in_one_line, to_dicts
from qa.check.yes_no import Decision
from qa.cli.answer_text import as_text
from qa.propose.extractor import Extractor
from qa.propose.multi_part.combine import combined
from qa.read.confidence.calibration import Calibration, features
from qa.read.confidence.reasons import reasons_of
from qa.read.evidence import Evidence
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.serving.html import render
from qa.understand.question import analyse

FITTED = Calibration(
    {"margin": 0.3, "lead": 0.1, "entails": 0.8}, -1.0, 0.5, 0.3, means={"margin": 4.0, "entails": 1.0},
    decided={"sentence": 0.6, "word": 0.9, "bias": -0.5, "threshold": 0.7},
)  # fmt: skip
logits = st.floats(-12, 12)


def evidence(margin: float = 4.0, lead: float = 0.0, entails: float = 1.0, **about: tuple[str, ...]) -> Evidence:
    (passage,) = passages("A sentence.")
    return Evidence(
        passage, 0, 11, (2, 10), margin, 0.0, about.get("absent", ()), about.get("lacks", ()), entails, lead
    )


def shares(found: tuple[Reason, ...]) -> dict[str, float]:
    return {own.name: own.share for own in found}


@settings(max_examples=30)
@given(logits, logits, logits, st.booleans(), st.booleans(), st.none() | st.floats(0.6, 1))
def test_the_shares_add_up_to_the_confidence_and_have_the_direction_of_their_signals(
    margin: float, lead: float, entails: float, absent: bool, lacks: bool, decided: float | None
) -> None:
    own = evidence(margin, lead, entails, absent=("Oslo",) * absent, lacks=("X1",) * lacks)
    decision = None if decided is None else Decision("Yes", decided, "words@1")
    found = reasons_of(FITTED, own, decision)
    number = FITTED.of_word(own, decision) if decision else FITTED.confidence(own)
    assert sum(share.share for share in found) == pytest.approx(number)
    assert sum(record["share"] for record in to_dicts(found)) == pytest.approx(number, abs=1e-4)
    for name, share in shares(found).items():
        if name in FITTED.weights:
            assert share * (features(own)[name] - FITTED.means.get(name, 0.0)) >= 0
        elif name in ("absent", "mistaken"):
            assert share <= 0


def test_shares_of_a_hand_worked_case() -> None:
    """From σ(0) = 1/2 the margin leads to σ(ln 3) = 3/4; the missing name halves what is there without and with it."""
    calibration = Calibration({"margin": 1.0}, 0.0, 0.5, 0.3)
    found = reasons_of(calibration, evidence(math.log(3), absent=("Oslo",)))
    assert shares(found) == pytest.approx({"start": 0.5, "absent": (-0.25 - 0.375) / 2, "margin": (0.25 + 0.125) / 2})
    assert [own.name for own in found] == ["start", "absent", "margin"]  # the weightiest first
    assert found[1].text == "missing where the likeliest sentence stands: “Oslo”"
    assert amounts(found) == ["50%", "−31", "+19"]


def test_every_signal_of_the_shipped_calibration_has_words_for_more_and_less() -> None:
    assert all(len(WORDS[name]) >= 2 for name in Calibration.load().weights)


def test_a_sentence_that_was_not_judged_is_said_to_be_so() -> None:
    assert "unjudged" in shares(reasons_of(FITTED, evidence(entails=0.0)))


def answer(question: str, text: str, asked: str = "fact", **about: Any) -> Answer:
    extractor = Extractor(WordReader(), replace(CALIBRATION, **about), entailment=WordEntailment())
    return extractor.answer(replace(analyse(question), asked=asked), passages(text))  # type: ignore[arg-type]


POOL = "The pool is open on school days from noon."


def test_every_kind_of_answer_says_what_its_number_rests_on() -> None:
    fact = answer("When is the pool open on school days?", POOL)
    polar = answer("Is the pool open on school days?", POOL, "polar")
    refusal = answer("When is the pool of Oslo open?", POOL)
    silent = answer("Who?", "")
    assert [own.name for own in fact.why] == ["start", "margin"]
    assert "decided" in shares(polar.why)
    assert [own.name for own in refusal.why][-1] == "threshold"
    assert "“Oslo”" in in_one_line(refusal.why)
    assert [own.name for own in silent.why] == ["nothing"]
    both = combined(["When?", "Is it?"], [fact, polar])
    assert both.why[-1].text == "of several answers, the least sure one counts"
    for given_answer in (fact, polar, refusal, silent, both):
        assert sum(own.share for own in given_answer.why) == pytest.approx(given_answer.confidence)


@pytest.fixture
def saved() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(
        json.dumps(answer("When is the pool of Oslo open?", POOL, threshold=0.0).to_dict())
    )
    return record


GROUND = VerificationSource({own.chunk.document.id: own.chunk.document for own in passages(POOL)}.get)


def test_honest_reasons_pass_and_answers_of_earlier_versions_have_none(saved: dict[str, Any]) -> None:
    assert saved["reasons"][0]["name"] == "start"
    assert problems(saved, GROUND) == []
    del saved["reasons"]
    assert problems(saved, GROUND) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"share": 0.5}, "the shares of the reasons do not add up to the confidence"),
        ({"text": "approved by the ministry"}, "reason 2 is not in refdesk's words"),
        ({"name": "luck"}, "reason 2 is not in refdesk's words"),
        ({"name": "start"}, "reason 2 does not stand where refdesk gives it"),
        ({"name": "absent", "text": f"{WORDS['absent'][0]} “Rome”"}, "reason 2 is not in refdesk's words"),
        ({"name": "absent", "text": WORDS["absent"][0]}, "reason 2 is not in refdesk's words"),
        ({"name": "caveat", "share": 0.0, "text": "a guess"}, "reason 2 is not what model.calibration says"),
        ({"more": 1}, "reasons is not as refdesk writes it"),
    ],
)  # fmt: skip
def test_changed_reasons_have_problems(saved: dict[str, Any], change: dict[str, Any], problem: str) -> None:
    saved["reasons"][1] |= change
    assert problem in problems(saved, GROUND)


def test_the_chat_discloses_the_reasons_and_the_command_line_says_them_in_a_line() -> None:
    said = answer("When is the pool open on school days?", POOL, weights={"margin": 0.25})
    refused = answer("When is the pool of <Oslo>?", POOL)
    markup = render.answer("1", said)
    assert '<details class="why"><summary>Why 94%?</summary>' in markup
    assert '<span class="share">+44</span>&#32;<span class="reason">the reader is surer' in markup
    assert as_text(said).endswith(
        "confidence 94%\nwhy: 50% for a typical sentence, before this one is read; "
        "+44 the reader is surer than usual that these words answer"
    )
    assert "<summary>Why no answer?</summary>" in render.answer("1", refused)
    assert "less than an answer needs" in as_text(refused)


def test_where_the_number_is_no_probability_only_directions_are_shown() -> None:
    found = replace(answer("When is the pool open on school days?", POOL), caveat="not calibrated for this language")
    assert amounts(found.why) == ["", "+", ""]
    assert "What it rests on" in render.answer("1", found)
    assert in_one_line(found.why).endswith("; the number is not calibrated for this language")
    assert to_dicts(found.why)[-1] == {
        "name": "caveat", "text": "the number is not calibrated for this language", "share": 0.0,
    }  # fmt: skip
