"""A first draft of visitors' questions about your own documents, for a person to edit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.sentences import sentences
from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.drafts import Draft, draft
from qa.evaluation.datasets.questions import read_documents

ANSWERABLE = 3  # drafted questions for each document
_LENGTHS = range(20, 241)  # characters of a sentence that is asked about
_HELP = (
    "One question a line: a first draft, to be edited. Put each question into the words of a visitor, and into 'all' "
    "every wording that you would accept, in a list; 'cite' is the file that must be cited, 'from' the sentence that "
    "the question was drafted from. Add questions of your own, and some that the documents do not answer "
    "('kind': 'refusal'). Delete the lines that are not worth asking; this one may stay."
)
# What a document may be silent about: the question, and words of which none may be in any document.
_SILENT = (
    ("What is the telephone number for {title}?", ("telephone", "phone", "call us")),
    ("Who wrote {title}?", ("author", "written by", "wrote")),
    ("How much does {title} cost?", ("cost", "price", "fee", "$", "€", "£")),
    ("Which colour does {title} have?", ("colour", "color")),
)


def make_template(folder: Path, target: Path) -> tuple[int, tuple[str, ...]]:
    """Write a first draft of questions about the documents of ``folder``, in the format of visitors' questions.

    Each document gets a few questions that sentences of it answer, and the folder one that no document answers, where
    one can be drafted. ``load_dataset(target, corpus=folder)`` reads the file, before and after it is edited.

    Returns the number of questions, and the files that cannot be read, each with the reason.

    Raises:
        DatasetError: ``target`` exists or cannot be written, ``folder`` has no readable document, or none of its
            sentences can be asked about.
    """
    documents, unread = read_documents(folder)
    records = [record for name, document in documents.items() for record in _records(name, document)]
    if not records:
        raise DatasetError(
            f"{folder}: none of its sentences is one that a question can be drafted from: write the questions yourself"
        )
    records += _silent(documents)
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
    for number, (sentence, drafted) in enumerate(_spread(_drafts(document)), start=1):
        yield {
            "id": f"{name}#{number}",
            "kind": drafted.kind,
            "question": drafted.question,
            "expect": {"all": [[drafted.wording]], "cite": [name.rpartition("/")[2]]},
            "from": sentence,
        }


def _drafts(document: Document) -> list[tuple[str, Draft]]:
    """The sentences that a question can be drafted from, with it; each question once."""
    headings = [(section.start, section.heading_end) for section in document.sections]
    found: dict[str, tuple[str, Draft]] = {}
    for start, end in sentences(document.text):
        if end - start in _LENGTHS and not any(first <= start < last for first, last in headings):
            sentence = document.text[start:end]
            drafted = draft(sentence)
            if drafted:
                found.setdefault(drafted.question, (sentence, drafted))
    return list(found.values())


def _spread(found: list[tuple[str, Draft]]) -> list[tuple[str, Draft]]:
    """A few of them, spread evenly over the document."""
    count = min(ANSWERABLE, len(found))
    return [found[(2 * number + 1) * len(found) // (2 * count)] for number in range(count)]


def _silent(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    """A question that no document answers, as far as words tell; none where all may be answered."""
    name, document = next(iter(documents.items()))
    title = document.title or Path(name).stem
    text = "\n".join(own.text for own in documents.values()).lower()
    for question, words in _SILENT:
        if not any(word in text for word in words):
            expected = {"kind": "refusal"}
            return [{"id": "silent", "kind": "silent", "question": question.format(title=title), "expect": expected}]
    return []
