"""Answers found by the structure of a document, without reading: another row of a table, the changes of a release."""

from __future__ import annotations

from collections.abc import Sequence

from documents.blocks import Range
from documents.document import Document
from index.passage import Passage
from index.search import View
from qa.answer import Answer, AnswerType, Citation, Statement, role_of
from qa.answer.reasons import reason
from qa.check.injection.recogniser import Recogniser
from qa.propose.releases import released, wanted_of
from qa.propose.row_follow_up import row_follow_up
from qa.read.lines import Line
from qa.understand.conversation import Turn
from qa.understand.question import Question

STRUCTURAL = 0.85  # how sure they are: chosen below the share of the visitors' questions that are answered right so


def next_row(text: str, last: Turn, view: View, recogniser: Recogniser) -> Answer | None:
    """Another row of the last answer's table, if the follow-up names exactly one; else None."""
    before = view.passage_at(*last.where[:2]) if last.where else None
    row = row_follow_up(text, last, before.document) if before else None
    if before is None or row is None:
        return None
    line = Line(*row.place, role_of(before.document, row.place[0]))
    return _said([line], before.document, view, recogniser, row.cell)


def of_release(question: Question, found: Sequence[Passage], view: View, recogniser: Recogniser) -> Answer | None:
    """The answer about a release, from the first document that lists it; else None."""
    wanted = wanted_of(question)
    if wanted is None:
        return None
    for document in {passage.document.id: passage.document for passage in found}.values():
        told = released(wanted, document)
        answer = _said(told.lines, document, view, recogniser, told.short, told.asked) if told else None
        if answer:
            return answer
    return None


def _said(
    lines: Sequence[Line],
    document: Document,
    view: View,
    recogniser: Recogniser,
    short: Range | None,
    asked: AnswerType = "fact",
) -> Answer | None:
    """The document's lines as an answer; ``short`` is the place of its short answer, in one of them.

    None if one is an injected instruction or in no passage.
    """
    passages = [found for line in lines if (found := view.passage_at(document.id, line.start))]
    free = recogniser.free(document.text, [(line.start, line.end) for line in lines])
    if not len(free) == len(passages) == len(lines):
        return None
    citations = [
        Citation(number, passage, line.start, line.end, (short,) if short and line.holds(*short) else ())
        for number, (line, passage) in enumerate(zip(lines, passages, strict=True), start=1)
    ]
    statements = [
        Statement(cited.quote, (cited.number,), STRUCTURAL, "quoted", line.role)
        for cited, line in zip(citations, lines, strict=True)
    ]
    distinct = {(one.chunk.start, one.chunk.end): one for one in passages}
    return Answer(
        "answer", "", "", STRUCTURAL, short_answer=document.text[slice(*short)] if short else None,
        statements=tuple(statements), citations=tuple(citations), passages=tuple(distinct.values()),
        model={"backend": "extractive"}, asked=asked, reasons=(reason("placed", STRUCTURAL),),
    )  # fmt: skip
