"""Re-checks saved answers: do their statements still follow from the documents?

The file is not trusted. ``qa.saved.checks`` looks up whatever can be looked up; here, statements in a model's own words
are verified again, and what no check can decide is listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from documents.document import Chunk, Document, Source, printable
from index.address import Location
from index.catalogue import has_passage
from index.opened import open_store
from index.passage import Passage, Scope
from index.snapshot import Snapshot
from qa.answer import YES_OR_NO
from qa.answer.notices import CAUTION
from qa.check.entailment import as_judged
from qa.check.verifier import Verdict
from qa.check.yes_no import LEAST
from qa.saved.checks import problems
from qa.saved.read import is_text, read_answers
from qa.saved.shape import has_others
from qa.saved.verification_source import VerificationSource
from qa.write.grounds import Verifier, claim_of

NOT_CHECKED = (
    "that the question and its parts were asked, and what kind of question it is",
    "the values of confidences, supports, scores and timings, and the reasons of a confidence",
    "which models answered, but the embedder, and what they are calibrated for",
    "whether a note is true",
    "which passages were found beside those that are cited",
    "whether another sentence or short answer would be better",
    "what is shown as not found in the documents",
)
QUICK = "whether statements in a model's own words follow from what they cite, and quotes call for a caution (--quick)"
OTHERS = "fields that this version of Refdesk does not know"
_LONGEST = 500  # characters of a problem or a question that are shown


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was checked, each problem with the number of its answer, and what no check can decide."""

    answers: int
    citations: int
    problems: list[dict[str, Any]]
    not_checked: tuple[str, ...]


def check_file(path: Path, index: Location, verifier: Callable[[], Verifier] | None = None) -> Checked:
    """Check the answers in a file against the documents of the index; ``verifier`` as for ``check``.

    Raises:
        VerifyError, StoreError: the file or the index cannot be read.
        ModelError: the verifier's model cannot be loaded.
    """
    records = read_answers(path)
    with open_store(index).snapshot() as snapshot:
        return check(records, verification_source_of(snapshot), verifier)


def check(
    answers: Sequence[Mapping[str, Any]],
    against: VerificationSource,
    verifier: Callable[[], Verifier] | None = None,
    not_checked: Sequence[str] = NOT_CHECKED,
) -> Checked:
    """Check answers against what they were made from.

    ``verifier`` loads what verifies statements in a model's own words, where there are any; without it they are not
    verified.
    """
    load = cache(verifier) if verifier else None
    found = [
        {"record": number, "question": _shown(answer.get("question")), "problem": _shown(problem)}
        for number, answer in enumerate(answers, start=1)
        for problem in _problems(answer, against, load)
    ]
    count = sum(len(answer["citations"]) for answer in answers)
    left_out = [] if verifier else [QUICK]
    unknown = [OTHERS] if any(map(has_others, answers)) else []
    return Checked(len(answers), count, found, (*left_out, *not_checked, *unknown))


def _problems(answer: Mapping[str, Any], against: VerificationSource, load: Callable[[], Verifier] | None) -> list[str]:
    found = problems(answer, against)
    if found or not load or not against.own:
        return found
    cautions = cautioned(answer, load()) if answer["citations"] else ()
    return [*unsupported(answer, against, load), *cautions]


def cautioned(answer: Mapping[str, Any], verifier: Verifier) -> Iterator[str]:
    """A line where the caution is not the one that the quotes call for."""
    quotes = [citation["quote"] for citation in answer["citations"]]
    if verifier.call_for_care(quotes, answer["short_answer"]) != (answer["caution"] == CAUTION):
        yield "the caution is not what its quotes call for"


