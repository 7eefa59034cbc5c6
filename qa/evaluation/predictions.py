"""Another system's answers, from a file -> a run that is scored and compared like any other.

The file is JSON Lines, with a line for each question. A line has the question's ``id`` in the dataset, and

- for ``qa`` and ``reading``: the fields of a mapping that ``qa.evaluation.scoring.reply`` accepts ("text", "citations",
  "confidence" …), or the JSON of an Answer under "answer", as in a run's ``answers.jsonl``;
- for ``retrieval``: "ranking"; for ``support``: "score";
- optionally "seconds", the time that the answer took.

Or it is one JSON object from ids to texts, like the prediction files of SQuAD's official script: the texts are short
answers, and an empty text is a refusal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.datasets.json_files import DatasetRecord, parse, read
from qa.evaluation.evaluator import Callbacks, Harness, run_system
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.runs.config import RunOptions
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.reply import ReplyError, as_short_answer
from qa.evaluation.systems.system import OpenedSystem
from qa.evaluation.tasks import Task, task_of


class Prediction(NamedTuple):
    """What a system answered, and the seconds it took (0.0: unknown)."""

    answer: object
    seconds: float


def import_run(
    path: Path,
    dataset: Dataset,
    *,
    name: str | None = None,
    task: str | None = None,
    out: Path | str = "runs",
    limit: int | None = None,
    seed: int = 0,
    support: SupportJudge | str | None = None,
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
    harness: Harness = Harness(),  # noqa: B008 - frozen
) -> Run:
    """Score the answers in the file ``path``; ``name`` is the system's, other options are those of ``evaluate``.

    Raises:
        DatasetError, ReplyError, RunError: the file, or an answer in it, cannot be used; a question has no answer.
    """
    predictions = _predictions(path, task_of(task, dataset))
    unknown = predictions.keys() - {key for item in dataset.items for key in _ids_of(item)}
    if unknown:
        raise ReplyError(f"{path}: {min(unknown)!r} is no question of {dataset.name} ({len(unknown)} such ids)")

    def prediction_for(item: Item) -> Prediction:
        found = next((predictions[key] for key in _ids_of(item) if key in predictions), None)
        if found is None:
            raise ReplyError(f"has no answer in {path}; one that was refused has an empty text")
        return found

    system = OpenedSystem(
        name or path.name.split(".")[0],
        lambda item: prediction_for(item).answer,
        seconds=lambda item: prediction_for(item).seconds,
        fails_alone=False,
    )
    options = RunOptions(task, Path(out), limit=limit, seed=seed, judge=support if isinstance(support, str) else None)
    return run_system(
        system, dataset, options, callbacks, harness.resamples, harness.judge_of(support, task_of(task, dataset))
    )


def _ids_of(item: Item) -> tuple[str, str]:
    """The item's id, and the id in the dataset's file, which differs where the file repeats ids."""
    return item.id, item.id.rpartition("#")[0] or item.id


def _predictions(path: Path, task: Task) -> dict[str, Prediction]:
    """The predictions in the file, by id.

    Raises:
        DatasetError, ReplyError: the file cannot be read, or a line has no valid id or seconds.
    """
    value = parse(read(path), path.name)
    if isinstance(value, dict) and not {".jsonl", ".ndjson"} & set(path.suffixes):
        return {
            key: Prediction(as_short_answer(text) if isinstance(text, str) else text, 0.0)
            for key, text in value.items()
        }
    found: dict[str, Prediction] = {}
    for number, row in enumerate(value if isinstance(value, list) else [value], start=1):
        fields = row.fields if isinstance(row, DatasetRecord) else row
        if not isinstance(fields, Mapping) or not isinstance(fields.get("id"), str | int):
            raise ReplyError(f"{path}: answer {number} has no id")
        key = str(fields["id"])
        if key in found:
            raise ReplyError(f"{path}: question {key} is answered twice")
        seconds = fields.get("seconds", 0.0)
        if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
            raise ReplyError(f"{path}: question {key}: seconds must be a number, not {seconds!r}")
        found[key] = Prediction(_answer(fields, task), float(seconds))
    return found


def _answer(fields: Mapping[str, Any], task: Task) -> object:
    name = {"retrieval": "ranking", "support": "score"}.get(task.name)
    if name:
        return fields.get(name)
    answer = fields.get("answer")
    if isinstance(answer, Mapping):
        return answer
    return {"text": answer, **fields} if isinstance(answer, str) else fields
