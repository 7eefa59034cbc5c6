"""Replaying a run: no difference, or the first one in words."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from evaluation_data import squad, word_harness

from qa import evaluation
from qa.evaluation import Dataset, Run, RunError, load_dataset
from qa.evaluation.runs import ANSWERS

HARNESS = word_harness()
evaluate = partial(evaluation.evaluate, harness=HARNESS)
replay = partial(evaluation.replay, harness=HARNESS)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    """A dataset, and the folder of a finished run of it, which stays as it is."""
    folder = tmp_path_factory.mktemp("town")
    dataset = load_dataset(squad(folder))
    return dataset, evaluate(dataset, task="qa", out=folder).folder


@pytest.fixture
def dataset(town: tuple[Dataset, Path]) -> Dataset:
    return town[0]


@pytest.fixture
def run(town: tuple[Dataset, Path], tmp_path: Path) -> Run:
    """A finished run of the dataset, for a test that changes it."""
    return Run.open(shutil.copytree(town[1], tmp_path / town[1].name))


def test_replay_finds_no_difference_or_names_the_first(dataset: Dataset, run: Run, tmp_path: Path) -> None:
    for task in ("qa", "reading", "retrieval"):
        part = evaluate(dataset, task=task, out=tmp_path / "parts", limit=5, seed=3)
        assert replay(Run.open(part.folder), dataset, {}) is None
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines()
    record = json.loads(lines[4])
    record["answer"]["statements"][0]["text"] = "Tampered."
    lines[4] = json.dumps(record)
    (run.folder / ANSWERS).write_text("\n".join(lines) + "\n", "utf-8")
    found = replay(Run.open(run.folder), dataset, {})
    assert found
    assert found.startswith(f'question {record["id"]}: answer.statements[0].text was "Tampered.", is now "')


@pytest.mark.parametrize(
    ("field", "value"),
    [("signals", {"confidence": 1.0, "right": 1.0, "answerable": 1.0}), ("group", "another"), ("question", "Another?")],
)
def test_replay_compares_every_field_that_figures_are_computed_from(
    dataset: Dataset, run: Run, field: str, value: object
) -> None:
    records = [json.loads(line) for line in (run.folder / ANSWERS).read_text("utf-8").splitlines()]
    records[2][field] = value
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert (replay(Run.open(run.folder), dataset, {}) or "").startswith(f"question {records[2]['id']}: {field}")


def test_a_run_that_is_older_than_a_metric_is_replayed_without_it(dataset: Dataset, run: Run) -> None:
    records = [json.loads(line) for line in (run.folder / ANSWERS).read_text("utf-8").splitlines()]
    for record in records:
        record["metrics"].pop("hit@1", None)
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    figures = run.metrics
    del figures["metrics"]["hit@1"]
    run.write_metrics(figures)
    assert replay(Run.open(run.folder), dataset, {}) is None
    records[0]["metrics"]["F1"] = 0.123
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert "metrics.F1 was 0.123" in (replay(Run.open(run.folder), dataset, {}) or "")


def test_replay_recomputes_the_figures(dataset: Dataset, run: Run) -> None:
    figures = run.metrics
    figures["metrics"]["F1"]["value"] = 0.999
    run.write_metrics(figures)
    found = replay(Run.open(run.folder), dataset, {})
    assert (found or "").startswith("metrics.json.metrics.F1.value was 0.999")


def test_replay_names_changed_models_and_refuses_a_changed_dataset(dataset: Dataset, run: Run, tmp_path: Path) -> None:
    other = load_dataset(squad(tmp_path, unanswerable=False))
    with pytest.raises(RunError, match="the dataset has changed"):
        replay(run, other, {})
    assert replay(run, dataset, {}, harness=word_harness(0.9)) == "threshold was 0.5, is now 0.9"


def test_a_run_with_another_support_judge_is_neither_resumed_nor_replayed(tmp_path: Path) -> None:
    def lenient(statement: str, premise: str) -> bool:  # noqa: ARG001
        return True

    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path, support=lenient)
    assert "lenient" in run.config["support"]
    with pytest.raises(RunError, match="support was"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)
    with pytest.raises(RunError, match="judged by"):
        replay(run, dataset, {})
