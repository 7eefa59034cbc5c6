"""Another system's answers, from a file -> a run that is scored and compared like any other.

The file is JSON Lines, with a line for each question. A line has the question's ``id`` in the dataset, and

- for ``qa`` and ``reading``: the fields of a mapping that ``qa.evaluation.scoring.reply`` accepts ("text", "citations",
  "confidence" …), or the JSON of an Answer under "answer", as in a run's ``answers.jsonl``;
- for ``retrieval``: "ranking"; for ``support``: "score";
- optionally "seconds", the time that the answer took.

``qa.evaluation.prediction_files`` reads this and the files of SQuAD, TREC, lm-eval and ragas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.evaluator import Callbacks, Harness, run_system
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.prediction_files import Prediction, read_predictions, told_of
from qa.evaluation.runs.config import RunOptions
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.rankings import as_word
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.systems.system import OpenedSystem
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
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - frozen
    harness: Harness = Harness(),  # noqa: B008 - frozen
) -> Run:
    """Score the answers in the file ``path``; ``name`` is the system's, other options are those of ``evaluate``.

    Raises:
        DatasetError, ReplyError, RunError: the file, or an answer in it, cannot be used; a question has no answer.
    """
    chosen = task_of(task, dataset)
    read = read_predictions(path, chosen)
    callbacks.reading(told_of(read, chosen, path))
    predictions = _matched(read, dataset, path)

    def prediction_for(item: Item) -> Prediction:
        found = predictions.get(item.id)
        if found is None:
            raise ReplyError(f"has no answer in {path}; one that was refused has an empty text")
        return found

    # TREC's files have no white space in names.
    names = {as_word(own): own for own in dataset.documents} if chosen.name == "retrieval" else {}
    system = OpenedSystem(
        name or path.name.split(".")[0],
        lambda item: _with_names(prediction_for(item).answer, names),
        seconds=lambda item: prediction_for(item).seconds,
        fails_alone=False,
    )
    options = RunOptions(task, Path(out), limit=limit, seed=seed, judge=support if isinstance(support, str) else None)
    return run_system(
        system, dataset, options, callbacks, harness.resamples, harness.judge_of(support, task_of(task, dataset))
    )


def _with_names(answer: object, names: Mapping[str, str]) -> object:
    """A ranking by the documents' own ``names``; any other answer as it is."""
    if not names or not isinstance(answer, Mapping):
        return answer
    return {names.get(name, name): score for name, score in answer.items()}


def _matched(predictions: Sequence[Prediction], dataset: Dataset, path: Path) -> dict[str, Prediction]:
    """The prediction for each item, by the item's id.

    Raises:
        ReplyError: a prediction is for none of the items, for several, or not the only one for its item.
    """
    known = {key for item in dataset.items for key in _ids_of(item)}
    asked = Counter(_folded(item.question) for item in dataset.items)
    by_key: dict[str, Prediction] = {}
    strangers = []
    for prediction in predictions:
        key = prediction.id if prediction.id in known else _folded(prediction.question)
        if key not in known and key not in asked:
            strangers.append(prediction)
        elif key not in known and asked[key] > 1:
            raise ReplyError(f"{path}: {prediction.where}: the dataset asks this several times: give ids")
        elif key in by_key:
            raise ReplyError(f"{path}: {prediction.where} is answered twice")
        else:
            by_key[key] = prediction
    if strangers:
        named = min(stranger.id or stranger.question for stranger in strangers)
        raise ReplyError(f"{path}: {named!r} is no question of {dataset.name} ({len(strangers)} such)")
    keys = {item.id: (*_ids_of(item), _folded(item.question)) for item in dataset.items}
    return {identity: by_key[key] for identity, own in keys.items() for key in reversed(own) if key in by_key}


def _ids_of(item: Item) -> tuple[str, ...]:
    """The item's id; as the dataset's file has it, which differs where the file repeats ids; and as TREC's files do."""
    return item.id, item.id.rpartition("#")[0] or item.id, as_word(item.id)


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
