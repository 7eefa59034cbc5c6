"""What a system returns for a question -> the form that is scored: the public JSON of an Answer.

A system may return:

- an ``Answer``, or its JSON (``refdesk ask --json``);
- ``None``, an empty text, or one that says that there is no answer (``qa.evaluation.scoring.refusals``) and has no
  short answer beside it: a refusal;
- a text. Markers such as [1] in it refer to citations; without any marker every sentence cites all of them;
- ``(text, citations)`` or ``(text, citations, confidence)``;
- a mapping with "text" and optionally "short_answer", "citations", "confidence" and "retrieved" (names of documents,
  best first) or "passages" (like citations, best first); or, in place of the citations, "sources"
  (``qa.evaluation.scoring.sources``), which count as found, and as cited where markers number them.

A citation is a document's name, ``(name, start, end)``, or a mapping with "document" (a name, or a document's id) or
"source", and "start" and "end", or a "quote" that is looked up in the document. Nothing is corrected: a wrong citation
stays as it was given, and counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from documents.document import Chunk, Document, Source
from documents.errors import RefdeskError
from documents.normalise import normalise
from documents.sentences import sentences
from index.passage import Passage
from qa.answer import SCHEMA, Answer, Citation
from qa.check.claims.tokens import contains_words
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.nuggets import ASSIGNMENTS
from qa.evaluation.scoring.refusals import refuses
from qa.evaluation.scoring.sources import MARKER, sourced
from qa.evaluation.scoring.supplied import SUPPLIED
from qa.saved.read import is_answer, is_schema
from qa.saved.verification_source import said

ASSIGNED = "assigned_nuggets"  # of a mapping that a system returns: nuggets with their assignments
_PARAGRAPHS = re.compile(r"\n\s*\n")
_LEADING = re.compile(r"(?:\s*\[\d{1,3}\])+")


class ReplyError(RefdeskError):
    """A system returned something that cannot be scored. The message is one line."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A system's answer in the form that is scored.

    - ``answer``: the public JSON of an Answer;
    - ``retrieved``: ids of the documents that were found for it, best first;
    - ``cited``: the documents that it cites, by id;
    - ``supplied``: what it came with, of "citations", "retrieved" and "confidence";
    - ``passages``: the passages that were found for it, best first; None where it does not say;
    - ``assigned``: how far it says each nugget of its question, by the nugget's text, where that came with it.
    """

    answer: Mapping[str, Any]
    retrieved: tuple[str, ...]
    cited: Mapping[str, Document]
    supplied: tuple[str, ...] = SUPPLIED
    passages: tuple[TextSpan, ...] | None = None
    assigned: Mapping[str, str] = field(default_factory=dict)


class DocumentLookup:
    """Finds the documents that a system may cite, by name or id."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self.documents = documents
        self._ids = {document.id: (name, document) for name, document in reversed(list(documents.items()))}

    def find(self, key: object) -> tuple[str, Document] | None:
        """The name and the document that ``key`` is the name or id of, or None."""
        if isinstance(key, str) and key in self.documents:
            return key, self.documents[key]
        return self._ids.get(key) if isinstance(key, str) else None


def as_reply(returned: object, question: str, lookup: DocumentLookup) -> Reply:
    """What a system returned, as a Reply.

    Raises:
        ReplyError: it has none of the forms in this module's docstring.
    """
    if isinstance(returned, Answer):
        cited = {citation.document.id: citation.document for citation in returned.citations}
        retrieved = dict.fromkeys(passage.document.id for passage in returned.passages)
        spans = tuple((own.document.id, own.chunk.start, own.chunk.end) for own in returned.passages)
        return Reply(returned.to_dict(), tuple(retrieved), cited, passages=spans)
    if isinstance(returned, Mapping) and "schema" in returned:
        return _saved(returned, lookup)
    fields = _fields(returned)
    if refuses(fields):
        fields = {**fields, "text": None}
    if fields.get("sources"):
        found = sourced(fields.get("text") or "", fields["sources"], lookup.documents)
        given = {name: value for name, value in fields.items() if value is not None}
        # Where no marker numbers a source, it came as found and not as cited.
        fields = {"citations": found.citations or None, "retrieved": found.retrieved, **given}
    supplied = _supplied(fields)
    citations, passages = _citations(fields, "citations", lookup), _citations(fields, "passages", lookup)
    answer = _answer(question, fields, citations) | {"passages": [_passage(found) for found in passages]}
    named: Iterable[object] = fields.get("retrieved") or [found["document"] for found in passages or citations]
    spans = tuple((found["document"], found["start"], found["end"]) for found in passages)
    told = spans if fields.get("passages") is not None else None
    assigned = _assigned(fields.get(ASSIGNED) or ())
    return Reply(answer, _ids(named, lookup), _cited(citations, lookup), supplied, told, assigned)


