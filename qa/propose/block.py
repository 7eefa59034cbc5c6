"""Where things or steps are asked for: the list or table that the best evidence in any is in, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from qa.answer import Answer
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import DraftStatement, answer_of, of_lines, of_sentences
from qa.read.compute.compute import rows_asked_for
from qa.read.evidence import Evidence
from qa.read.lines import WHOLE, Line, block_around, numbered_in, procedure_before
from qa.read.reader import READ
from qa.read.tables.select_cells import select_cells


@dataclass(frozen=True, slots=True)
class WholeBlock(Proposer):
    """Says all of a list, a table or a procedure.

    Steps are rather those of a numbered list in the same document, if its passage ranks higher. Steps that only another
    passage lists are of something else.
    """

    def propose(self, found: Found) -> Answer | None:
        best = found.best
        if best is None or found.question.asked not in WHOLE:
            return None
        return answer_of(self.reader, found, next(filter(None, self._blocks(found, best)), []))

    def _blocks(self, found: Found, best: Evidence) -> Iterator[list[DraftStatement]]:
        """What is said, in the order of preference."""
        asks_for_steps = found.question.asked == "steps"
        if asks_for_steps:
            above = takewhile(lambda passage: passage != best.passage, found.passages[:READ])
            chunks = [own.chunk for own in above if own.document.id == best.document.id]
            numbered = (numbered_in(own.document, own.start, own.end) for own in chunks)
            yield of_lines(self.reader, best, next(filter(None, numbered), []))
        for own in found.evidence:
            is_likely = own.is_about_as_good_as(best) and self.reader.calibration.is_sure(own)
            if is_likely and not (asks_for_steps and own.passage != best.passage):
                yield self._around(found, own)
        if asks_for_steps:
            yield of_lines(self.reader, best, procedure_before(best.document, best.start, best.end))

    def _around(self, found: Found, own: Evidence) -> list[DraftStatement]:
        """The block around the evidence; of a table the rows that the question speaks of."""
        rows = rows_asked_for(found.question, own.passage, own.start)
        lines = block_around(own.document, own.start, own.end) or [Line(*row, "row") for row in rows]
        chosen = [line for line in lines if line.role != "row" or (line.start, line.end) in rows] or lines
        if [(line.start, line.end) for line in chosen] == [(own.start, own.end)]:
            fact = [cell for cell in select_cells(found.question, [own]) if cell.start == own.start]
            if fact:  # with its short answer
                return of_sentences(fact, found.passages)
        return of_lines(self.reader, own, chosen)
