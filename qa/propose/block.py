"""For questions about things or steps: the list or table of the best evidence that is in one, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qa.answer import Answer, Citation
from qa.propose.proposer import Found, Proposer
from qa.propose.statements import DraftStatement, answer_of, of_lines, role_among
from qa.read.compute.compute import rows_asked_for
from qa.read.evidence import Evidence
from qa.read.lines import WHOLE, Line, block_around


@dataclass(frozen=True, slots=True)
class WholeBlock(Proposer):
    """Says all of a list, a table or a procedure; steps that only another passage lists belong to something else."""

    def propose(self, found: Found) -> Answer | None:
        best = found.best
        if best is None or found.question.asked not in WHOLE:
            return None
        return answer_of(self.reader, found, next(filter(None, self._blocks(found, best)), []))

    def _blocks(self, found: Found, best: Evidence) -> Iterator[list[DraftStatement]]:
        """The blocks to say, in order of preference."""
        for evidence in found.evidence:
            is_likely = evidence.is_about_as_good_as(best) and self.reader.calibration.is_sure(evidence)
            if is_likely and (found.question.asked != "steps" or evidence.passage == best.passage):
                yield self._around(found, evidence)

    def _around(self, found: Found, evidence: Evidence) -> list[DraftStatement]:
        """The block around the evidence; of a table, the rows that the question is about."""
        rows = rows_asked_for(found.question, evidence.passage, evidence.start)
        lines = block_around(evidence.document, evidence.start, evidence.end) or [Line(*row, "row") for row in rows]
        chosen = [line for line in lines if line.role != "row" or (line.start, line.end) in rows] or lines
        if [(line.start, line.end) for line in chosen] == [(evidence.start, evidence.end)]:
            own = Citation(1, evidence.passage, evidence.start, evidence.end, (evidence.span,))  # with its short answer
            return [DraftStatement(own, role_among(evidence.passage, evidence.start, found.passages), evidence)]
        return of_lines(self.reader, evidence, chosen)
