"""A first draft of visitors' questions about your own documents, for a person to edit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from documents.document import Document
from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.drafts.asking import not_asked_in
from qa.evaluation.datasets.drafts.blocks import lists, overview
from qa.evaluation.datasets.drafts.draft import Draft
from qa.evaluation.datasets.drafts.facts import facts
from qa.evaluation.datasets.drafts.tables import tables
from qa.evaluation.datasets.drafts.unanswered import unanswered
from qa.evaluation.datasets.questions import read_documents

FACTS = 3  # drafted of each document
LISTS, TABLES = 2, 3
MOST = 100  # answerable questions of a folder: more than anybody edits in an hour
_HELP = (
    "One question a line: a first draft, to be edited. (1) Put each question into the words of a visitor. (2) In 'all' "
    "stand groups: of each, one wording must be said; add every wording that you would accept, and take away what need "
    "not be said. (3) 'cite' are the files that must be cited, 'source' and 'evidence' where the answer stands. (4) "
    "Where it says 'check', read the documents again, mend the line, and delete the field. (5) Add questions of your "
    "own; delete the lines that are not worth asking. This one may stay."
)
_SEVERAL = "several documents are asked this: which of them answers it?"
_T = TypeVar("_T")


class Drafted(NamedTuple):
    """How many questions were drafted, the files that cannot be read, each with the reason, and what is to be told."""

    questions: int
    unread: tuple[str, ...]
    notes: tuple[str, ...] = ()


def make_template(folder: Path, target: Path) -> Drafted:
    """Write a first draft of questions about the documents of ``folder``, in the format of visitors' questions.

    Each document gets up to nine questions: about sentences ("fact"), lists ("list"), procedures ("how-to"), tables
    ("table", "follow-up", "count") and what it is about ("overview"); the folder gets at most ``MOST``, from documents
    all over it. Then come questions that the documents should not answer: "near-miss" and "silent", which a person must
    check, and "off-topic". ``load_dataset(target, corpus=folder)`` reads the file, before and after it is edited.

    A document is asked about in its language, where ``drafts/questions.json`` has it, else in English.

    Raises:
        DatasetError: ``target`` exists or cannot be written, ``folder`` has no readable document, or nothing in them
            can be asked about.
    """
    documents, unread = read_documents(folder)
    drafts = {name: drafted for name, document in documents.items() if (drafted := list(_drafts(name, document)))}
    if not drafts:
        raise DatasetError(
            f"{folder}: holds no sentence, list or table that a question can be drafted from: write the questions "
            "yourself"
        )
    kept = spread([(name, draft) for name, own in drafts.items() for draft in own], MOST)
    records = list(_numbered(kept))
    records += unanswered(documents, [draft for _, draft in kept])
    lines = [json.dumps(record, ensure_ascii=False) for record in [{"comment": _HELP}, *records]]
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines) + "\n")
    except FileExistsError as error:
        raise DatasetError(f"{target} exists already; name another file, or move it away") from error
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({error.strerror})") from error
    others = ", ".join(not_asked_in(documents.values()))
    note = f"some documents are in a language that is not drafted in ({others}): their questions are in English"
    return Drafted(len(records), unread, (note,) if others else ())


def _drafts(name: str, document: Document) -> Iterator[Draft]:
    """The drafts of a document, each question once."""
    found = chain(
        spread(list(facts(document)), FACTS),
        spread(list(lists(document)), LISTS),
        list(tables(document))[:TABLES],
        overview(name, document),
    )
    yield from {(draft.question, draft.after): draft for draft in found}.values()


def _numbered(drafts: Sequence[tuple[str, Draft]]) -> Iterator[dict[str, Any]]:
    """The drafts as records, numbered within their documents."""
    last, asked = Counter[str](), Counter((draft.question, draft.after) for _, draft in drafts)
    for name, draft in drafts:
        last[name] += 1
        check = _SEVERAL if asked[draft.question, draft.after] > 1 else ""
        yield draft.record(f"{name}#{last[name]}", name, check)


def spread(found: Sequence[_T], most: int) -> list[_T]:
    """At most so many of them, spread evenly."""
    count = min(most, len(found))
    return [found[(2 * number + 1) * len(found) // (2 * count)] for number in range(count)]
