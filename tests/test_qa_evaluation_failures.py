"""A system that raises, hangs or returns nonsense costs its own question, and no empty run is left."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run as Command
from evaluation_data import beir, claims, squad, unplotted, untimed, value, word_harness, word_models

from index.query import Query
from qa import evaluation
from qa.evaluation import Callbacks, Harness, Run, load_dataset, load_run
from qa.evaluation.runs.check import check_run

evaluate = partial(evaluation.evaluate, harness=word_harness())
MOON = "Which bird lives on the moon?"


def test_a_system_that_exits_costs_its_own_question_too(tmp_path: Path) -> None:
    def system(question: str) -> str:
        if question == MOON:
            raise SystemExit(1)
        return question

    run = evaluate(load_dataset(squad(tmp_path)), system, task="qa", out=tmp_path)
    assert [record["error"] for record in run.failures] == ["SystemExit: 1"]


def flaky(question: str, *_: object) -> object:
    """Answers two questions; the others are refused, nonsense, an error, or never answered."""
    if "winter" in question:
        return "Grain.", [], 1.0
    if "granary" in question:
        return 7
    if question == MOON:
        raise ConnectionError("the server\nwent away")
    if "Who built" in question:
        threading.Event().wait()
    return None


def test_each_failure_costs_its_own_question(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, flaky, task="qa", out=tmp_path, timeout=0.5)
    assert {record["id"]: record["error"] for record in run.failures} == {
        "Pumps-0-1": "TimeoutError: no answer within 0.5 seconds",
        "Grain-0-1": "int is no answer: return an Answer, a text, or (text, citations)",
        "Grain-0-2": "ConnectionError: the server went away",
    }
    assert (run.metrics["items"], run.metrics["errors"]) == (7, 3)
    # Not even a question without an answer counts as rightly refused; Pumps-0-2 does, and "Grain." is right.
    assert value(run, "EM") == pytest.approx(2 / 7, abs=1e-6)
    assert value(run, "NoAns_EM") == 0.5
    assert check_run(run.folder).answers == 4
    assert "ConnectionError" in (run.folder / "report.html").read_text("utf-8")


def test_a_resumed_run_asks_what_had_failed_again(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    whole = evaluate(dataset, lambda _: None, name="x", task="qa", out=tmp_path / "whole")
    evaluate(dataset, flaky, name="x", task="qa", out=tmp_path, timeout=0.5)
    told: list[Any] = []
    callbacks = Callbacks(asking=told.append)
    run = evaluate(dataset, lambda _: None, name="x", task="qa", out=tmp_path, resume=True, callbacks=callbacks)
    assert len(told) == 3
    assert run.metrics["errors"] == 0
    assert [record["id"] for record in Run.open(run.folder).records] == [item.id for item in dataset.items]
    kept = [record for record in untimed(run) if record["id"] != "Grain-0-0"]  # answered at the first time
    assert kept == [record for record in untimed(whole) if record["id"] != "Grain-0-0"]


def test_failures_in_the_other_tasks(tmp_path: Path) -> None:
    def broken(*_: object) -> object:
        raise KeyError("x")

    ranked = evaluate(load_dataset(beir(tmp_path)), broken, out=tmp_path)
    assert (value(ranked, "nDCG@10"), ranked.metrics["errors"]) == (0.0, 3)
    scores = iter([0.9, 0.8, None, 0.7, 0.1, 0.2, "high", 0.3])
    judged = evaluate(load_dataset(claims(tmp_path)), lambda *_: next(scores), name="judge", out=tmp_path)
    assert (value(judged, "AUROC"), judged.metrics["errors"]) == (1.0, 2)
    assert judged.metrics["metrics"]["AUROC"]["count"] == 6
    frame = load_run(judged.folder)
    assert frame["error"].notna().sum() == frame["score"].isna().sum() == 2


def test_a_table_of_a_run_counts_failures_as_its_figures_do(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), flaky, task="qa", out=tmp_path, timeout=0.5)
    frame = load_run(run.folder)
    failed = frame[frame["error"].notna()]
    assert failed["id"].tolist() == ["Pumps-0-1", "Grain-0-1", "Grain-0-2"]
    assert not failed["right"].any()
    assert failed[["F1", "answered", "confidence"]].to_numpy().tolist() == [[0.0] * 3] * 3
    assert failed["citation_recall"].isna().all()  # as of any question that is not answered
    columns = list(frame.columns)
    metrics = columns[columns.index("truthfulness") : columns.index("slice: language")]
    assert {"right", *metrics} == {name for record in run.records for name in record["metrics"]}
    for name in ("right", *metrics):
        assert frame[name].mean() == pytest.approx(value(run, name), abs=1e-6), name
    assert len(frame[frame["right"]]) + len(frame[~frame["right"]]) == len(frame)


def test_an_interrupt_before_the_first_answer_leaves_no_folder(tmp_path: Path) -> None:
    def interrupted(_: str) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(load_dataset(squad(tmp_path)), interrupted, name="x", task="qa", out=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


class BrokenReader:
    """Reads as its reader does, except what is asked of the moon."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def read(self, question: Query, *rest: Any) -> Any:
        if question.text == MOON:
            raise RuntimeError("no moon")
        return self._reader.read(question, *rest)


@pytest.fixture
def harness() -> Harness:
    models = word_models()
    return Harness(load=lambda *_: replace(models, reader=BrokenReader(models.reader)), resamples=50, plots=unplotted)


def test_the_command_says_how_many_failed_and_exits_with_3(run: Command, tmp_path: Path) -> None:
    done = run("eval", squad(tmp_path), "--task", "qa", "--json")
    assert (done.code, done.json["errors"]) == (3, 1)
    assert "1 of 7 questions failed, such as Grain-0-2 (RuntimeError: no moon)" in done.err
    listed = run("runs", "--json").json["runs"]
    assert [(row["items"], row["done"], row["errors"]) for row in listed] == [(7, 7, 1)]
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "config.json").write_text("[]")
    listed = run("runs")
    assert (listed.code, "broken: the run is of another version" in listed.err) == (3, True)
    assert json.loads((tmp_path / "runs" / "town-qa-default" / "metrics.json").read_text())["errors"] == 1
