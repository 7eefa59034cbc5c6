"""Evidence -> what is said of it: a whole list or table, a procedure, an explanation, or single sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from documents.document import Document
from documents.sentences import Range
from index.passage import Passage
from index.snapshot import embedding_text, text_begins
from qa.answer import Citation, Role, role_of
from qa.check.caution import sends_elsewhere
from qa.check.claims.number_words import has_number
from qa.check.injection.recogniser import Recogniser
from qa.read.compute.compute import rows_asked_for, states_list
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence, is_entry
from qa.read.lines import WHOLE, Line, block_around, numbered_in, procedure_before, procedure_of
from qa.read.newest import is_outdated
from qa.read.placed import quotable
from qa.read.reader import READ, Reader
from qa.read.tables.settle import settle
from qa.understand.asked import Asked
from qa.understand.question import Question

# A further sentence is quoted when its margin is at most this much below the best sentence's.
NEAR = 3.0
# Of an answer at most so many sentences of one passage are said: those with at least this logit of the reader's, and
# with more where the answer is a number, which says more by itself.
TOLD, BELONGS, BELONGS_TO_NUMBER = 6, 0.0, 0.3
# What is said in the order of the document.
IN_ORDER: tuple[Asked, ...] = ("explanation", "steps")
# What is answered by one sentence.
NARROW: tuple[Asked, ...] = ("polar", "count")


class Said(NamedTuple):
    """What is said in a statement: the citation that it quotes, its role, and the evidence that it is as sure as."""

    citation: Citation
    role: Role
    found_by: Evidence


@dataclass(frozen=True, slots=True)
class Arranger:
    """Decides how much of the evidence is said and how it is laid out, by what the question asks for."""

    reader: Reader
    calibration: Calibration
    recogniser: Recogniser

    def arranged(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> tuple[list[Said], Asked]:
        """What is said of the ``evidence``, best first, in the first way that says something; and what is answered."""
        best = evidence[0]
        if states_list(question, best):
            return _sentences([best], passages), question.asked
        if lines := self._whole_block(question, passages, evidence):
            return lines, question.asked
        belonging = self._belonging(question, best)
        if steps := self._procedure(question, best, belonging):
            return steps, "steps"
        if len(belonging) > 1:
            return _explained(question, passages, best, belonging), question.asked
        return _sentences(self._choose(question, evidence), passages), question.asked

    def _whole_block(self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> list[Said]:
        """Where things or steps are asked for, the list or table that the best evidence in any is in, line by line.

        Steps are rather those of a numbered list in the same document, if its passage ranks higher. Steps that only
        another passage lists are of something else.
        """
        if question.asked not in WHOLE:
            return []
        best = evidence[0]
        if question.asked == "steps" and self.calibration.is_sure(best):
            above = takewhile(lambda passage: passage != best.passage, passages[:READ])
            chunks = [own.chunk for own in above if own.document.id == best.document.id]
            if lines := next(filter(None, (numbered_in(own.document, own.start, own.end) for own in chunks)), []):
                return self._lines(best, lines)
        for own in evidence:
            if not own.is_about_as_good_as(best) or not self.calibration.is_sure(own):
                continue
            if question.asked == "steps" and own.passage != best.passage:
                continue
            rows = rows_asked_for(question, own.passage, own.start)
            lines = block_around(own.document, own.start, own.end) or [Line(*row, "row") for row in rows]
            if lines:
                chosen = [line for line in lines if line.role != "row" or (line.start, line.end) in rows] or lines
                if [(line.start, line.end) for line in chosen] == [(own.start, own.end)]:
                    fact = [cell for cell in settle(question, [own]) if cell.start == own.start]
                    return _sentences(fact, passages) or self._lines(own, chosen)  # with its short answer
                return self._lines(own, chosen)
        if question.asked == "steps" and self.calibration.is_sure(best):
            return self._lines(best, procedure_before(best.document, best.start, best.end))
        return []

    def _belonging(self, question: Question, best: Evidence) -> list[Range]:
        """The sentences of the best one's passage that belong to the answer, itself among them, in their order.

        None where the best one is a row, a field, or a request to go or pay somewhere: ordinary sentences beside it
        would hide the caution.
        """
        chunk = best.passage.chunk
        if question.asked in NARROW or best.is_entry or sends_elsewhere(best.text):
            return []
        by, linearised = text_begins(chunk), chunk.linearised
        places = {
            place: (found[0] + by, found[1] + by)
            for place in quotable(chunk, self.recogniser)
            if _is_prose(chunk.document, place) and (found := linearised.find(*place))
        }
        logits = self.reader.evidence(question, embedding_text(chunk), list(places.values()))
        surest = sorted(zip(logits, places, strict=True), reverse=True)
        least = BELONGS_TO_NUMBER if has_number(best.answer) else BELONGS
        return sorted({place for logit, place in surest[:TOLD] if logit >= least} | {(best.start, best.end)})

    def _procedure(self, question: Question, best: Evidence, belonging: Sequence[Range]) -> list[Said]:
        """The numbered list of which several sentences are steps, where it is asked how or they are most of it."""
        lines, steps = procedure_of(best.document, belonging)
        if steps < 2 or question.asked == "explanation" or not (question.asked == "steps" or 2 * steps > len(lines)):
            return []
        is_step = any(line.start <= best.start < line.end for line in lines)
        return self._lines(best, lines if is_step else [Line(best.start, best.end, "answer"), *lines])

    def _choose(self, question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The sentences to quote: the best, then others with nearly its margin, as many as the question asks for.

        The others are in the order of their documents.
        """
        best, *others = evidence[: question.most_sentences]
        near = (sentence for sentence in others if sentence.margin >= best.margin - NEAR)
        further = [sentence for sentence in near if self.calibration.is_sure(sentence)]
        return [best, *sorted(further, key=lambda sentence: (sentence.document.id, sentence.start))]

    def _lines(self, evidence: Evidence, every: Sequence[Line]) -> list[Said]:
        """Each line with its citation, as sure as the evidence that they were found by."""
        free = set(self.recogniser.free(evidence.document.text, [(line.start, line.end) for line in every]))
        lines = [line for line in every if (line.start, line.end) in free]
        return [
            Said(Citation(number, evidence.passage, line.start, line.end), line.role, evidence)
            for number, line in enumerate(lines, start=1)
        ]


