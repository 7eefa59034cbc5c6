"""Passages with questions and the sentences that answer them, written by hand (``training/evidence/*.txt``).

A passage begins with ``=== title``. Its text has one sentence, list item or table row (the rule below a table's head is
one too) a line, numbered from 1; a blank line ends a paragraph and has no number. Below a line ``---`` come its
questions, a line each:

- ``how 3 4: How do I …?`` is answered by sentences 3 and 4, and by no others; instead of ``how`` stand the other
  ``KINDS``: ``do`` asks what to do in a case, ``if`` what happens then, ``keywords`` is no sentence but a search;
- ``near 5: …`` is not answered by the text; sentence 5 only seems to answer it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document
from documents.load import parse
from documents.sentences import Range
from documents.split import sentences_within

FOLDER = Path(__file__).parent / "evidence"
KINDS = ("how", "why", "if", "do", "describe", "keywords", "list", "fact")
NEAR = "near"
_QUESTION = re.compile(rf"({'|'.join((*KINDS, NEAR))})((?: \d+)+): (\S.*)")
_ITEM = re.compile(r"- |\d+\. |\| ")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; ``sentences`` are indices into the passage's, and those of ``near`` only seem to answer it."""

    kind: str
    text: str
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A document, where its sentences stand in its text, and what is asked about it."""

    document: Document
    sentences: tuple[Range, ...]
    questions: tuple[Asked, ...]


def read(folder: Path = FOLDER) -> Iterator[Passage]:
    """Every passage of the folder's files.

    Raises:
        SystemExit: a line is not one sentence, or a question cannot be read; the message names file, title and line.
    """
    for path in sorted(folder.glob("*.txt")):
        for part in re.split(r"^=== ?", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            title, _, rest = part.partition("\n")
            text, _, questions = rest.partition("\n---\n")
            try:
                yield _passage(title.strip(), text, questions)
            except ValueError as error:
                raise SystemExit(f"{path.name}: {title.strip()}: {error}") from error


def _passage(title: str, text: str, questions: str) -> Passage:
    """The passage; raises ValueError as ``read`` says."""
    if not questions.strip():
        raise ValueError("no questions below a line '---'")
    document = parse(f"# {title}\n\n{_joined(text)}\n".encode(), "evidence.md")
    found = sentences_within(document, 0, len(document.text))
    places = tuple(place for place in found if not document.in_heading(*place))
    lines = [line for line in text.splitlines() if line]
    for line, place in zip(lines, places, strict=False):
        if line != document.text[slice(*place)]:
            raise ValueError(f"not one sentence: {line!r}")
    if len(lines) != len(places):
        raise ValueError(f"{len(lines)} lines are {len(places)} sentences")
    asked = tuple(_asked(line, len(lines)) for line in questions.splitlines() if line)
    return Passage(document, places, asked)


def _joined(text: str) -> str:
    """The text as a document has it: the sentences of a paragraph on one line, items and rows on their own."""
    paragraphs = []
    for block in re.split(r"\n{2,}", text.strip()):
        joined = ""
        for line in block.splitlines():
            alone = _ITEM.match(line) or _ITEM.match(joined.rpartition("\n")[2])
            joined += ("\n" if alone else " ") * bool(joined) + line
        paragraphs.append(joined)
    return "\n\n".join(paragraphs)


def _asked(line: str, sentences: int) -> Asked:
    found = _QUESTION.fullmatch(line)
    if not found:
        raise ValueError(f"no question: {line!r}")
    numbers = [int(number) for number in found[2].split()]
    if numbers != sorted(set(numbers)) or not 1 <= numbers[0] <= numbers[-1] <= sentences:
        raise ValueError(f"numbers must rise from 1 to {sentences} at most: {line!r}")
    return Asked(found[1], found[3], tuple(number - 1 for number in numbers))
