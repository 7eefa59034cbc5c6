"""A JSON Lines file in which to write questions about your own documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.sentences import sentences
from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.questions import read_documents

ANSWERABLE = 3  # answerable records for each document
_LENGTHS = range(40, 301)  # characters of a sentence that is offered as evidence
_HELP = (
    "One question a line, and as many lines as you like. Write the question that the evidence answers, in your own "
    "words, and in answers every form of the short answer that you would accept, as the document has it. Change the "
    "evidence where another sentence is worth asking about. Where answerable is false, ask what a reader might expect "
    "in this document but does not find. Delete the lines that you do not fill in; this one may stay."
)


def make_template(folder: Path, target: Path) -> tuple[int, tuple[str, ...]]:
    """Write a file of questions to fill in, in Refdesk's own format, for the documents of ``folder``.

    Each document gets a few records with a sentence of it as evidence, and one for a question that it does not answer.
    ``load_dataset(target, corpus=folder)`` reads the file once its questions are written.

    Returns the number of records, and the files that cannot be read, each with the reason.

    Raises:
        DatasetError: ``target`` exists or cannot be written, or ``folder`` has no readable document.
    """
    documents, unread = read_documents(folder)
    records = [record for name, document in documents.items() for record in _records(name, document)]
    lines = [json.dumps(record, ensure_ascii=False) for record in [{"comment": _HELP}, *records]]
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError as error:
        raise DatasetError(f"{target} exists already; name another file, or move it away") from error
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror})") from error
    return len(records), unread


def _records(name: str, document: Document) -> Iterator[dict[str, Any]]:
    for number, evidence in enumerate(_evidence(document), start=1):
        yield _record(f"{name}#{number}", True, evidence, name)
    yield _record(f"{name}#unanswerable", False, None, name)


def _record(identity: str, answerable: bool, evidence: str | None, source: str) -> dict[str, Any]:
    record = {"id": identity, "question": "", "answers": [], "answerable": answerable}
    return {**record, "evidence": evidence, "source": source}


def _evidence(document: Document) -> list[str]:
    """Sentences of a suitable length, spread evenly over the document."""
    headings = [(section.start, section.heading_end) for section in document.sections]
    spans = [
        (start, end)
        for start, end in sentences(document.text)
        if end - start in _LENGTHS and not any(first <= start < last for first, last in headings)
    ]
    count = min(ANSWERABLE, len(spans))
    chosen = [spans[(2 * number + 1) * len(spans) // (2 * count)] for number in range(count)]
    return [document.text[start:end] for start, end in chosen]
