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
    """One answer of all statements, part by part, as sure as its least sure part; a refusal if no part is answered.

    If two parts would quote the same block, each quotes only its answering sentences.
    """
    answers = _apart(answers)
    answered = [answer for answer in answers if answer.answered]
    statements: list[Statement] = []
    citations: list[Citation] = []
    for part, answer in enumerate(answers):
        numbers = {cited.number: number for number, cited in enumerate(answer.citations, start=len(citations) + 1)}
        citations += [replace(cited, number=numbers[cited.number]) for cited in answer.citations]
        statements += [
            replace(statement, citations=tuple(numbers[number] for number in statement.citations), part=part)
            for statement in answer.statements
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
    """The answers with overlapping quotes shortened to the sentences that answer, none of them said twice."""
    found = []
    for number, answer in enumerate(answers):
        before = [one for other in answers[:number] for one in other.citations]
        others = [*before, *(one for other in answers[number + 1 :] for one in other.citations)]
        shared = [one for one in answer.citations if any(map(one.shares, others))]
        shorter = {one.number: _answering(one, list(filter(one.shares, before))) for one in shared}
        citations = tuple(shorter.get(one.number, one) for one in answer.citations)
        quotes = {one.quote: shorter[one.number].quote for one in answer.citations if one.number in shorter}
        statements = tuple(replace(one, text=quotes.get(one.text, one.text)) for one in answer.statements)
        found.append(replace(answer, citations=citations, statements=statements))
    return found


def _answering(citation: Citation, before: Sequence[Citation]) -> Citation:
    """The citation, shortened to the sentences that are marked in it, without those marked in the citations before."""
    if not citation.marks:
        return citation
    known = [mark for one in before for mark in one.marks]
    marks = [mark for mark in citation.marks if not any(overlap(mark, one) for one in known)] or citation.marks
    answering = marks[0][0], max(end for _, end in marks)
    whole = sentences_within(citation.document, citation.start, citation.end)
    inside = [sentence for sentence in whole if overlap(sentence, answering)]
    return replace(citation, start=inside[0][0], end=inside[-1][1]) if inside else citation


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
    return list({_key(passage): passage for passage in turns}.values())


def _key(passage: Passage) -> tuple[str, int, int]:
    """What identifies a passage across rankings."""
    return passage.source.path, passage.chunk.start, passage.chunk.end
