"""Which runs there are in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import ANSWERS, CONFIG, METRICS, read_config
from qa.evaluation.tasks import TASKS


@dataclass(frozen=True, slots=True)
class ListedRun:
    """What ``refdesk runs`` tells of a run.

    - ``done``: the questions that were asked, of ``items``;
    - ``metrics``: the figures of ``metrics.json``, None of a run that was not finished; ``headline``: the task's first;
    - ``made``: when it was begun, in ISO 8601 (UTC).
    """

    run: str
    dataset: str
    task: str
    system: str
    name: str | None
    varied: Mapping[str, str]
    items: int
    done: int
    errors: int
    headline: str
    metrics: Mapping[str, Mapping[str, Any]] | None
    made: str


def list_runs(folder: Path) -> tuple[list[ListedRun], list[str]]:
    """The runs in ``folder``, the oldest first; and what is wrong with others, a line each.

    Raises:
        RunError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder: name the folder of runs, or make one with refdesk eval")
    found: list[ListedRun] = []
    damaged: list[str] = []
    for path in folder.iterdir():
        if (path / CONFIG).is_file():
            try:
                found.append(_listed(path))
            except RunError as error:
                damaged.append(str(error))
    return sorted(found, key=lambda run: (run.made, run.run)), sorted(damaged)


def _listed(path: Path) -> ListedRun:
    config = read_config(path)
    try:
        answers = path / ANSWERS
        done = answers.read_bytes().count(b"\n") if answers.is_file() else 0
        figures = json.loads((path / METRICS).read_text("utf-8")) if (path / METRICS).is_file() else {}
        made = datetime.fromtimestamp((path / CONFIG).stat().st_mtime, UTC)
        return ListedRun(
            run=str(path),
            dataset=config["dataset"]["name"],
            task=config["task"],
            system=config["system"],
            name=config.get("name"),
            varied=config.get("varied") or {},
            items=config["items"],
            done=done,
            errors=figures.get("errors", 0),
            headline=TASKS[config["task"]].headline,
            metrics=figures.get("metrics"),
            made=made.isoformat(timespec="seconds"),
        )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{path}: the run is damaged ({error})") from error