def _saved(answer: Mapping[str, Any], lookup: DocumentLookup) -> Reply:
    """The reply that the public JSON of an Answer is.

    Raises:
        ReplyError: it is not whole.
    """
    _check(answer)
    cited_as = {citation["source"]: citation["document"] for citation in answer["citations"]}
    passages = answer.get("passages", ())
    sources = [cited_as.get(passage["source"], passage["source"]) for passage in passages]
    spans = tuple(
        (_ids([source], lookup)[0], passage["start"], passage["end"])
        for source, passage in zip(sources, passages, strict=True)
        if all(isinstance(passage.get(edge), int) for edge in ("start", "end"))
    )
    cited = _cited(answer["citations"], lookup)
    return Reply(answer, _ids(sources, lookup), cited, passages=spans if len(spans) == len(passages) else None)


def _citations(fields: Mapping[str, Any], name: str, lookup: DocumentLookup) -> list[dict[str, Any]]:
    return [_citation(number, given, lookup) for number, given in enumerate(fields.get(name) or (), start=1)]


def _passage(found: Mapping[str, Any]) -> dict[str, Any]:
    """A passage that was found, as answers have them; of what another system found only the rank is known."""
    place = {edge: found[edge] for edge in ("source", "start", "end")}
    return {**place, "score": 1 / found["number"], "stage_scores": {}}


def _assigned(nuggets: Iterable[object]) -> dict[str, str]:
    """The assignments of nuggets, by their texts without differences of white space.

    Raises:
        ReplyError: one has no text, or none of the known assignments.
    """
    found: dict[str, str] = {}
    for nugget in nuggets:
        text, assignment = (
            nugget.get(name) if isinstance(nugget, Mapping) else None for name in ("text", "assignment")
        )
        if not isinstance(text, str) or assignment not in ASSIGNMENTS:
            raise ReplyError(
                f"a nugget needs a text, and an assignment of {', '.join(ASSIGNMENTS)}, not {str(assignment)[:40]!r}"
            )
        found[" ".join(normalise(text).split())] = str(assignment)
    return found


