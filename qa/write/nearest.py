"""What stands in the place of a written sentence that the documents do not bear out: the nearest quotation."""

from __future__ import annotations

from collections.abc import Iterator

from qa.answer import Answer, Citation, Statement, role_of
from qa.check.injection.recogniser import Recogniser
from qa.check.support import QUOTED
from qa.check.verifier import Verdict
from qa.read.quotable_block import quotable_block
from qa.write.answer_builder import quotations

# The share of a sentence's words that a quotation in its place has at least: one with fewer is about something else.
LEAST_NEAR = 0.5


def nearest(verdict: Verdict, quoted: Answer, recogniser: Recogniser) -> Iterator[tuple[Statement, Citation]]:
    """What may be quoted where the best window did not bear a sentence out, the best first; nothing if none is near.

    That is what the extractive answer, ``quoted``, says there; the block around the window; the window by itself.
    """
    passage, place = verdict.passage, (verdict.start, verdict.end)
    if passage is None or verdict.coverage < LEAST_NEAR:
        return
    for statement, citation in quotations(quoted):
        if citation.covers(passage.document, place):
            yield statement, citation
    if recogniser.free(passage.document.text, [place]):
        for start, end in (quotable_block(passage.document, recogniser, place), place):
            own = Citation(0, passage, start, end)
            yield Statement(own.quote, (0,), QUOTED, "quoted", role_of(own.document, start)), own
