"""Re-checks a saved answer: does every citation still say what it said?

What is checked needs no model and no trust in whoever wrote the file: offsets against the document's text,
quotes against statements, markers against citations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.store import Store
from qa.answer import MESSAGES, SCHEMA


class VerifyError(Exception):
    """A file that holds no answers. The message is one line."""


def read_answers(path: Path) -> list[Mapping[str, Any]]:
    """The answers in a JSON file (one object, or a list of them) or a JSON Lines file.

    Raises:
        VerifyError: the file cannot be read, or something in it is no answer; the line is named.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VerifyError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    try:
        loaded = json.loads(text)
        records = list(enumerate(loaded if isinstance(loaded, list) else [loaded], start=1))
    except json.JSONDecodeError:
        records = list(_lines(path, text))
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets a thousand deep
        raise VerifyError(f"{path}: is JSON that cannot be read ({error})") from error
    for number, record in records:
        if not isinstance(record, dict) or record.get("schema") != SCHEMA or not is_answer(record):
            raise VerifyError(f"{path}: record {number} is no answer as refdesk ask --json writes it (schema {SCHEMA})")
    if not records:
        raise VerifyError(f"{path}: holds no answers")
    return [record for _, record in records]


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was checked, and each problem with the number of its answer."""

    answers: int
    citations: int
    problems: list[dict[str, Any]]


def check_file(path: Path, index: Path) -> Checked:
    """Check the answers in a file against the documents of the index.

    Raises:
        VerifyError, StoreError: one of the two cannot be read.
    """
    records = read_answers(path)
    with Store(index).snapshot() as snapshot:

        def text_of(document_id: str) -> str | None:
            document = snapshot.document(document_id)
            return document.text if document else None

        checked = check(records, text_of)
        known = {(source.path, source.document_id) for source in snapshot.sources()}
        documents = {document for _, document in known}
    astray = [
        {
            "record": number,
            "question": record.get("question"),
            "problem": f"citation [{citation['number']}]: the text is in the index, but not from {citation['source']}",
        }
        for number, record in enumerate(records, start=1)
        for citation in record["citations"]
        if citation["document"] in documents and (citation["source"], citation["document"]) not in known
    ]
    return Checked(checked.answers, checked.citations, [*checked.problems, *astray])


def check(
    answers: Sequence[Mapping[str, Any]], text_of: Callable[[str], str | None], place: str = "the index"
) -> Checked:
    """Check answers against documents' texts by id, which ``place`` holds."""
    found = [
        {"record": number, "question": record.get("question"), "problem": problem}
        for number, record in enumerate(answers, start=1)
        for problem in problems(record, text_of, place)
    ]
    return Checked(len(answers), sum(len(record["citations"]) for record in answers), found)


def problems(answer: Mapping[str, Any], text_of: Callable[[str], str | None], place: str = "the index") -> list[str]:
    """What is wrong with the answer, a line each; ``text_of`` gives a document's text in ``place`` by id, or None."""
    citations = {citation["number"]: citation for citation in answer["citations"]}
    found = [problem for citation in citations.values() for problem in citation_problems(citation, text_of, place)]
    if len(citations) != len(answer["citations"]):
        found.append("two citations have the same number")
    for position, statement in enumerate(answer["statements"], start=1):
        cited = [citations[number] for number in statement["citations"] if number in citations]
        if len(cited) != len(statement["citations"]):
            found.append(f"statement {position} cites a number that no citation has")
        if statement["status"] != "unsupported" and not cited:
            found.append(f"statement {position} is said without a citation")
        if statement["status"] == "quoted" and not any(statement["text"] in citation["quote"] for citation in cited):
            found.append(f"statement {position} is not in the quotes that it cites")
    if answer["answered"] != any(statement["status"] != "unsupported" for statement in answer["statements"]):
        found.append("answered and statements disagree")
    if answer["answered"] != (answer["kind"] == "answer"):
        found.append("answered and kind disagree")
    if answer["answered"]:
        found.extend(_text_problems(answer))
    elif answer["text"] not in ("", *MESSAGES):
        found.append("something is said without a citation")
    return found


def _text_problems(answer: Mapping[str, Any]) -> Iterator[str]:
    """The text must be its statements with their markers, and nothing else."""
    said = (statement for statement in answer["statements"] if statement["status"] != "unsupported")
    expected = " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in said)
    if answer["text"] != expected:
        yield "the text is not its statements with their markers"
    short = answer.get("short_answer")
    if short and not any(short in citation["quote"] for citation in answer["citations"]):
        yield "the short answer is in no quote"


def citation_problems(
    citation: Mapping[str, Any], text_of: Callable[[str], str | None], place: str = "the index"
) -> Iterator[str]:
    """What is wrong with one citation; arguments as for ``problems``."""
    name = f"citation [{citation['number']}] of {citation['source']}"
    text = text_of(citation["document"])
    if text is None:
        yield f"{name}: the document {citation['document'][:19]}… is not in {place}"
    elif not _stands_at(citation, text):
        yield f"{name}: characters {citation['start']} to {citation['end']} are not the quote"


def _stands_at(citation: Mapping[str, Any], text: str) -> bool:
    start, end = citation["start"], citation["end"]
    return bool(0 <= start < end <= len(text) and text[start:end] == citation["quote"])


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise VerifyError(f"{path}: line {number} is not JSON ({error})") from error


def is_answer(record: Mapping[str, Any]) -> bool:
    """Whether the record has what ``problems`` looks at."""
    citation = {"number": int, "document": str, "source": str, "start": int, "end": int, "quote": str}
    statement = {"text": str, "citations": list, "status": str}
    top = {"kind": str, "answered": bool, "text": str, "citations": list, "statements": list}
    return (
        has_fields(record, top)
        and isinstance(record.get("short_answer"), str | None)
        and all(has_fields(item, citation) for item in record["citations"])
        and all(has_fields(item, statement) for item in record["statements"])
        and all(isinstance(number, int) for item in record["statements"] for number in item["citations"])
    )


def has_fields(record: Any, fields: Mapping[str, type]) -> bool:
    """Whether the record is an object with fields of these names and types."""
    return isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in fields.items())