def _supplied(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer came with; documents that are cited count as found."""
    cited = fields.get("citations") is not None
    came = {
        "citations": cited,
        "retrieved": cited or any(fields.get(name) is not None for name in ("retrieved", "passages")),
        "confidence": fields.get("confidence") is not None,
    }
    return tuple(name for name in SUPPLIED if came[name])


def as_short_answer(text: str) -> Mapping[str, Any]:
    """A reply whose whole text is the short answer, as in SQuAD's prediction files; an empty text is a refusal."""
    return {"text": text, "short_answer": text}


def _check(answer: Mapping[str, Any]) -> None:
    """
    Raises:
        ReplyError: the mapping is not the public JSON of an Answer.
    """
    passages = answer.get("passages", [])
    whole = (
        is_schema(answer["schema"])
        and is_answer(answer)
        and _is_probability(answer.get("confidence"))
        and isinstance(answer.get("short_answer"), str | None)
        and isinstance(passages, list)
        and all(isinstance(passage, Mapping) and isinstance(passage.get("source"), str) for passage in passages)
        and answer["answered"] == bool(said(answer))
    )
    if not whole:
        raise ReplyError(f"an answer with a schema must be as refdesk ask --json writes it (schema {SCHEMA})")


def _is_probability(value: object) -> bool:
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _fields(returned: object) -> Mapping[str, Any]:
    """What was returned, as a mapping with valid fields.

    Raises:
        ReplyError: it is in no form that is allowed.
    """
    if returned is None or isinstance(returned, str):
        return {"text": returned}
    fields: Mapping[str, Any]
    if isinstance(returned, tuple) and len(returned) in (2, 3):
        fields = dict(zip(("text", "citations", "confidence"), returned, strict=False))
    elif isinstance(returned, Mapping):
        fields = returned
    else:
        raise ReplyError(f"{type(returned).__name__} is no answer: return an Answer, a text, or (text, citations)")
    text, confidence = fields.get("text"), fields.get("confidence")
    if not isinstance(text, str | None) or not isinstance(fields.get("short_answer"), str | None):
        raise ReplyError("an answer's text and short_answer must be texts, or None")
    if confidence is not None and not _is_probability(confidence):
        raise ReplyError(f"a confidence must lie between 0 and 1, not {confidence!r}")
    for name in ("citations", "retrieved", "passages", "sources", ASSIGNED):
        if isinstance(fields.get(name) or (), str) or not isinstance(fields.get(name) or (), Iterable):
            raise ReplyError(f"{name} must be a list")
    # Gold answers are normalised, so texts compared with them are too.
    normal = {name: normalise(fields[name]) for name in ("text", "short_answer") if fields.get(name)}
    return {**fields, **normal}


def _citation(number: int, given: object, lookup: DocumentLookup) -> dict[str, Any]:
    """The JSON of a citation, from any form that is allowed."""
    if isinstance(given, str):
        given = {"document": given}
    elif isinstance(given, Sequence) and len(given) == 3:
        given = dict(zip(("document", "start", "end"), given, strict=True))
    if not isinstance(given, Mapping):
        raise ReplyError(f"citation {number} must be a document's name, (name, start, end) or a mapping")
    name = given.get("document", given.get("source"))
    found = lookup.find(name) or lookup.find(given.get("source"))
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
    """Title, page and section at ``start``, as ``Citation`` gives them."""
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
    """The sentences of the text, each with the citations that it marks and the number of its paragraph."""
    quotes = {citation["number"]: citation["quote"] for citation in citations}
    marked = MARKER.search(text) is not None
    blocks = enumerate(_PARAGRAPHS.split(text))
    for paragraph, sentence in ((number, own) for number, block in blocks for own in _sentences(block)):
        numbers = [int(number) for number in MARKER.findall(sentence)] if marked else list(quotes)
        bare = MARKER.sub("", sentence).strip()
        if bare:
            quoted = any(contains_words(quotes.get(number, ""), bare) for number in numbers)
            yield {
                "text": bare,
                "citations": list(dict.fromkeys(numbers)),
                "support": 1.0,
                "status": "quoted" if quoted else "supported",
                "paragraph": paragraph,
            }


def _sentences(text: str) -> list[str]:
    """The text's sentences with their markers; a marker after a full stop belongs to the sentence before it."""
    found: list[str] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        leading = _LEADING.match(sentence)
        if leading and found:
            found[-1] += leading.group()
            sentence = sentence[leading.end() :].strip()
        if sentence:
            found.append(sentence)
    return found


def _ids(names: Iterable[object], lookup: DocumentLookup) -> tuple[str, ...]:
    """The documents' ids, without repeats; a name of none of them stands for itself."""
    found = ((name, lookup.find(name)) for name in names)
    return tuple(dict.fromkeys(hit[1].id if hit else str(name) for name, hit in found))


def _cited(citations: Iterable[Mapping[str, Any]], lookup: DocumentLookup) -> dict[str, Document]:
    found = (lookup.find(citation.get("document")) or lookup.find(citation.get("source")) for citation in citations)
    return {hit[1].id: hit[1] for hit in found if hit}
