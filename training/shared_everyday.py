"""The shared everyday documents (``DATA/everyday``; FORMAT.md there describes their form) and what is asked of them.

This project's own documents of that form are in ``training/articles``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document
from documents.load import parse
from documents.sentences import Range, sentences
from index.analyse import question_terms, terms
from qa.understand.question import asks

KINDS = frozenset("QNYXTFLGHCDV")
ARTICLES = Path(__file__).parent / "articles"
CONVERSATIONS = Path(__file__).parent / "conversations"
SETS = Path(__file__).parent / "sets"
ACCORDING = " :: "  # between a document's title and the words of its sentence
# Files of articles that are held out, each a writer's last.
HELD_ARTICLES = (
    "a05", "b05", "c05", "d05", "e05", "f05", "g04", "h04", "i04", "j04", "k04", "l04", "s04", "ac04",
    "ba06", "bb06", "bc06", "bd06", "be06", "bf03", "bh03", "bk03",
    "ca03", "cb03", "cc03", "cd03", "ce03", "cg03", "ck03", "cn03", "cp03", "cs03",
)  # fmt: skip
# What names of articles begin with: of a second lot, most of it yes/no questions; and of those whose yes/no questions
# are minimal twins, harder to tell than what people ask.
LATER_ARTICLES = ("ba", "bb", "bc", "bd", "be")
TWINS = (*LATER_ARTICLES, "bf", "bg", "bh", "bi", "bj", "bk")
_OF_SEVERAL = re.compile(r"^\+\+\+ .*?(?=^=== |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """A question or claim: ``kind`` is a letter of FORMAT.md, ``fields`` has the lines below it by their letters."""

    kind: str
    text: str
    fields: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a conversation, as it would be asked alone, and its answer; "" where the document has none."""

    question: str
    standalone: str
    answer: str


def read(path: Path) -> Iterator[tuple[Document, list[Item]]]:
    """Every document of a file with its items; what is asked of several documents together is left out."""
    for document, items in _documents(path):
        yield document, list(_items(items))


def sets(path: Path) -> Iterator[tuple[dict[str, Document], list[Item]]]:
    """Every set of documents of a file: the documents by title, and what is asked of several of them together."""
    whole = path.read_text("utf-8")
    begins = 0
    for found in _OF_SEVERAL.finditer(whole):
        parts = [(head.partition("|")[0].strip(), text) for head, text, _ in _texts(whole[begins : found.start()])]
        begins = found.end()
        yield {title: parse(text.encode(), "everyday.md") for title, text in parts}, list(_items(found[0]))


def asking(text: str) -> Range | None:
    """The first sentence of the text that asks; None where none does."""
    return next((place for place in sentences(text) if asks(text[slice(*place)])), None)


def told_before(text: str) -> str:
    """The sentences before the first that asks; nothing where none asks."""
    place = asking(text)
    return text[: place[0]].strip() if place else ""


def conversations(path: Path) -> Iterator[tuple[Document, list[list[Exchange]]]]:
    """Every document of a file of conversations with these."""
    for document, talks in _documents(path):
        parts = re.split(r"^## .*$", talks, flags=re.MULTILINE)
        yield document, [exchanges for part in parts if (exchanges := list(_exchanges(part)))]


def texts(path: Path) -> Iterator[tuple[str, str, str]]:
    """Every document of a file: its heading (title, form and field), its text in Markdown, and what stands below it."""
    yield from _texts(_OF_SEVERAL.sub("", path.read_text("utf-8")))


def _texts(alone: str) -> Iterator[tuple[str, str, str]]:
    for part in re.split(r"^=== ", alone, flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        text, _, below = rest.partition("\n---\n")
        title = head.partition("|")[0].strip()
        above = "" if text.lstrip().startswith("#") else f"# {title}\n\n"
        yield head, f"{above}{text.strip()}\n", below


def shares_words(question: str, evidence: str) -> bool:
    """Whether the question has a content word in common with what answers it."""
    return not set(question_terms(question, ["en"])).isdisjoint(terms(evidence, "en"))


def _documents(path: Path) -> Iterator[tuple[Document, str]]:
    for _, text, below in texts(path):
        yield parse(text.encode(), "everyday.md"), below


def _exchanges(text: str) -> Iterator[Exchange]:
    """The turns of a conversation: U asked, S alone ("=": as it is), A answered ("-": not)."""
    for turn in re.split(r"^U:", text, flags=re.MULTILINE)[1:]:
        asked, _, below = turn.partition("\n")
        fields = dict(line.split(":", 1) for line in reversed(below.splitlines()) if line[:2] in ("S:", "A:"))
        alone, answer = fields.get("S", "=").strip(), fields.get("A", "-").strip()
        yield Exchange(asked.strip(), asked.strip() if alone == "=" else alone, "" if answer == "-" else answer)


def _items(text: str) -> Iterator[Item]:
    own: list[tuple[str, str, dict[str, list[str]]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        letter, _, value = line.partition(":")
        if letter in KINDS:
            own.append((letter, value.strip(), {}))
        elif own:
            own[-1][2].setdefault(letter, []).append(value.strip())
    for kind, asked, fields in own:
        yield Item(kind, asked, fields)
