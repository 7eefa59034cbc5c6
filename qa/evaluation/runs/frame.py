"""A finished run as a table of its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.evaluation.cost import COSTS, PROCESSOR, costs_of
from qa.evaluation.metrics.names import rank
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.supplied import as_supplied
from qa.evaluation.tasks import TASKS, Task

if TYPE_CHECKING:
    import pandas as pd

RIGHT = "right"


def load_run(path: Path | str) -> pd.DataFrame:
    """The run in the folder ``path`` as a DataFrame with a row for each question, in the order they were asked.

    Columns, in this order:

    - ``id``, ``question``, ``group``: texts; ``gold``: the answers, the relevant documents or the label;
    - ``outcome``: what the system returned, as a text;
    - ``right``: pandas' nullable booleans, <NA> where a task knows no right or wrong;
    - ``confidence`` or ``score``: where the task has one and any answer came with it; ``error``: a text, <NA> where
      there was none; ``seconds``; ``processor_seconds``, ``peak_memory`` (bytes, so far), ``tokens_in`` and
      ``tokens_out``, <NA> where they are unknown;
    - each metric under its name, floats, NaN where it is undefined for a question; the mean of a column is the figure
      in ``metrics.json``. The verdict ``right`` of visitors is the column above;
    - each slice as ``slice: NAME``, texts.

    A question on which the system failed counts here as it does in ``metrics.json``: its metrics and its confidence are
    0, and ``right`` is false; only a claim has no score (NaN), and no figure counts it.
    ``frame[frame["error"].isna()]`` are the others. ``attrs`` holds ``config`` and ``metrics``, the content of those
    files.

    Raises:
        RunError: the folder holds no finished run.
    """
    import pandas as pd

    run = Run.open(Path(path))
    run.check_finished()
    task = TASKS[run.config["task"]]
    records = as_supplied(run.records)
    metrics = sorted({name for record in records for name in record["metrics"]} - {RIGHT}, key=rank)
    slices = list(dict.fromkeys(name for record in records for name in record["slices"]))
    frame = pd.DataFrame([_row(record, task, metrics, slices) for record in records])
    costs = {name: "Float64" if name == PROCESSOR else "Int64" for name in COSTS}
    frame = frame.astype({RIGHT: "boolean", "error": "string", **costs, **dict.fromkeys(metrics, "float64")})
    frame.attrs = {"config": dict(run.config), "metrics": run.metrics}
    return frame


def _row(record: Mapping[str, Any], task: Task, metrics: Sequence[str], slices: Sequence[str]) -> dict[str, Any]:
    gold, signals = record["gold"], record.get("signals", {})
    # Of claims, one that has no score has no signals either.
    scores = {name: signals.get(name, record.get(name)) for name in ("confidence", "score")}
    return {
        **{name: record[name] for name in ("id", "question", "group")},
        "gold": gold.get("answers", list(gold.get("relevant", ())) or gold.get("label")),
        "outcome": task.outcome(record),
        RIGHT: task.is_right(record),
        **{name: value for name, value in scores.items() if name in signals or name in record},
        "error": record.get("error"),
        "seconds": record["seconds"],
        **costs_of(record),
        **{name: record["metrics"].get(name) for name in metrics},
        **{f"slice: {name}": record["slices"].get(name) for name in slices},
    }
