"""Ask a run's questions again: are the answers and figures the same?"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from qa.evaluation.asker import Asker
from qa.evaluation.cost import COST, READ, WRITTEN
from qa.evaluation.datasets.dataset import Dataset, sample
from qa.evaluation.evaluator import Callbacks, Harness, RunProgress, open_own
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.runs.config import RunOptions, judge_name
from qa.evaluation.runs.difference import first_difference
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.entailed import ENTAILED
from qa.evaluation.summary import summarise
from qa.evaluation.systems.answered import open_again
from qa.evaluation.systems.system import OpenedSystem
from qa.evaluation.tasks import Task, task_of, usable
from qa.saved.shape import as_schema_1


def replay(
    run: Run,
    dataset: Dataset,
    distractors: Mapping[str, Document],
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
    harness: Harness = Harness(),  # noqa: B008 - frozen
) -> str | None:
    """Ask the run's questions again and recompute its figures; the first difference in words, or None.

    Timings are not compared, and no metrics that the run is older than. The answers of another system are read again
    from the file that they came from.

    Raises:
        RunError: the run is not finished, its dataset has changed, or its system or judge is not Refdesk's own.
        SystemChoiceError: the file of another system's answers is gone, or has changed.
    """
    _check(run, dataset)
    config = run.config
    task = task_of(config["task"], dataset)
    support = harness.judge_of(config.get("judge"), task)
    known = {name for record in run.records for name in record["metrics"]}
    _check_judge(run, support, known)
    system = _reopened(run, task, dataset, distractors, callbacks, harness)
    now = {"threshold": system.threshold, **system.facts}
    found = first_difference({name: config.get(name) for name in now}, now)
    if found:
        return found
    items = sample(usable(dataset, task), config["limit"], config["seed"])
    found = first_difference([record["id"] for record in run.records], [item.id for item in items], "its questions")
    if found:
        return found
    asker = Asker(system, task, dataset, support)
    for number, (record, item) in enumerate(zip(run.records, items, strict=True), start=1):
        again = json.loads(json.dumps(_untimed(asker.ask(item).record)))
        _leave_out_newer(again, record, known)
        found = first_difference(_untimed(record), again)
        if found:
            return f"question {record['id']}: {found}"
        callbacks.asking(RunProgress(number, len(run.records), "", None, 0.0))
    figures = json.loads(json.dumps(summarise(run.records, task, config["seed"], harness.resamples)))
    kept = run.metrics
    figures = {name: own for name, own in figures.items() if name in kept or name == "metrics"}  # others are newer
    return first_difference({name: kept.get(name) for name in figures}, figures, "metrics.json")


def _leave_out_newer(again: dict[str, Any], record: Mapping[str, Any], known: Collection[str]) -> None:
    """Leave out of a record that was made ``again`` what the run is older than; ``known`` are its metrics."""
    if record.get("answer", {}).get("schema") == 1:
        again["answer"] = as_schema_1(again["answer"])
    elif "reasons" not in record.get("answer", {"reasons": []}):
        del again["answer"]["reasons"]
    for name in ("supplied", COST):
        if name not in record:
            again.pop(name, None)
    again["metrics"] = {name: value for name, value in again["metrics"].items() if name in known}
    if ENTAILED not in known and "right" in again.get("signals", {}):
        again["signals"]["right"] = record["signals"].get("right")  # right by entailment is newer


def _reopened(
    run: Run,
    task: Task,
    dataset: Dataset,
    distractors: Mapping[str, Document],
    callbacks: Callbacks,
    harness: Harness,
) -> OpenedSystem:
    """The run's system, as it was asked."""
    config = run.config
    if not config["own"]:
        return open_again(config["origin"]["answers"], dataset, task, config["system"], run.folder)
    folder = Path(config["index_folder"]) if config["index_folder"] else None
    out = run.folder.resolve().parent
    options = RunOptions(config["task"], out, folder, distractors, config["limit"], config["seed"])
    return open_own(config["system"], task, dataset, run.settings(), options, callbacks, harness)


def _check(run: Run, dataset: Dataset) -> None:
    config = run.config
    run.check_finished()
    if config["own"] is not True and "answers" not in config["origin"]:
        raise RunError(
            f"{run.folder}: {config['system']} is not Refdesk's own system, and no file of its answers is named: it "
            "cannot be replayed"
        )
    if dataset.digest != config["dataset"]["digest"]:
        raise RunError(f"{run.folder}: the dataset has changed since (digest {dataset.digest[:12]}…)")


def _check_judge(run: Run, support: SupportJudge, metrics: Collection[str]) -> None:
    """
    Raises:
        RunError: another judge judged the citations, or the answers.
    """
    is_judged = run.config["task"] == "qa" or ENTAILED in metrics
    if is_judged and run.config["support"] != judge_name(support):
        raise RunError(f"{run.folder}: its answers were judged by {run.config['support']}: it cannot be replayed")


def _untimed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without timings; of what it cost, only the tokens are the same again."""
    untimed = {name: value for name, value in record.items() if name != "seconds"}
    if COST in record:
        untimed[COST] = {name: record[COST].get(name) for name in (READ, WRITTEN)}
    if "answer" in record:
        untimed["answer"] = {**record["answer"], "timings_ms": None}
    return untimed
