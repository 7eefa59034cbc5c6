"""The answers to several questions that were asked at once -> one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from documents.blocks import overlap
from documents.split import sentences_within
from index.passage import Passage
from qa.answer import Answer, AnsweredPart, Citation, Statement
from qa.read.confidence.reasons import OF_SEVERAL


def combined(questions: Sequence[str], answers: Sequence[Answer]) -> Answer:
    """One answer of all statements, part by part, as sure as its least sure part; a refusal where none is answered.

    Where two parts would quote the same block, each quotes the sentences in it that answer it.
    """
    answers = _apart(answers)
    answered = [answer for answer in answers if answer.answered]
    statements: list[Statement] = []
    citations: list[Citation] = []
    for part, answer in enumerate(answers):
        numbers = {own.number: number for number, own in enumerate(answer.citations, start=len(citations) + 1)}
        citations += [replace(own, number=numbers[own.number]) for own in answer.citations]
        statements += [
            replace(own, citations=tuple(numbers[number] for number in own.citations), part=part)
            for own in answer.statements
        ]
    first = (answered or answers)[0]
    weakest = min(answered, key=lambda answer: answer.confidence) if answered else first
    return replace(
        first,
        confidence=weakest.confidence,
        reasons=(*weakest.reasons, *([OF_SEVERAL] if len(answered) > 1 else [])),
        short_answer=None,
        statements=tuple(statements),
        citations=tuple(citations),
        passages=tuple(united(answer.passages for answer in answers)),
        caveat=next((answer.caveat for answer in answered if answer.caveat), None),
        parts=tuple(AnsweredPart(question, answer.kind) for question, answer in zip(questions, answers, strict=True)),
    )


def _apart(answers: Sequence[Answer]) -> list[Answer]:
    """The answers, in which no two quote the same characters where each can quote less."""
    found = []
    for number, answer in enumerate(answers):
        others = [own for other in (*answers[:number], *answers[number + 1 :]) for own in other.citations]
        shorter = {own.number: _answering(own) for own in answer.citations if any(_share(own, two) for two in others)}
        citations = tuple(shorter.get(own.number, own) for own in answer.citations)
        quotes = {own.quote: shorter[own.number].quote for own in answer.citations if own.number in shorter}
        statements = tuple(replace(own, text=quotes.get(own.text, own.text)) for own in answer.statements)
        found.append(replace(answer, citations=citations, statements=statements))
    return found


def _answering(citation: Citation) -> Citation:
    """The citation of the sentences alone that are marked in it."""
    if not citation.marks:
        return citation
    answering = citation.marks[0][0], max(end for _, end in citation.marks)
    whole = sentences_within(citation.document, citation.start, citation.end)
    inside = [own for own in whole if overlap(own, answering)]
    return replace(citation, start=inside[0][0], end=inside[-1][1]) if inside else citation


def _share(one: Citation, other: Citation) -> bool:
    return one.document.id == other.document.id and overlap((one.start, one.end), (other.start, other.end))


def united(ranked: Iterable[Sequence[Passage]]) -> list[Passage]:
    """The passages of all rankings, each once with its best score, best first."""
    found: dict[tuple[str, int, int], Passage] = {}
    for passage in chain.from_iterable(ranked):
        key = _key(passage)
        if key not in found or found[key].score < passage.score:
            found[key] = passage
    return sorted(found.values(), key=lambda passage: -passage.score)


def in_turns(ranked: Sequence[Sequence[Passage]]) -> list[Passage]:
    """The passages of all rankings, each once: the best of each, then the second of each, and so on."""
    turns = (passage for turn in zip_longest(*ranked) for passage in turn if passage)
    return list({_key(own): own for own in turns}.values())


def _key(passage: Passage) -> tuple[str, int, int]:
    """What is the same in a passage that several rankings have."""
    return passage.source.path, passage.chunk.start, passage.chunk.end
