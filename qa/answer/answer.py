"""The Answer: the one object that the chat, the command line, the API and evaluation share.

``Answer.to_dict`` gives the public JSON form, ``schema`` 2. Every citation is a pair of offsets into its
document, so ``document.text[start:end] == quote`` holds, and ``qa.saved.verify`` checks it again on request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from documents.blocks import Range
from documents.document import Document
from index.passage import Passage
from qa.answer.cells import CitedCell, cited_cells
from qa.answer.extract import Extract
from qa.answer.reasons import Reason, caveat_of, to_dicts

SCHEMA = 2

Kind = Literal["answer", "refusal", "notice"]
AnswerType = Literal[
    "fact",  # one person, time, place, number or thing
    "explanation",  # why, how something works, what something is or means
    "list",  # several things
    "steps",  # how to do something
    "polar",  # yes or no
    "count",  # how many there are, a total, a sum
    "comparison",  # what differs, what changed, which is cheaper
    "overview",  # what a document, or all of them, is about
    "library",  # which documents there are
    "talk",  # a greeting, thanks, a complaint, a question about the program
]
Status = Literal["quoted", "supported", "computed", "unsupported"]
YES_OR_NO = ("Yes.", "No.")  # statements that say only that
Role = Literal["answer", "lead-in", "row", "item", "step", "side", "older"]


@dataclass(frozen=True, slots=True)
class Citation(Extract):
    """The characters ``start`` to ``end`` of a passage's document, numbered as the answer's text marks them.

    ``spans`` are the ranges in it that the answer rests on, such as the short answer.
    """

    number: int
    passage: Passage
    start: int
    end: int
    spans: tuple[Range, ...] = ()

    @property
    def quote(self) -> str:
        """Exactly the cited characters."""
        return self.text

    @property
    def section(self) -> str | None:
        """The innermost heading above the quote."""
        path = self.document.section_path(self.start)
        return path[-1] if path else None

    @property
    def page(self) -> int | None:
        """The page the quote starts on, where the format has pages."""
        return self.document.page_at(self.start)

    @property
    def cells(self) -> tuple[CitedCell, ...]:
        """The cells that the answer rests on: those that ``spans`` touch, else the values of the rows quoted."""
        return cited_cells(self.document, self.start, self.end, self.spans)

    @property
    def marks(self) -> tuple[Range, ...]:
        """The ranges within the quote whose words answer, in the order of the document."""
        inside = (own for own in self.spans if self.start <= own[0] < own[1] <= self.end)
        return tuple(sorted(set(inside)))

    def holds(self, text: str) -> bool:
        """Whether ``text`` is one of the ranges that the answer rests on."""
        return any(self.document.text[start:end] == text for start, end in self.spans)

    @property
    def place(self) -> dict[str, str | int | None]:
        """Where a person finds the quote: title, page and section, as the public JSON form tells them."""
        title = self.document.title or self.passage.source.name
        return {"title": title, "page": self.page, "section": self.section}

    def to_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "document": self.document.id,
            "source": self.passage.source.path,
            **self.place,
            "date": self.passage.source.date or None,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "marks": [list(own) for own in self.marks],
            "cells": [cell.to_dict() for cell in self.cells],
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the citations it rests on; ``support`` is between 0 and 1.

    ``status`` says how it came about: quoted word for word; "supported", which a model wrote and which was verified;
    "computed" from the items or cells cited, or yes or no drawn from the sentence cited; or "unsupported". ``role`` is
    what it is in its document: a row of a table, an item or a step of a list, else "answer"; "lead-in" is what
    introduces others, "side" what is said of one of the things compared, and "older" a sentence of an edition that is
    not the newest found. ``part`` is the number of the question or side that it answers, where there are several (0:
    the first). ``code`` are the ranges of a written text that the model set as code: the page shows them so.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    status: Status
    role: Role = "answer"
    part: int = 0
    code: tuple[Range, ...] = ()

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it only says yes or no, which the statement after it bears out."""
        return self.status == "computed" and self.text in YES_OR_NO

    @property
    def is_said(self) -> bool:
        """Whether the answer says it; what is not supported is at most shown struck."""
        return self.status != "unsupported"

    @property
    def marked(self) -> str:
        """The text with its [n] markers."""
        return self.text + "".join(f"[{number}]" for number in self.citations)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "citations": list(self.citations),
            "support": round(self.support, 4),
            "status": self.status,
            "role": self.role,
            "part": self.part,
            **({"code": [list(own) for own in self.code]} if self.code else {}),
        }


def role_of(document: Document, start: int) -> Role:
    """What the sentence that begins at ``start`` is in its document."""
    if document.table_at(start):
        return "row"
    return next((own.kind for own in reversed(document.blocks_at(start)) if own.kind in ("item", "step")), "answer")


