"""The rows of a table that a condition selects, if no sentence in prose is sure to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from documents.sentences import Range
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.answer.reasons import reason
from qa.propose.counted import COMPUTED
from qa.propose.proposer import Found, Proposer
from qa.read.compute.compute import rows_named
from qa.read.evidence_reader import EvidenceReader


@dataclass(frozen=True, slots=True)
class RowsNamed(Proposer):
    """Lists the rows of a table that a condition selects."""

    def propose(self, found: Found) -> Answer | None:
        return None if found.said else _listed(self.reader, found, rows_named(found.question, found.passages))


def _listed(reader: EvidenceReader, found: Found, named: tuple[Passage, list[Range]] | None) -> Answer | None:
    if named is None:
        return None
    passage, rows = named
    rows = reader.recogniser.free(passage.document.text, rows)
    if not rows:
        return None
    citations = [Citation(number, passage, *row) for number, row in enumerate(rows, start=1)]
    statements = [Statement(row.quote, (row.number,), COMPUTED, "quoted", "row") for row in citations]
    return reader.said(
        replace(found.question, asked="list"), found.passages, statements, citations,
        short=None, read=passage, reasons=[reason("computed", COMPUTED)],
    )  # fmt: skip
