"""Another system's answers, from a file -> a run that is scored and compared like any other.

The file is JSON Lines, with a line for each question. A line has the question's ``id`` in the dataset, and

- for ``qa`` and ``reading``: the fields of a mapping that ``qa.evaluation.scoring.reply`` accepts ("text", "citations",
  "confidence" …), or the JSON of an Answer under "answer", as in a run's ``answers.jsonl``;
- for ``retrieval``: "ranking"; for ``support``: "score";
- optionally "seconds", the time that the answer took, and "usage", its tokens as OpenAI's API tells them.

``qa.evaluation.prediction_files`` reads this and the files of SQuAD, TREC, lm-eval and ragas.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.datasets.json_files import read
from qa.evaluation.evaluator import Callbacks, Harness, run_system
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.runs.config import RunOptions
from qa.evaluation.runs.run import Run
from qa.evaluation.systems.answered import open_answers, origin_of
from qa.evaluation.tasks import task_of


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
    origin: Mapping[str, Any] | None = None,
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
    harness: Harness = Harness(),  # noqa: B008 - frozen
) -> Run:
    """Score the answers in the file ``path``; ``name`` is the system's, other options are those of ``evaluate``.

    The run records where the file is and its digest, beside ``origin``, so that it can be replayed.

    Raises:
        DatasetError, ReplyError, RunError: the file, or an answer in it, cannot be used; a question has no answer.
    """
    chosen = task_of(task, dataset)
    data = read(path)
    system = open_answers(path, data, dataset, chosen, name, callbacks.reading)
    judge = support if isinstance(support, str) else None
    made_of = {**(origin or {}), "answers": origin_of(path, data)}
    options = RunOptions(task, Path(out), limit=limit, seed=seed, judge=judge, origin=made_of)
    return run_system(system, dataset, options, callbacks, harness, harness.judge_of(support, chosen))
