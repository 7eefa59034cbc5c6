"""What must hold of a saved answer, as a list of checks: each says in one line what does not.

Nothing is believed that can be looked up: in the documents, in the index, in the other fields of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from documents.document import Chunk, Document, Source
from documents.sentences import sentences
from index.passage import Passage
from qa.answer import HELP, LANGUAGE, REFUSAL, Citation
from qa.check.caution import caution
from qa.check.claims.tokens import holds
from qa.read.extractor import regions_of, sentences_of
from qa.saved.shape import misshapen
from qa.write.writer import BROKEN_OFF, DECLINED, NOTHING_LEFT, UNAVAILABLE

Answer = Mapping[str, Any]
Problems = Iterator[str]

MOST = 100  # problems told of one answer
_MARKER = re.compile(r"\[\d{1,3}\]")
# Notes about quotations in a language model's place, and about what it wrote.
_INSTEAD = (UNAVAILABLE, NOTHING_LEFT, DECLINED)


@dataclass(frozen=True, slots=True)
class Ground:
    """What answers are checked against.

    - ``document_of``: a document by its id, or None; ``place`` is what holds them, in words;
    - ``own``: whether Refdesk gave the answers, not another system, of which less is known;
    - ``outlined``: whether the documents come with their titles, pages and sections;
    - ``sources``: the ids of the documents that each path leads to; None where that is not known;
    - ``is_passage``: whether the path leads to a document with a passage from start to end;
    - ``models``: fingerprints of what must have made the answers, by what they do.
    """

    document_of: Callable[[str], Document | None]
    place: str = "the index"
    own: bool = True
    outlined: bool = True
    sources: Mapping[str, Collection[str]] | None = None
    is_passage: Callable[[str, int, int], bool] | None = None
    models: Mapping[str, str] = field(default_factory=dict)

    def documents_from(self, source: str, answer: Answer) -> list[Document]:
        """The documents that the source leads to, as far as they are known: by its sources, or by what is cited."""
        if self.sources is not None:
            ids = self.sources.get(source, ())
        else:
            ids = {own["document"] for own in answer["citations"] if own["source"] == source}
        return [document for document in map(self.document_of, ids) if document]


def problems(answer: Answer, ground: Ground) -> list[str]:
    """What is wrong with the answer, a line each; it has passed ``qa.saved.read.is_answer``."""
    found = list(islice(misshapen(answer, own=ground.own), MOST))
    return found or list(islice(chain.from_iterable(check(answer, ground) for check in CHECKS), MOST))


def citation_problems(citation: Answer, ground: Ground) -> Problems:
    """What is wrong with one citation as a place in a text."""
    name = f"citation [{citation['number']}] of {citation['source']}"
    document = ground.document_of(citation["document"])
    if document is None:
        yield f"{name}: the document {citation['document'][:19]}… is not in {ground.place}"
    elif not _stands_in(citation, document):
        yield f"{name}: characters {citation['start']} to {citation['end']} are not the quote"


def said(answer: Answer) -> list[Answer]:
    """The statements that the answer's text says."""
    return [statement for statement in answer["statements"] if statement["status"] != "unsupported"]


# --- that its parts agree ---


def _kind(answer: Answer, ground: Ground) -> Problems:
    """An answer says something, a refusal and a notice only what they always say."""
    if answer["answered"] != bool(said(answer)):
        yield "answered and statements disagree"
    if answer["answered"] != (answer["kind"] == "answer"):
        yield "answered and kind disagree"
    if answer["answered"]:
        return
    fixed = (REFUSAL,) if answer["kind"] == "refusal" else (HELP, LANGUAGE)
    if answer["text"] not in fixed and (ground.own or answer["text"]):
        yield "something is said without a citation"
    if any(answer.get(name) for name in ("citations", "statements", "short_answer", "note", "caution")):
        yield f"a {answer['kind']} cites or says more than its message"
    if ground.own and answer["kind"] == "notice" and (answer["passages"] or answer["model"]):
        yield "a notice rests on passages or models"
    if ground.own and answer["kind"] == "notice" and answer["confidence"] != 1:
        yield "the confidence of a notice is not 1"


