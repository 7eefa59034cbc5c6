"""Another system's answers, from a file -> a system that gives them; ``prediction_files`` says which files are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.datasets.json_files import digest, read
from qa.evaluation.prediction_files import Prediction, is_trec, predictions_in, told_of
from qa.evaluation.scoring.rankings import as_word
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.systems.system import OpenedSystem, SystemChoiceError
from qa.evaluation.tasks import Task, usable


def open_answers(
    path: Path,
    data: bytes,
    dataset: Dataset,
    task: Task,
    name: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> OpenedSystem:
    """The system ``name`` (else as the file is called), which gives the answers in the content ``data`` of ``path``.

    ``tell`` is called with what was read, in a line.

    Raises:
        DatasetError, ReplyError: a line is in no known form, or an answer is for none of the questions.
    """
    given = predictions_in(data, path, task)
    tell(told_of(given, task, path))
    predictions = _matched(given, dataset, path)
    unfound = [own.id for own in usable(dataset, task) if own.id not in predictions] if is_trec(data, task) else []
    if unfound:
        predictions |= {key: Prediction(key, "", {}, 0.0, f"question {key}") for key in unfound}
        tell(f"{path}: has no line for {len(unfound)} queries, such as {unfound[0]}: nothing was found for them")

    def prediction_for(item: Item) -> Prediction:
        found = predictions.get(item.id)
        if found is None:
            raise ReplyError(f"has no answer in {path}; one that was refused has an empty text")
        return found

    # TREC's files have no white space in names.
    names = {as_word(own): own for own in dataset.documents} if task.name == "retrieval" else {}
    return OpenedSystem(
        name or path.name.split(".")[0],
        lambda item: _with_names(prediction_for(item).answer, names),
        seconds=lambda item: prediction_for(item).seconds,
        tokens=lambda item: prediction_for(item).tokens,
        process=None,
        fails_alone=False,
    )


def origin_of(path: Path, data: bytes) -> dict[str, str]:
    """What a run records of a file of answers: where it is, and the digest of its content."""
    return {"path": str(path.absolute()), "digest": digest([data])}


def open_again(origin: Mapping[str, str], dataset: Dataset, task: Task, name: str, of: Path) -> OpenedSystem:
    """The system ``name`` of the run in the folder ``of``, from the file that its answers were read from.

    Raises:
        SystemChoiceError: the file is gone, or is not as it was.
        DatasetError, ReplyError: it cannot be read.
    """
    path = Path(origin["path"])
    if not path.is_file():
        raise SystemChoiceError(f"{of}: the file of its answers, {path}, is gone: put it back to replay the run")
    data = read(path)
    if digest([data]) != origin["digest"]:
        raise SystemChoiceError(
            f"{of}: the file of its answers, {path}, has changed since: score it with refdesk eval --answers"
        )
    return open_answers(path, data, dataset, task, name)


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
    ids = _ids_of(dataset.items)
    known = {key: _folded(item.question) for item in dataset.items for key in ids[item.id]}
    asked = Counter(_folded(item.question) for item in dataset.items)
    _check_questions(predictions, known, path)
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
    keys = {item.id: (*ids[item.id], _folded(item.question)) for item in dataset.items}
    return {identity: by_key[key] for identity, own in keys.items() for key in reversed(own) if key in by_key}


def _check_questions(predictions: Iterable[Prediction], questions: Mapping[str, str], path: Path) -> None:
    """Raise ReplyError where a prediction has the id of one of the folded ``questions`` and the words of another."""
    asked = set(questions.values())
    for prediction in predictions:
        told = _folded(prediction.question)
        if told in asked and questions.get(prediction.id, told) != told:
            reason = "has the id of another question: mend the ids, or leave them out"
            raise ReplyError(f"{path}: {prediction.where} {reason}")


def _ids_of(items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """By the item's id, what it may be called: the id itself; that of the dataset's file, where this asks one question
    several times under one id; and as TREC's files have it."""
    questions = {item.id: _folded(item.question) for item in items}
    found = {}
    for item in items:
        first = item.id.rpartition("#")[0]  # the reader numbers those that repeat an id
        repeats = questions.get(first) == questions[item.id]
        found[item.id] = (item.id, *([first] if repeats else []), as_word(item.id))
    return found


def _folded(question: str) -> str:
    return " ".join(question.casefold().split())
