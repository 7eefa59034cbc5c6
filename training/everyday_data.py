"""Everyday documents with questions and claims, written by hand for this project (``training/everyday/*.txt``).

A document begins with ``=== title``; below its text and a line ``---`` come its items, a line each:

- ``Q:`` a question that the text answers: ``A:`` the answer, ``W:`` a tempting wrong one;
- ``N:`` a near-miss, which the text only seems to answer: ``T:`` what it seems to answer;
- ``Y:`` a yes/no question: ``V:`` yes or no;
- ``C+:``, ``C-:``, ``C?:`` a claim that the text supports, contradicts or does not mention.

``A``, ``W`` and ``T`` are quotations; ``E:`` quotes from the sentence or row that decides, where they do not tell it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from documents.document import Document
from documents.load import parse
from documents.sentences import Range
from documents.split import sentences_within

FOLDER = Path(__file__).parent / "everyday"
Verdict = Literal["supported", "contradicted", "not_mentioned"]
_VERDICTS: dict[str, Verdict] = {
    "C+": "supported", "C-": "contradicted", "C?": "not_mentioned", "yes": "supported", "no": "contradicted",
}  # fmt: skip
_ITEM = re.compile(r"(Q|N|Y|C\+|C-|C\?|A|W|T|V|E): (.+)")
_ITEMS = ("Q", "N", "Y", "C+", "C-", "C?")


@dataclass(frozen=True, slots=True)
class Item:
    """A question or claim about a document; ranges are offsets in its text.

    - ``answers``: where the answer stands; ``wrong``: what only seems to be the answer;
    - ``evidence``: the sentences or rows that decide, in the order of the text;
    - ``verdict``: of a claim or of the claim that "yes" would make; None of other questions.
    """

    kind: Literal["question", "near-miss", "polar", "claim"]
    text: str
    answers: tuple[Range, ...] = ()
    wrong: tuple[Range, ...] = ()
    evidence: tuple[Range, ...] = ()
    verdict: Verdict | None = None


def read(folder: Path = FOLDER) -> Iterator[tuple[Document, list[Item]]]:
    """Every document of the folder's files with its items.

    Raises:
        SystemExit: a quotation is not in its text, or more than once; the message names file, document and quotation.
    """
    for path in sorted(folder.glob("*.txt")):
        for part in re.split(r"^=== ?", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            head, _, rest = part.partition("\n")
            text, _, items = rest.partition("\n---\n")
            document = parse(f"# {head.strip()}\n\n{text.strip()}\n".encode(), "everyday.md")
            try:
                yield document, list(_items(document, items))
            except ValueError as error:
                raise SystemExit(f"{path.name}: {head}: {error}") from error


def sentence_of(document: Document, place: Range) -> Range:
    """The sentence or row that ``place`` begins in."""
    for start, end in sentences_within(document, 0, len(document.text)):
        if start <= place[0] < end:
            return start, end
    raise ValueError(f"not in a sentence: {document.text[slice(*place)]!r}")


def _items(document: Document, text: str) -> Iterator[Item]:
    """The items of a document; raises ValueError as ``read`` says."""
    blocks: list[tuple[str, str, dict[str, list[str]]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _ITEM.fullmatch(line)
        if not found or not (blocks or found[1] in _ITEMS):
            raise ValueError(f"cannot be read: {line!r}")
        if found[1] in _ITEMS:
            blocks.append((found[1], found[2], {}))
        else:
            blocks[-1][2].setdefault(found[1], []).append(found[2])
    for mark, asked, fields in blocks:
        decides = tuple(sorted({sentence_of(document, _only(document, quote)) for quote in fields.get("E", ())}))
        if mark == "Q":
            answers = tuple(_within(document, quote, decides) for quote in fields["A"])
            wrong = tuple(_only(document, quote) for quote in fields.get("W", ()))
            decides = decides or tuple(sorted({sentence_of(document, answer) for answer in answers}))
            yield Item("question", asked, answers, wrong, decides)
        elif mark == "N":
            (tempting,) = (_only(document, quote) for quote in fields["T"])
            yield Item("near-miss", asked, (), (tempting,), (sentence_of(document, tempting),))
        elif mark == "Y":
            yield Item("polar", asked, evidence=decides, verdict=_VERDICTS[fields["V"][0]])
        else:
            yield Item("claim", asked, evidence=decides, verdict=_VERDICTS[mark])


def _places(document: Document, quote: str) -> list[Range]:
    pattern = r"\s+".join(map(re.escape, quote.split()))
    return [match.span() for match in re.finditer(pattern, document.text)]


def _only(document: Document, quote: str) -> Range:
    """Where the quotation stands: in the body, or in the heading where the body does not have it."""
    found = _places(document, quote)
    body = [place for place in found if not document.in_heading(*place)] or found
    if len(body) != 1:
        raise ValueError(f"{len(body)} times in the text: {quote!r}")
    return body[0]


def _within(document: Document, quote: str, sentences: Sequence[Range]) -> Range:
    """Where the quotation stands: in one of the sentences or nearest to them, if any are given."""
    if not sentences:
        return _only(document, quote)
    found = _places(document, quote)
    if not found:
        raise ValueError(f"not in the text: {quote!r}")
    return min(found, key=lambda place: min(max(start - place[0], place[1] - end, 0) for start, end in sentences))