def _text(answer: Answer, ground: Ground) -> Problems:  # noqa: ARG001
    """The text is the statements with their markers, and nothing else."""
    expected = " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in said(answer))
    if answer["answered"] and answer["text"] != expected:
        yield "the text is not its statements with their markers"


def _statements(answer: Answer, ground: Ground) -> Problems:
    """Each statement rests on citations that there are; what is quoted is the cited characters."""
    citations = {citation["number"]: citation for citation in answer["citations"]}
    for position, statement in enumerate(answer["statements"], start=1):
        numbers, status, text = statement["citations"], statement["status"], statement["text"]
        quotes = [citations[number]["quote"] for number in numbers if number in citations]
        if len(quotes) != len(numbers):
            yield f"statement {position} cites a number that no citation has"
        if len(set(numbers)) != len(numbers):
            yield f"statement {position} cites a number twice"
        if status != "unsupported" and not quotes:
            yield f"statement {position} is said without a citation"
        if status == "quoted" and not (text in quotes if ground.own else any(holds(quote, text) for quote in quotes)):
            yield f"statement {position} is not the quotes that it cites"
        if ground.own and status == "unsupported" and numbers:
            yield f"statement {position} is not supported, but has citations"
        if ground.own and status != "quoted" and _MARKER.search(text):
            yield f"statement {position} has a marker of its own"


def _short_answer(answer: Answer, ground: Ground) -> Problems:
    """The short answer stands in a quote that is cited, in whole words and numbers."""
    short, statements = answer.get("short_answer"), said(answer)
    if ground.own and answer["model"].get("backend") == "extractive":
        statements = statements[:1]
        if statements and not short:
            yield "there is no short answer"
    marked = {number for statement in statements for number in statement["citations"]}
    quotes = [citation["quote"] for citation in answer["citations"] if citation["number"] in marked]
    if short and not any(holds(quote, short) for quote in quotes):
        yield "the short answer is in no quote, as whole words"


def _caution(answer: Answer, ground: Ground) -> Problems:
    """The caution is what the quotes call for."""
    if ground.own:
        expected = caution([citation["quote"] for citation in answer["citations"]])
        if answer["caution"] != expected:
            yield "the caution is not what its quotes call for"


def _numbers(answer: Answer, ground: Ground) -> Problems:
    """Citations are numbered from 1 on, and every one is marked in the text."""
    numbers = [citation["number"] for citation in answer["citations"]]
    if len(set(numbers)) != len(numbers):
        yield "two citations have the same number"
    elif ground.own and numbers != list(range(1, len(numbers) + 1)):
        yield "the citations are not numbered 1, 2, 3 …"
    marked = {number for statement in said(answer) for number in statement["citations"]}
    if ground.own and not marked >= set(numbers):
        yield f"nothing rests on citation [{min(set(numbers) - marked)}]"


def _model(answer: Answer, ground: Ground) -> Problems:
    """What made the answer goes with what was made, and is what the index or the run was made with."""
    model, statuses = answer.get("model") or {}, {statement["status"] for statement in answer["statements"]}
    if not ground.own or answer["kind"] == "notice":
        return
    backend, written = model.get("backend"), model.get("generator")
    if not backend or not model.get("calibration"):
        yield "model does not say what made the answer"
    if backend == "extractive" and statuses - {"quoted"}:
        yield "the backend extractive quotes, and says nothing in its own words"
    if statuses - {"quoted"} and not (written and written == backend and model.get("verifier")):
        yield "model does not say what wrote and verified the statements"
    if backend == "extractive" and said(answer) and answer["confidence"] != said(answer)[0]["support"]:
        yield "the confidence is not that of the first statement"
    notes = () if not written else (None, BROKEN_OFF) if written == backend else _INSTEAD
    if answer["answered"] and answer["note"] not in (notes or (None,)):
        yield "the note is none that refdesk makes of such an answer"
    sentences_by = f"sentences by {ground.models.get('embedder')}"
    for part, name in ground.models.items():
        told = model.get(part)
        # Where nothing is retrieved, as in a run of reading, nothing need be embedded.
        if told != name and (part, told) != ("reader", sentences_by) and (told or ground.sources is not None):
            yield f"the {part} was {told or 'none'}, but {ground.place} was made with {name}"


