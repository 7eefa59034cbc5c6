"""``refdesk ask --batch``: many questions from a file, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import typer

from qa.answer import Answer
from qa.assistant import QuestionError
from qa.cli.answer_text import as_text
from qa.cli.console import echo, note, print_json
from qa.understand.conversation import Turn

Ask = Callable[[str, Sequence[Turn]], Answer]
STANDARD_INPUT = "-"  # in place of a file


class BatchQuestion(NamedTuple):
    """A question of the file; ``after`` are the earlier ones of its conversation."""

    id: str
    question: str
    after: tuple[str, ...]


def read_batch(path: Path, standard_input: BinaryIO | None = None) -> list[BatchQuestion]:
    """The questions in a JSON Lines file; other fields of a line are ignored.

    Of the path "-", ``standard_input`` is read to its end; None: that of the process.

    Raises:
        DatasetError: the file cannot be read, or a line has no question.
    """
    from qa.evaluation.datasets.dataset import DatasetError
    from qa.evaluation.datasets.json_files import json_lines, read, shown
    from qa.evaluation.datasets.questions import NAMES

    if str(path) == STANDARD_INPUT:
        name, data = "standard input", (standard_input or sys.stdin.buffer).read()
    else:
        name, data = path.name, read(path)
    found = []
    for number, record in enumerate(json_lines(data, name), start=1):
        after = record.fields.get("after", [])
        if not isinstance(after, list) or not all(isinstance(text, str) for text in after):
            raise DatasetError(f"{record.where}: after must be a list of earlier questions, not {shown(after)}")
        identity = record.text(*NAMES["id"]) or str(number)
        found.append(BatchQuestion(identity, record.required(*NAMES["question"]), tuple(after)))
    if not found:
        raise DatasetError(f"{name}: holds no questions")
    return found


def ask_all(batch: Sequence[BatchQuestion], history: Sequence[Turn], ask: Ask, as_json: bool) -> None:
    """Print the answer to each question as soon as it is there; with ``as_json``, an object a line.

    A question that cannot be asked is printed with its error; exit code 3 says that there was one.
    """
    failed = 0
    for asked in batch:
        try:
            answer = _answer(asked, history, ask)
        except QuestionError as error:
            failed += 1
            note(f"question {asked.id}: {error}")
            if as_json:
                print_json({"id": asked.id, "question": asked.question, "error": str(error)}, line=True)
            continue
        if as_json:
            print_json({"id": asked.id, **answer.to_dict()}, line=True)
        else:
            echo(f"{asked.id}: {asked.question}", *as_text(answer).split("\n"), "")
    if failed:
        raise typer.Exit(3)


def _answer(asked: BatchQuestion, history: Sequence[Turn], ask: Ask) -> Answer:
    from qa.saved.turns import turn_of

    turns: list[Any] = list(history)
    for question in asked.after:
        turns.append(turn_of(ask(question, turns).to_dict()))
    return ask(asked.question, turns)
