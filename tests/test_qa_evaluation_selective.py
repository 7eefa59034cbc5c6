"""What it is worth to refuse: CRAG's score in runs, and the accuracy of the most confident answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run as Command
from evaluation_data import plotting_harness, squad, value, word_harness

from qa.evaluation import Harness, compare, evaluate, import_run, load_dataset

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


def answered(folder: Path, *confidences: float | None) -> Path:
    """A file of answers to the five questions that have one, of which the first three are right."""
    ids = [item.id for item in load_dataset(squad(folder, unanswerable=False)).items]
    said = [*list(RIGHT.values())[:3], "the mayor", "the mayor"]
    path = folder / "theirs.jsonl"
    rows = [
        {"id": identity, "text": text, "confidence": confidence}
        for identity, text, confidence in zip(ids, said, confidences, strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_accuracy_of_the_most_confident_answers_of_a_file(tmp_path: Path) -> None:
    path = answered(tmp_path, 0.9, 0.7, 0.4, 0.8, 0.1)
    dataset = load_dataset(tmp_path / "town.json")
    run = import_run(path, dataset, task="qa", out=tmp_path, harness=plotting_harness())
    points = run.metrics["selective_accuracy"]
    assert [(point["coverage"], point["value"]) for point in points] == [
        (0.2, 1.0), (0.4, 0.5), (0.6, pytest.approx(2 / 3, abs=1e-6)), (0.8, 0.75), (1.0, 0.6),
    ]  # fmt: skip
    assert all(0 <= point["low"] <= point["value"] <= point["high"] <= 1 for point in points)
    page = (run.folder / "report.html").read_text("utf-8")
    assert "<h2>Accuracy and coverage</h2>" in page
    assert '<tr><td class="n">80%</td><td class="n">0.750</td>' in page
    assert 'aria-label="Risk and coverage"' in page


def test_without_confidence_there_is_no_accuracy_by_coverage(tmp_path: Path) -> None:
    path = answered(tmp_path, *[None] * 5)
    dataset = load_dataset(tmp_path / "town.json")
    run = import_run(path, dataset, task="qa", out=tmp_path, harness=word_harness())
    assert "selective_accuracy" not in run.metrics
    assert "Accuracy and coverage" not in (run.folder / "report.html").read_text("utf-8")


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def test_the_command_shows_the_accuracy_by_coverage(run: Command, tmp_path: Path) -> None:
    answered(tmp_path, 0.9, 0.7, 0.4, 0.8, 0.1)
    done = run("eval", "town.json", "--task", "qa", "--answers", "theirs.jsonl")
    assert done.code == 0
    assert [line.split()[:2] for line in done.out.splitlines() if line.strip().startswith(("20%", "100%"))] == [
        ["20%", "1.000"], ["100%", "0.600"],
    ]  # fmt: skip
