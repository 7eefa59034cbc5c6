"""A finished run as a table of its questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.evaluation.runs.run import Run
from qa.evaluation.tasks import TASKS, Task

if TYPE_CHECKING:
    import pandas as pd


def load_run(path: Path | str) -> pd.DataFrame:
    """The run in the folder ``path`` as a DataFrame with a row for each question, in the order they were asked.

    Columns: ``id``, ``question``, ``group``, ``gold`` (the answers, the relevant documents or the label), ``outcome``
    (what the system returned, as a text), ``right`` (None where a task knows no right or wrong), ``confidence`` or
    ``score`` where the task has one, ``error`` (None: there was none), ``seconds``; then each metric under its name
    (NaN where it is undefined), and each slice as ``slice: NAME``. ``attrs`` holds ``config`` and ``metrics``, the
    content of those files.

    Raises:
        RunError: the folder holds no finished run.
    """
    import pandas as pd

    run = Run.open(Path(path))
    run.check_finished()
    task = TASKS[run.config["task"]]
    frame = pd.DataFrame([_row(record, task) for record in run.records])
    frame.attrs = {"config": dict(run.config), "metrics": run.metrics}
    return frame


def _row(record: Mapping[str, Any], task: Task) -> dict[str, Any]:
    gold, signals = record["gold"], record.get("signals", {})
    return {
        **{name: record[name] for name in ("id", "question", "group")},
        "gold": gold.get("answers", list(gold.get("relevant", ())) or gold.get("label")),
        "outcome": task.outcome(record),
        "right": task.is_right(record),
        **{name: signals[name] for name in ("confidence", "score") if name in signals},
        "error": record.get("error"),
        "seconds": record["seconds"],
        **record["metrics"],
        **{f"slice: {name}": value for name, value in record["slices"].items()},
    }
