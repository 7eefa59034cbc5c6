"""Another system's answers from a file -> a run that is scored and compared like any other.

JSON Lines, a line a question with its ``id`` in the dataset, and

- of ``qa`` and ``reading``: what ``qa.evaluation.reply`` allows of a mapping ("text", "citations", "confidence" …), or
  the JSON of an Answer under "answer", as in a run's ``answers.jsonl``;
- of ``retrieval``: "ranking", of ``support``: "score";
- of choice "seconds", which it took.

Or one JSON object from ids to texts, as SQuAD's official script reads predictions (an empty text refuses).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.bench import Listener, Plan, run_opened
from qa.evaluation.dataset import Dataset, Item
from qa.evaluation.formats.files import parse, read
from qa.evaluation.metrics import Support
from qa.evaluation.reply import ReplyError
from qa.evaluation.runs import Run
from qa.evaluation.score_answers import verbatim
from qa.evaluation.systems import Opened


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
    said = _answers(path)
    unknown = said.keys() - {item.id for item in dataset.items}
    if unknown:
        raise ReplyError(f"{path}: {min(unknown)!r} is no question of {dataset.name} ({len(unknown)} such ids)")

    def ask(item: Item) -> object:
        if item.id not in said:
            raise ReplyError(f"{path}: question {item.id} has no answer; one that was refused has an empty text")
        return said[item.id][0]

    def seconds(item: Item) -> float:
        return said[item.id][1]

    plan = Plan(task, Path(out), limit=limit, seed=seed, support=support)
    opened = Opened(ask, seconds=seconds)
    return run_opened(opened, name or path.name.split(".")[0], dataset, plan, None, listener)


def _answers(path: Path) -> dict[str, tuple[object, float]]:
    """By id: what was said, and how long it took (0.0: not told)."""
    value = parse(read(path), path.name)
    if isinstance(value, dict) and ".jsonl" not in path.suffixes:
        return {key: (text, 0.0) for key, text in value.items()}
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
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ReplyError(f"{path}: question {key}: seconds must be a number, not {seconds!r}")
        found[key] = (_said(fields), float(seconds))
    return found


def _said(fields: Mapping[str, Any]) -> object:
    for name in ("ranking", "score"):
        if name in fields:
            return fields[name]
    answer = fields.get("answer")
    if isinstance(answer, Mapping):
        return answer
    return {"text": answer, **fields} if isinstance(answer, str) else fields
