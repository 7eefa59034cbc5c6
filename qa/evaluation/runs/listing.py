"""Which runs there are in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import ANSWERS, CONFIG, METRICS, read_config
from qa.evaluation.runs.used import is_used
from qa.evaluation.tasks import TASKS


@dataclass(frozen=True, slots=True)
class ListedRun:
    """What ``refdesk runs`` tells of a run.

    - ``done``: the questions that were asked, of ``items``;
    - ``metrics``: the figures of ``metrics.json``, None of a run that was not finished; ``headline``: the task's first;
    - ``made``: when it was begun, in ISO 8601 (UTC);
    - ``differing``: its settings, judge and so on that are not the same in all runs of the folder on the same dataset
      and task, of those that mean something to its system; a setting that is at its default may be missing.
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
    differing: Mapping[str, Any] = field(default_factory=dict)


def list_runs(folder: Path) -> tuple[list[ListedRun], list[str]]:
    """The runs in ``folder``, the oldest first; and what is wrong with others, a line each.

    Raises:
        RunError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunError(f"{folder}: no such folder: name the folder of runs, or make one with refdesk eval")
    found: list[tuple[ListedRun, dict[str, Any]]] = []  # with its configuration
    damaged: list[str] = []
    for path in folder.iterdir():
        if (path / CONFIG).is_file():
            try:
                found.append(_listed(path))
            except RunError as error:
                damaged.append(str(error))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run, config in found:
        groups.setdefault((run.dataset, run.task), []).append(config)
    runs = [replace(run, differing=_differing(own, groups[run.dataset, run.task])) for run, own in found]
    return sorted(runs, key=lambda run: (run.made, run.run)), sorted(damaged)


def _differing(own: Mapping[str, Any], group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a run is made with that is not the same in all of its group, but for runs to which it means nothing."""
    settings = {
        name: value
        for name, value in own["settings"].items()
        if is_used(name, own) and any(is_used(name, other) and other["settings"].get(name) != value for other in group)
    }
    given = {name: value for name, value in _given(own).items() if any(_given(other)[name] != value for other in group)}
    return {name: value for made in (settings, given) for name, value in made.items() if value is not None}


def _given(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the command of a run says of how it is made, besides the system and its settings."""
    given = {name: config.get(name) for name in ("judge", "limit", "seed")}
    return {**given, "index": config.get("index_folder"), "distractors": config.get("distractors") or None}


def _listed(path: Path) -> tuple[ListedRun, dict[str, Any]]:
    config = read_config(path)
    try:
        answers = path / ANSWERS
        done = answers.read_bytes().count(b"\n") if answers.is_file() else 0
        figures = json.loads((path / METRICS).read_text("utf-8")) if (path / METRICS).is_file() else {}
        made = datetime.fromtimestamp((path / CONFIG).stat().st_mtime, UTC)
        listed = ListedRun(
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
        return listed, config
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{path}: the run is damaged ({error})") from error
