"""CRAG's score in runs: a figure with its interval, in the report and in a comparison."""

from __future__ import annotations

from pathlib import Path

import pytest
from evaluation_data import squad, value, word_harness

from qa.evaluation import compare, evaluate, load_dataset

RIGHT = {
    "What does Alpha do in the old town?": "Alpha pumps water.",
    "Who built the pump?": "Ann Miller",
    "How long is the river Gamma?": "12 miles",
    "What does Beta store for the winter?": "grain",
    "How many tons of wheat does the granary hold?": "300 tons",
}


def careful(question: str) -> str | None:
    return RIGHT.get(question)


def bold(question: str) -> str:
    return RIGHT.get(question, "It was the mayor.")


def test_who_guesses_is_as_often_right_and_less_truthful(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    first, second = (
        evaluate(dataset, system, task="qa", out=tmp_path, harness=word_harness()) for system in (careful, bold)
    )
    # Of seven questions two have no answer: one refuses them, which is right, one guesses.
    assert (value(first, "truthfulness"), value(second, "truthfulness")) == (1.0, pytest.approx(3 / 7, abs=1e-6))
    figure = second.metrics["metrics"]["truthfulness"]
    assert -1 <= figure["low"] < figure["value"] < figure["high"] <= 1
    assert "<td>truthfulness</td>" in (second.folder / "report.html").read_text("utf-8")
    row = compare(first, second)["metrics"]["truthfulness"]
    assert row["difference"] == pytest.approx(-4 / 7, abs=1e-6)
    assert -2 <= row["low"] < row["difference"] < row["high"] <= 2


def test_who_refuses_all_is_neither_truthful_nor_not(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path, unanswerable=False))
    run = evaluate(dataset, lambda _: None, name="silent", task="qa", out=tmp_path, harness=word_harness())
    figure = run.metrics["metrics"]["truthfulness"]
    assert figure["value"] == 0
    assert figure["low"] < 0 < figure["high"]  # five questions do not show that it never says anything
