"""What a system says -> the one form that is scored: an Answer's public JSON, whoever gave it.

A system may say, of a question:

- an ``Answer``, or the JSON of one (``refdesk ask --json``);
- ``None`` or an empty text: it refuses;
- a text; markers such as [1] in it name citations, and without any marker every sentence rests on all of them;
- ``(text, citations)`` or ``(text, citations, confidence)``;
- a mapping with "text" and, of choice, "short_answer", "citations", "confidence", "retrieved" (names of documents,
  best first).

A citation is a document's name, ``(name, start, end)``, or a mapping with "document" (a name, or the id of a text) or
"source", and "start" and "end", or a "quote" that is sought in the document. Nothing is corrected: a citation that does
not hold is kept as it was given, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from documents.document import Chunk, Document, Source
from documents.errors import RefdeskError
from documents.normalise import normalise
from documents.sentences import sentences
from index.passage import Passage
from qa.answer import SCHEMA, Answer, Citation
from qa.check.claims.tokens import contains_words
from qa.saved.read import is_answer

_MARKER = re.compile(r"\s*\[(\d{1,3})\]")
_LEADING = re.compile(r"(?:\s*\[\d{1,3}\])+")


class ReplyError(RefdeskError):
    """A system returned what cannot be scored. The message is one line."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in its public JSON form, the ids of the documents it was found in, best first, and those it cites."""

    answer: Mapping[str, Any]
    retrieved: tuple[str, ...]
    cited: Mapping[str, Document]


class Library:
    """The documents that a system may cite, by name and by id."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._names = documents
        self._ids = {document.id: (name, document) for name, document in reversed(list(documents.items()))}

    def find(self, key: object) -> tuple[str, Document] | None:
        """The name and the document called ``key``, which is either's name or id."""
        if isinstance(key, str) and key in self._names:
            return key, self._names[key]
        return self._ids.get(key) if isinstance(key, str) else None


def as_reply(said: object, question: str, library: Library) -> Reply:
    """What a system returned, as a Reply.

    Raises:
        ReplyError: it is of none of the forms that this module's docstring names.
    """
    if isinstance(said, Answer):
        cited = {citation.passage.chunk.document.id: citation.passage.chunk.document for citation in said.citations}
        retrieved = dict.fromkeys(passage.chunk.document.id for passage in said.passages)
        return Reply(said.to_dict(), tuple(retrieved), cited)
    if isinstance(said, Mapping) and "schema" in said:
        _check(said)
        cited_as = {citation["source"]: citation["document"] for citation in said["citations"]}
        sources = [cited_as.get(passage["source"], passage["source"]) for passage in said.get("passages", ())]
        return Reply(said, _ids(sources, library), _cited(said["citations"], library))
    fields = _fields(said)
    citations = [_citation(number, given, library) for number, given in enumerate(fields.get("citations") or (), 1)]
    answer = _answer(question, fields, citations)
    named: Iterable[object] = fields.get("retrieved") or [citation["document"] for citation in citations]
    return Reply(answer, _ids(named, library), _cited(citations, library))


def prediction_of(text: str) -> Mapping[str, Any]:
    """A text that is a short answer as a whole, as SQuAD's predictions are; an empty one refuses."""
    return {"text": text, "short_answer": text}


