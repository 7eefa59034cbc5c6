"""Another system's answers from a file -> a run that is scored and compared like any other.

JSON Lines, a line a question with its ``id`` in the dataset, and

- of ``qa`` and ``reading``: what ``qa.evaluation.reply`` allows of a mapping ("text", "citations", "confidence" …), or
  the JSON of an Answer under "answer", as in a run's ``answers.jsonl``;
- of ``retrieval``: "ranking", of ``support``: "score";
- of choice "seconds", which it took.

Or one JSON object from ids to texts, as SQuAD's official script reads predictions (an empty text refuses): they are
short answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.bench import Listener, Plan, run_opened
from qa.evaluation.dataset import Dataset, Item
from qa.evaluation.formats.files import parse, read
from qa.evaluation.metrics import Support
from qa.evaluation.reply import ReplyError, prediction_of
from qa.evaluation.runs import Run
from qa.evaluation.score_answers import verbatim
from qa.evaluation.systems import Opened
from qa.evaluation.tasks import Task, task_of


def import_run(
    path: Path,
    dataset: Dataset,
    *,
    name: str | None = None,
    task: str | None = None,
    out: Path | str = "runs",
    limit: int | None = None,
    seed: int = 0,
    support: Support = verbatim,
    listener: Listener = Listener(),  # noqa: B008 - frozen
) -> Run:
    """Score the answers in ``path``; ``name`` is the system's, the other options are those of ``evaluate``.

    Raises:
        DatasetError, ReplyError, RunError: the file, or an answer in it, cannot be used; a question has none.
    """
    said = _answers(path, task_of(task, dataset))
    unknown = said.keys() - {name for item in dataset.items for name in _ids_of(item)}
    if unknown:
        raise ReplyError(f"{path}: {min(unknown)!r} is no question of {dataset.name} ({len(unknown)} such ids)")

    def own(item: Item) -> tuple[object, float]:
        found = next((said[name] for name in _ids_of(item) if name in said), None)
        if found is None:
            raise ReplyError(f"{path}: question {item.id} has no answer; one that was refused has an empty text")
        return found

    plan = Plan(task, Path(out), limit=limit, seed=seed, support=support)
    opened = Opened(lambda item: own(item)[0], seconds=lambda item: own(item)[1])
    return run_opened(opened, name or path.name.split(".")[0], dataset, plan, None, listener)


def _ids_of(item: Item) -> tuple[str, str]:
    """Its id, and the one it had in the dataset's file where that has several of the same."""
    return item.id, item.id.rpartition("#")[0] or item.id


def _answers(path: Path, task: Task) -> dict[str, tuple[object, float]]:
    """By id: what was said, and how long it took (0.0: not told)."""
    value = parse(read(path), path.name)
    if isinstance(value, dict) and not {".jsonl", ".ndjson"} & set(path.suffixes):
        return {key: (prediction_of(text) if isinstance(text, str) else text, 0.0) for key, text in value.items()}
    rows = value if isinstance(value, list) else [value]
    found: dict[str, tuple[object, float]] = {}
    for number, row in enumerate(rows, start=1):
        fields = getattr(row, "fields", row)
        if not isinstance(fields, Mapping) or not isinstance(fields.get("id"), str | int):
            raise ReplyError(f"{path}: answer {number} has no id")
        key = str(fields["id"])
        if key in found:
            raise ReplyError(f"{path}: question {key} is answered twice")
        seconds = fields.get("seconds", 0.0)
        if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise ReplyError(f"{path}: question {key}: seconds must be a number, not {seconds!r}")
        found[key] = (_said(fields, task), float(seconds))
    return found


def _said(fields: Mapping[str, Any], task: Task) -> object:
    name = {"retrieval": "ranking", "support": "score"}.get(task.name)
    if name:
        return fields.get(name)
    answer = fields.get("answer")
    if isinstance(answer, Mapping):
        return answer
    return {"text": answer, **fields} if isinstance(answer, str) else fields
