"""A count, a sum or an extreme, computed from the rows of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from documents.number_words import has_number
from qa.answer import Answer, Statement
from qa.answer.reasons import reason
from qa.propose.proposer import Found, Proposer
from qa.read.compute.aggregation import aggregation_of
from qa.read.compute.compute import computed
from qa.read.reader import READ

# How often a computed count or sum is right: it depends on words found, not on the reader's logits. Chosen below the 20
# of 22 that are right of the visitors' questions.
COMPUTED = 0.85


@dataclass(frozen=True, slots=True)
class Counted(Proposer):
    """Says a number or name that no sentence states, with the rows or items that it is computed from."""

    def propose(self, found: Found) -> Answer | None:
        question, passages = found.question, found.passages
        # "Does that change the number of pages?" asks for no number.
        if question.asked == "polar" or (found.said and has_number(found.said.answer)):
            return None
        aggregation = aggregation_of(question)
        # Rows are counted in any passage; sums come from the best ones, where the total may be given, too.
        result = computed(question, passages if aggregation and aggregation.operation == "count" else passages[:READ])
        if result is None:
            return None
        citations = result.citations()
        statement = Statement(result.text, tuple(citation.number for citation in citations), COMPUTED, "computed")
        answer = self.reader.said(
            question, passages, [statement], citations,
            short=result.short, read=result.passage, reasons=[reason("computed", COMPUTED)],
        )  # fmt: skip
        return replace(answer, asked="count") if aggregation else answer