def unsupported(answer: Mapping[str, Any], against: VerificationSource, load: Callable[[], Verifier]) -> Iterator[str]:
    """The statements in a model's own words, and yes or no, that the verifier does not find supported, a line each.

    The answer has no other problems. ``load`` is called where it has such a statement.
    """
    citations = {citation["number"]: citation for citation in answer["citations"]}
    for position, statement in enumerate(answer["statements"], start=1):
        if statement["status"] == "supported":
            claim = claim_of(statement["text"], answer["standalone_question"])
            cited = [citations[number] for number in statement["citations"]]
            verdicts = (load().verify(claim, passages) for passages in _evidence(answer, cited, against))
            if not is_text(claim) or not any(_rests_on(verdict, cited) for verdict in verdicts):
                yield f"statement {position} is not supported by what it cites, as the verifier finds"
        elif statement["status"] == "computed" and statement["text"] in YES_OR_NO:
            cited = [citations[number] for number in statement["citations"]]
            parts = answer.get("parts")
            question = parts[statement["part"]]["question"] if parts else answer["standalone_question"]
            if not all(_says(statement["text"], question, own, against, load()) for own in cited):
                yield f"statement {position} is not what its citation says, as the verifier finds"


def _says(word: str, question: str, cited: Mapping[str, Any], against: VerificationSource, verifier: Verifier) -> bool:
    """Whether the citation says this yes, or no, to the question."""
    document = against.document_of(cited["document"])
    if document is None:
        return False
    start, end = next(iter(cited.get("marks", ())), (cited["start"], cited["end"]))  # the sentence, in its block
    decision = verifier.decide(question, as_judged(_passage(cited, document), start, end))
    return f"{decision.word}." == word and decision.probability >= LEAST


def _passage(row: Mapping[str, Any], document: Document) -> Passage:
    """The place of a citation or passage of a saved answer, in its document."""
    return Passage(Chunk(document, row["start"], row["end"]), Source(row["source"], document.id), 0.0)


def _evidence(answer: Mapping[str, Any], cited: Sequence[Any], against: VerificationSource) -> Iterator[list[Passage]]:
    """What the statement may have been verified against: a passage it cites, all of them, or all of the prompt."""
    listed = [
        _passage(row, document)
        for row in answer["passages"][: _prompt_passages(answer)]
        for document in against.documents_from(row["source"], answer)
        if row["end"] <= len(document.text)
    ]
    own = [passage for passage in listed if any(_includes(passage, citation) for citation in cited)]
    yield from ([passage] for passage in own)
    if len(own) > 1:
        yield own
    if len(listed) > len(own):
        yield listed


def _prompt_passages(answer: Mapping[str, Any]) -> int | None:
    """How many of the passages were in the prompt; None where the answer does not say."""
    with suppress(ValueError):
        return max(0, int(answer["model"].get("prompt_passages") or ""))
    return None


def _includes(passage: Passage, citation: Mapping[str, Any]) -> bool:
    """Whether the citation is inside the passage."""
    chunk = passage.chunk
    same = chunk.document.id == citation["document"] and passage.source.path == citation["source"]
    return bool(same and chunk.start <= citation["start"] and citation["end"] <= chunk.end)


def _rests_on(verdict: Verdict, cited: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the verdict is good, and its window overlaps a citation."""
    if not verdict.supported or verdict.passage is None:
        return False
    document = verdict.passage.document.id
    return any(
        own["document"] == document and own["start"] < verdict.end and verdict.start < own["end"] for own in cited
    )


def verification_source_of(snapshot: Snapshot, scope: Scope | None = None) -> VerificationSource:
    """The index as what answers rest on: of its sources those that ``scope`` may see (None: all)."""
    sources: defaultdict[str, set[str]] = defaultdict(set)
    dates: defaultdict[tuple[str, str], set[str | None]] = defaultdict(set)
    for source in snapshot.sources(scope):
        sources[source.path].add(source.document_id)
        dates[source.path, source.document_id].add(source.date or None)
    known = frozenset[str]().union(*sources.values())

    def document_of(document_id: str) -> Document | None:
        return snapshot.document(document_id) if document_id in known else None

    def is_passage(path: str, start: int, end: int) -> bool:
        return path in sources and has_passage(snapshot, path, start, end, scope)

    return VerificationSource(
        document_of,
        sources=dict(sources),
        dates=dict(dates),
        is_passage=is_passage,
        models={"embedder": snapshot.embedder},
    )


def _shown(value: object) -> str:
    """The value as text of a bounded length without control characters, whatever the file has."""
    text = value if isinstance(value, str) else ""
    return printable(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
