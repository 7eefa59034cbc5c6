"""What the shipped reader and calibration were made with: labels by the questions' order, the fit, the figures."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from training.calibrate import auroc, expected_calibration_error, fit, probabilities
from training.data import read

TEXT = "Ulm has eleven bridges. Its minster is tall. The Danube flows by."


def write(folder: Path, name: str, value: Any) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        json.dump(value, file)


def squad(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"data": [{"title": "t", "paragraphs": [{"context": TEXT, "qas": list(questions)}]}]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    def question(name: str, text: str, confidence: float | None = None) -> dict[str, Any]:
        answer = {"text": "tall", "answer_start": TEXT.index("tall")}
        return {"id": name, "question": text, "answers": [answer]} | (
            {} if confidence is None else {"weak_confidence": confidence}
        )

    write(tmp_path, "train.clean.squadshifts_reddit_amazon.json.gz", squad(question("c", "clean?")))
    weak = squad(
        question("bt-0-0-0", "first?", 0.9), question("bt-0-0-7", "eighth?", 0.9), question("bt-0-0-1", "?", 0.1)
    )
    write(tmp_path, "train.weak.squad2_backtranslated.conf50.json.gz", weak)
    ten = {"context": TEXT, "questions": [f"q{i}?" for i in range(10)], "candidate_spans": []}
    write(tmp_path, "weak.raw_candidates.json.gz", [{"doc": 0, "paragraphs": [ten]}, {"doc": 401, "paragraphs": [ten]}])
    return tmp_path


def test_the_last_five_of_ten_questions_have_no_answer_and_the_right_sentence_is_labelled(data: Path) -> None:
    train, held = read(data, random.Random(0))
    unanswerable = {group.question for group in train if group.answer is None}
    assert unanswerable == {f"q{i}?" for i in range(5, 10)}
    assert {group.question for group in held} == unanswerable
    answered = [group for group in train if group.answer is not None]
    assert {group.question for group in answered} <= {"clean?", "first?"}
    for group in answered:
        assert group.pairs[group.answer or 0] == ("Ulm has eleven bridges.", "Its minster is tall.")


def test_fitted_weights_are_never_negative_and_separate() -> None:
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.5
    x = np.column_stack([y + rng.normal(0, 0.5, 400), rng.normal(0, 0.5, 400) - y])
    weights = fit(x, y)
    assert weights[0] > 1
    assert weights[1] == 0
    assert auroc(probabilities(x, weights), y) > 0.85


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=40))
def test_auroc_agrees_with_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = np.array([p for p, _ in pairs]) / 10, np.array([y for _, y in pairs])
    if labels.all() or not labels.any():
        return
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_calibration_error_of_hand_worked_cases() -> None:
    assert expected_calibration_error(np.array([0.95, 0.95]), np.array([True, True])) == pytest.approx(0.05)
    assert expected_calibration_error(np.array([0.55, 0.55, 0.05, 0.05]), np.array([1, 0, 0, 0])) == pytest.approx(0.05)