@dataclass(frozen=True, slots=True)
class AnsweredPart:
    """One of several questions, or things compared, and whether it is answered ("refusal": it is not)."""

    question: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, what is said, and what it rests on.

    ``kind`` "answer" has at least one cited statement; "refusal" has none and offers ``passages`` as the
    closest found; "notice" (help, small talk) says nothing about the documents' content. ``reasons`` say what
    ``confidence`` rests on; ``caveat`` says why it is not to be taken as a probability, where it is not. ``note`` says
    what went otherwise than asked for; it is about the making of the answer, never about the documents' content.
    ``nearest`` is what a refusal came closest to saying, ``beyond`` what a language model says of itself beside one: no
    part of the answer. ``caution`` says why the reader should look twice before doing what is quoted.
    """

    kind: Kind
    question: str
    standalone_question: str
    confidence: float
    short_answer: str | None = None
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    message: str = ""
    caveat: str | None = None
    note: str | None = None
    caution: str | None = None
    model: Mapping[str, str | None] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    asked: AnswerType = "fact"
    parts: tuple[AnsweredPart, ...] = ()
    reasons: tuple[Reason, ...] = ()
    nearest: Citation | None = None
    beyond: str | None = None

    @property
    def answered(self) -> bool:
        return self.kind == "answer"

    @property
    def said(self) -> tuple[Statement, ...]:
        """The statements that are said: all but those shown struck."""
        return tuple(statement for statement in self.statements if statement.is_said)

    @property
    def text(self) -> str:
        """What is said, with its [n] markers; for a refusal or a notice, the message."""
        return " ".join(statement.marked for statement in self.said) if self.answered else self.message

    @property
    def short_citations(self) -> tuple[int, ...]:
        """The number of the citation that the short answer stands in, else of the first statement's first."""
        short = self.short_answer
        within = [own.number for own in self.citations if short and own.holds(short)]
        first = self.statements[0].citations if self.statements else ()
        return (*within, *first)[:1]

    @property
    def further(self) -> tuple[Passage, ...]:
        """The passages found, but the one that the nearest block is of."""
        return tuple(own for own in self.passages if self.nearest is None or own.chunk != self.nearest.passage.chunk)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Of several questions, those that the documents do not answer while they answer others."""
        return tuple(part.question for part in self.parts if part.kind != "answer") if self.answered else ()

    def side_of(self, statement: Statement) -> str | None:
        """The thing compared that the statement is of, as it was asked; None where nothing is compared."""
        return self.parts[statement.part].question if statement.role == "side" and self.parts else None

    @property
    def is_rewritten(self) -> bool:
        """Whether another question was searched for than was asked: a follow-up, made to stand alone."""
        return self.standalone_question != self.question

    @property
    def confidence_text(self) -> str:
        """The confidence as people say it, or why there is none."""
        return self.caveat or percent(self.confidence)

    @property
    def why(self) -> tuple[Reason, ...]:
        """What the confidence rests on: the reasons, whose shares add up to it, and the caveat."""
        return (*self.reasons, caveat_of(self.caveat)) if self.reasons and self.caveat else self.reasons

    def to_dict(self) -> dict[str, Any]:
        """The public JSON form, which ``refdesk ask --json`` prints (``docs/answers.md``)."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "asked": self.asked,
            "question": self.question,
            "standalone_question": self.standalone_question,
            "answered": self.answered,
            "confidence": round(self.confidence, 4),
            "reasons": to_dicts(self.why),
            "text": self.text,
            "short_answer": self.short_answer,
            "note": self.note,
            "caution": self.caution,
            "statements": [statement.to_dict() for statement in self.statements],
            "citations": [citation.to_dict() for citation in self.citations],
            "nearest": self.nearest.to_dict() if self.nearest else None,
            **({"beyond": self.beyond} if self.beyond else {}),
            "parts": [{"question": part.question, "kind": part.kind} for part in self.parts],
            "passages": [
                {
                    "source": passage.source.path,
                    "start": passage.chunk.start,
                    "end": passage.chunk.end,
                    "score": round(passage.score, 4),
                    "stage_scores": {stage: round(score, 4) for stage, score in passage.stage_scores.items()},
                }
                for passage in self.passages
            ],
            "model": {**self.model, "calibration": self.caveat or "applies"} if self.model else {},
            "timings_ms": {stage: round(ms, 1) for stage, ms in self.timings_ms.items()},
        }


def percent(probability: float) -> str:
    """A probability as people say it; rounding never claims certainty."""
    if probability >= 0.995:
        return "over 99%"
    if probability < 0.005:
        return "under 1%"
    return f"{round(probability * 100)}%"
