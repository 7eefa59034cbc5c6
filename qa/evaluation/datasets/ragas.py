"""Test sets of ragas, as its ``Testset`` and ``EvaluationDataset`` write them, to CSV or JSON Lines.

Their fields are those of ``questions``. What is of its own is read here: a table, whose cells hold lists as Python
prints them, and a sample of several turns, whose ``user_input`` is a list of messages: the last one of a person is the
question, those before it are the conversation.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from qa.evaluation.datasets import questions
from qa.evaluation.datasets.dataset import Dataset, DatasetError
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, decoded, shown

ASKED = "user_input"
# What else is a list, or an object, in a cell; others are texts whatever they begin with.
_LISTS = ("reference_contexts", "retrieved_contexts", "reference_tool_calls", "rubrics")
_CSV = (".csv", ".csv.gz", ".csv.bz2")


class Conversation(NamedTuple):
    """The question that a sample ends with, the earlier ones, and what was said to each ("": nothing)."""

    question: str
    after: tuple[str, ...]
    replies: tuple[str, ...]


def is_table(path: Path) -> bool:
    """Whether the file is read as CSV."""
    return path.name.lower().endswith(_CSV)


def table(data: bytes, name: str) -> list[DatasetRecord]:
    """The rows of a CSV file, without their empty cells.

    Raises:
        DatasetError: it has no column of questions, or a row is not as ragas writes it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(data)))  # a context may be a long text
    rows = csv.DictReader(io.StringIO(decoded(data, name), newline=""), restkey=" ", restval="")
    try:
        if ASKED not in (rows.fieldnames or ()):
            raise DatasetError(
                f"{name}: a CSV file is read as a test set of ragas, and this has no column {ASKED}: rename the column "
                "of the questions, or write JSON Lines"
            )
        return [_row(row, f"{name}: row {number}") for number, row in enumerate(rows, start=1)]
    except csv.Error as error:
        raise DatasetError(f"{name}: line {rows.line_num} is not CSV ({error})") from error


def load(file: DatasetFile) -> Dataset:
    """The dataset of samples of several turns about the documents in the corpus, if one is named.

    Raises:
        DatasetError: a record breaks the format, or the corpus has no readable document.
    """
    talks = [_conversation(record) for record in file.records]
    asked = [
        DatasetRecord(record.where, {**record.fields, ASKED: talk.question})
        for record, talk in zip(file.records, talks, strict=True)
    ]
    dataset = questions.load(replace(file, records=asked))
    pairs = zip(dataset.items, talks, strict=True)
    return replace(dataset, items=tuple(replace(item, after=own.after, replies=own.replies) for item, own in pairs))


def _row(row: Mapping[str, str | list[str]], where: str) -> DatasetRecord:
    fields: dict[str, Any] = {}
    for name, cell in row.items():
        if not isinstance(cell, str):  # under no heading
            raise DatasetError(f"{where}: has more cells than the first line has names; quote those with a comma")
        if cell.strip():
            messages = name == ASKED and cell.lstrip().startswith("[{")
            fields[name] = _literal(cell, name, where) if messages or name in _LISTS else cell
    return DatasetRecord(where, fields)


def _literal(cell: str, name: str, where: str) -> object:
    try:
        return ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DatasetError(f"{where}: {name} must be a list as Python prints it, not {shown(cell)}") from error


def _conversation(record: DatasetRecord) -> Conversation:
    """
    Raises:
        DatasetError: the messages are none, or a person's is not among them.
    """
    asked: list[str] = []
    said: list[str] = []
    for kind, text in _messages(record):
        if kind == "human":
            asked.append(text)
            said.append("")
        elif kind == "ai" and asked:
            said[-1] = text
    if not asked:
        raise DatasetError(f"{record.where}: no message of {ASKED} is of type human; the last such is the question")
    earlier = said[:-1]  # what is said to the question itself is for the system to say
    return Conversation(asked[-1], tuple(asked[:-1]), tuple(earlier) if any(earlier) else ())


def _messages(record: DatasetRecord) -> Iterator[tuple[str, str]]:
    """The type and the text of each message; of a sample of a single turn, its question."""
    value = record.fields.get(ASKED)
    for message in value if isinstance(value, list) else [{"type": "human", "content": value}]:
        kind = message.get("type") if isinstance(message, dict) else None
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(kind, str) or not isinstance(text, str):
            raise DatasetError(
                f"{record.where}: a message of {ASKED} is an object with type (human, ai or tool) and content, not "
                f"{shown(message)}"
            )
        yield kind, text.strip()