# --- that it is in the documents ---


def _citations(answer: Answer, ground: Ground) -> Problems:
    """Every quote stands where its citation says."""
    yield from chain.from_iterable(citation_problems(citation, ground) for citation in answer["citations"])


def _places(answer: Answer, ground: Ground) -> Problems:
    """Source, title, page and section are the document's."""
    for citation, document in _standing(answer, ground):
        name, source = f"citation [{citation['number']}]", Source(citation["source"], document.id)
        if ground.sources is not None and document.id not in ground.sources.get(source.path, ()):
            yield f"{name}: the text is in {ground.place}, but not from {source.path}"
            continue
        start, end = citation["start"], citation["end"]
        right = Citation(citation["number"], Passage(Chunk(document, start, end), source, 0.0), start, end)
        for what, value in right.place.items():
            if ground.outlined and what in citation and citation[what] != value:
                yield f"{name}: the {what} is {value or 'none'}, not {citation[what] or 'none'}"


def _sentences(answer: Answer, ground: Ground) -> Problems:
    """What is cited are whole sentences of a passage that was found: half a sentence may say the opposite."""
    for citation, document in _standing(answer, ground) if ground.own else ():
        name, start, end = f"citation [{citation['number']}]", citation["start"], citation["end"]
        found = [(own["start"], own["end"]) for own in answer["passages"] if own["source"] == citation["source"]]
        within = [passage for passage in found if passage[0] <= start and end <= passage[1]]
        if not within:
            yield f"{name} is in none of the passages"
        elif ground.outlined and not any(_are_whole(document, *passage, start, end) for passage in within):
            yield f"{name} is not of whole sentences"


def _passages(answer: Answer, ground: Ground) -> Problems:
    """The passages are the documents', in the order of their scores."""
    if not ground.own:
        return
    scores = [passage["score"] for passage in answer["passages"]]
    if scores != sorted(scores, reverse=True):
        yield "the passages are not in the order of their scores"
    for number, passage in enumerate(answer["passages"], start=1):
        source, start, end = passage["source"], passage["start"], passage["end"]
        sizes = [len(document.text) for document in ground.documents_from(source, answer)]
        if ground.sources is not None and not sizes:
            yield f"passage {number}: nothing in {ground.place} comes from {source}"
        elif start >= end or (sizes and end > max(sizes)):
            yield f"passage {number}: {source} has no characters {start} to {end}"
        elif ground.is_passage and not ground.is_passage(source, start, end):
            yield f"passage {number}: characters {start} to {end} of {source} are no passage in {ground.place}"


CHECKS: Sequence[Callable[[Answer, Ground], Problems]] = (
    _kind, _text, _statements, _short_answer, _caution, _numbers, _model, _citations, _places, _sentences, _passages
)  # fmt: skip


def _standing(answer: Answer, ground: Ground) -> Iterator[tuple[Answer, Document]]:
    """The citations that stand where they say, with their documents."""
    for citation in answer["citations"]:
        document = ground.document_of(citation["document"])
        if document is not None and _stands_in(citation, document):
            yield citation, document


def _stands_in(citation: Answer, document: Document) -> bool:
    start, end = citation["start"], citation["end"]
    return bool(0 <= start < end <= len(document.text) and document.text[start:end] == citation["quote"])


def _are_whole(document: Document, first: int, last: int, start: int, end: int) -> bool:
    starts, ends = _edges(document, first, last)
    return start in starts and end in ends


@lru_cache(maxsize=64)
def _edges(document: Document, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
    """Where sentences of the passage begin and end: as the reader has them, and as the verifier has them."""
    spans = list(sentences(document.text, first, last))
    for start, _, end in regions_of(document):
        if start < last and first < end:
            spans += [(max(a, first), min(b, last)) for a, b in sentences_of(document, start, end)]
    return frozenset(start for start, _ in spans), frozenset(end for _, end in spans)
