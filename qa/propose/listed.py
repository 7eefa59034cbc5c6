"""The rows of a table that a condition selects, if no sentence in prose is sure to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qa.answer import Answer, Citation, Statement
from qa.answer.reasons import reason
from qa.propose.counted import COMPUTED
from qa.propose.proposer import Found, Proposer
from qa.read.compute.compute import rows_named


@dataclass(frozen=True, slots=True)
class RowsNamed(Proposer):
    """Lists the rows of a table that a condition selects."""

    def propose(self, found: Found) -> Answer | None:
        named = None if found.said else rows_named(found.question, found.passages)
        if named is None:
            return None
        passage, rows = named
        rows = self.reader.recogniser.free(passage.document.text, rows)
        if not rows:
            return None
        citations = [Citation(number, passage, *row) for number, row in enumerate(rows, start=1)]
        statements = [Statement(row.quote, (row.number,), COMPUTED, "quoted", "row") for row in citations]
        return self.reader.said(
            replace(found.question, asked="list"), found.passages, statements, citations,
            short=None, read=passage, reasons=[reason("computed", COMPUTED)],
        )  # fmt: skip
