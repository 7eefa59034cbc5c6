"""Ask a run's questions again: are the answers and figures the same?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from qa.evaluation.asker import Asker
from qa.evaluation.datasets.dataset import Dataset, sample
from qa.evaluation.evaluator import Callbacks, Harness, RunProgress, open_own
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.runs.config import RunOptions, judge_name
from qa.evaluation.runs.difference import first_difference
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import Run
from qa.evaluation.summary import summarise
from qa.evaluation.tasks import task_of, usable
from qa.saved.shape import as_schema_1


def replay(
    run: Run,
    dataset: Dataset,
    distractors: Mapping[str, Document],
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
    harness: Harness = Harness(),  # noqa: B008 - frozen
) -> str | None:
    """Ask the run's questions again and recompute its figures; the first difference in words, or None.

    Timings are not compared, and no metrics that the run is older than.

    Raises:
        RunError: the run is not finished, its dataset has changed, or its system or judge is not Refdesk's own.
    """
    _check(run, dataset)
    config = run.config
    task = task_of(config["task"], dataset)
    support = harness.judge_of(config.get("judge"), task)
    _check_judge(run, support)
    folder = Path(config["index_folder"]) if config["index_folder"] else None
    out = run.folder.resolve().parent
    options = RunOptions(config["task"], out, folder, distractors, config["limit"], config["seed"])
    system = open_own(config["system"], task, dataset, run.settings(), options, callbacks, harness)
    now = {"threshold": system.threshold, **system.facts}
    found = first_difference({name: config.get(name) for name in now}, now)
    if found:
        return found
    items = sample(usable(dataset, task), options.limit, options.seed)
    found = first_difference([record["id"] for record in run.records], [item.id for item in items], "its questions")
    if found:
        return found
    asker = Asker(system, task, dataset, support)
    known = {name for record in run.records for name in record["metrics"]}
    for number, (record, item) in enumerate(zip(run.records, items, strict=True), start=1):
        again = json.loads(json.dumps(_untimed(asker.ask(item).record)))
        if record.get("answer", {}).get("schema") == 1:
            again["answer"] = as_schema_1(again["answer"])
        elif "reasons" not in record.get("answer", {"reasons": []}):
            del again["answer"]["reasons"]  # the run is older than they are
        again["metrics"] = {name: value for name, value in again["metrics"].items() if name in known}
        found = first_difference(_untimed(record), again)
        if found:
            return f"question {record['id']}: {found}"
        callbacks.asking(RunProgress(number, len(run.records), "", None, 0.0))
    figures = json.loads(json.dumps(summarise(run.records, task, options.seed, harness.resamples)))
    return first_difference({name: run.metrics.get(name) for name in figures}, figures, "metrics.json")


def _check(run: Run, dataset: Dataset) -> None:
    config = run.config
    run.check_finished()
    if config["own"] is not True:
        raise RunError(f"{run.folder}: {config['system']} is not Refdesk's own system: it cannot be replayed")
    if dataset.digest != config["dataset"]["digest"]:
        raise RunError(f"{run.folder}: the dataset has changed since (digest {dataset.digest[:12]}…)")


def _check_judge(run: Run, support: SupportJudge) -> None:
    """
    Raises:
        RunError: the citations were judged by another judge.
    """
    if run.config["task"] == "qa" and run.config["support"] != judge_name(support):
        raise RunError(f"{run.folder}: its citations were judged by {run.config['support']}: it cannot be replayed")


def _untimed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without timings."""
    untimed = {name: value for name, value in record.items() if name != "seconds"}
    if "answer" in record:
        untimed["answer"] = {**record["answer"], "timings_ms": None}
    return untimed