def said_statements(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements that the answer's text says."""
    return [statement for statement in answer["statements"] if statement["status"] != "unsupported"]


def _check(answer: Mapping[str, Any]) -> None:
    """
    Raises:
        ReplyError: the mapping is not the public JSON of an Answer.
    """
    passages = answer.get("passages", [])
    whole = (
        answer["schema"] == SCHEMA
        and is_answer(answer)
        and _is_probability(answer.get("confidence"))
        and isinstance(answer.get("short_answer"), str | None)
        and isinstance(passages, list)
        and all(isinstance(passage, Mapping) and isinstance(passage.get("source"), str) for passage in passages)
        and answer["answered"] == bool(said_statements(answer))
    )
    if not whole:
        raise ReplyError(f"an answer with a schema must be as refdesk ask --json writes it (schema {SCHEMA})")


def _is_probability(value: object) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _fields(said: object) -> Mapping[str, Any]:
    if said is None or isinstance(said, str):
        return {"text": said}
    fields: Mapping[str, Any]
    if isinstance(said, tuple) and len(said) in (2, 3):
        fields = dict(zip(("text", "citations", "confidence"), said, strict=False))
    elif isinstance(said, Mapping):
        fields = said
    else:
        raise ReplyError(f"{type(said).__name__} is no answer: return an Answer, a text, or (text, citations)")
    text, confidence = fields.get("text"), fields.get("confidence")
    if not isinstance(text, str | None) or not isinstance(fields.get("short_answer"), str | None):
        raise ReplyError("an answer's text and short_answer must be texts, or None")
    if confidence is not None and not _is_probability(confidence):
        raise ReplyError(f"a confidence must lie between 0 and 1, not {confidence!r}")
    for name in ("citations", "retrieved"):
        if isinstance(fields.get(name) or (), str) or not isinstance(fields.get(name) or (), Iterable):
            raise ReplyError(f"{name} must be a list")
    # Golds are normalised, so what is compared with them is too.
    normal = {name: normalise(fields[name]) for name in ("text", "short_answer") if fields.get(name)}
    return {**fields, **normal}


def _citation(number: int, given: object, library: Library) -> dict[str, Any]:
    if isinstance(given, str):
        given = {"document": given}
    elif isinstance(given, Sequence) and len(given) == 3:
        given = dict(zip(("document", "start", "end"), given, strict=True))
    if not isinstance(given, Mapping):
        raise ReplyError(f"citation {number} must be a document's name, (name, start, end) or a mapping")
    name = given.get("document", given.get("source"))
    found = library.find(name) or library.find(given.get("source"))
    text = found[1].text if found else ""
    quote, start, end = given.get("quote"), given.get("start"), given.get("end")
    if start is None and end is None:
        start = text.find(quote) if isinstance(quote, str) and quote in text else 0
        end = start + len(quote if isinstance(quote, str) else text)
    if not isinstance(start, Integral) or not isinstance(end, Integral) or not isinstance(name, str):
        raise ReplyError(f"citation {number} must name its document, and its start and end must be whole numbers")
    start, end = int(start), int(end)
    return {
        "number": number,
        "document": found[1].id if found else name,
        "source": found[0] if found else name,
        **(_place(*found, start) if found else {"title": "", "page": None, "section": None}),
        "start": start,
        "end": end,
        "quote": quote if isinstance(quote, str) else text[max(0, start) : max(0, end)],
    }


def _place(name: str, document: Document, start: int) -> Mapping[str, Any]:
    """Where in the document ``start`` is, as ``Citation`` tells it."""
    start = max(0, start)
    return Citation(1, Passage(Chunk(document, start, start), Source(name, document.id), 0.0), start, start).place


def _answer(question: str, fields: Mapping[str, Any], citations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    statements = list(_statements(fields.get("text") or "", citations))
    text = " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in statements)
    confidence = fields.get("confidence")
    return {
        **Answer("answer" if statements else "refusal", question, question, 0.0).to_dict(),
        "confidence": float(confidence) if confidence is not None else float(bool(statements)),
        "text": text,
        "short_answer": (fields.get("short_answer") or None) if statements else None,
        "statements": statements,
        "citations": list(citations) if statements else [],
    }


def _statements(text: str, citations: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """The text's sentences, each with the citations that it marks."""
    quotes = {citation["number"]: citation["quote"] for citation in citations}
    marked = _MARKER.search(text) is not None
    parts: list[str] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        leading = _LEADING.match(sentence)
        if leading and parts:  # a marker after the full stop belongs to what it follows
            parts[-1] += leading.group()
            sentence = sentence[leading.end() :].strip()
        if sentence:
            parts.append(sentence)
    for part in parts:
        numbers = [int(number) for number in _MARKER.findall(part)] if marked else list(quotes)
        said = _MARKER.sub("", part).strip()
        if said:
            verbatim = any(contains_words(quotes.get(number, ""), said) for number in numbers)
            yield {
                "text": said,
                "citations": list(dict.fromkeys(numbers)),
                "support": 1.0,
                "status": "quoted" if verbatim else "supported",
            }


def _ids(names: Iterable[object], library: Library) -> tuple[str, ...]:
    """The documents' ids; a name that is none of the dataset's keeps its place."""
    found = ((name, library.find(name)) for name in names)
    return tuple(dict.fromkeys(hit[1].id if hit else str(name) for name, hit in found))


def _cited(citations: Iterable[Mapping[str, Any]], library: Library) -> dict[str, Document]:
    found = (library.find(citation.get("document")) or library.find(citation.get("source")) for citation in citations)
    return {hit[1].id: hit[1] for hit in found if hit}