def _explained(
    question: Question, passages: Sequence[Passage], best: Evidence, belonging: Sequence[Range]
) -> list[Said]:
    """The sentences that belong to the answer, an explanation's or a procedure's in the order of the document, else the
    best one first.
    """
    first = (best.start, best.end)
    ordered = sorted(belonging, key=lambda place: (question.asked not in IN_ORDER and place != first, place))
    return [
        Said(
            Citation(number, best.passage, *place, (best.span,) if place == first else ()),
            _role(best.passage, place[0], passages),
            best,
        )
        for number, place in enumerate(ordered, start=1)
    ]


def _sentences(evidence: Sequence[Evidence], passages: Sequence[Passage]) -> list[Said]:
    """Each sentence, as sure as itself."""
    return [
        Said(
            Citation(number, own.passage, own.start, own.end, (own.span,)),
            _role(own.passage, own.start, passages),
            own,
        )
        for number, own in enumerate(evidence, start=1)
    ]


def _is_prose(document: Document, sentence: Range) -> bool:
    """Whether the sentence, in no heading, table or field, has more than one word."""
    start, end = sentence
    is_sentence = len(document.text[start:end].split()) > 1
    return is_sentence and not document.in_heading(start, end) and not is_entry(document, start)


def _role(passage: Passage, start: int, passages: Sequence[Passage]) -> Role:
    """What the sentence at ``start`` is in its document, or that it is from an older edition than another passage."""
    role = role_of(passage.document, start)
    return "older" if role == "answer" and is_outdated(passage.source, passages) else role
