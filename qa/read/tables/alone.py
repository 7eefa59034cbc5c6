"""The cell that answers, with only its headings: what the verifier judges beside the whole row.

Titles, other years and other columns distract it: of 30 questions for a cell of a filing, 10 are answered rightly if it
sees the whole row below its titles, and 21 if it also sees the cell alone (``benchmarks.filing_questions``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from documents.edition import stem_of
from documents.linearise import linearise
from qa.read.evidence import Evidence
from qa.read.tables.words import Words, stems, words_of
from qa.understand.phrases import POSSESSIVES, is_verb, words
from qa.understand.question import Question

_OPENERS = POSSESSIVES | {"the"}


def cell_alone(question: Question, evidence: Evidence) -> str | None:
    """The row's headings and the cell of the span, with that of its column: ``| Revenue | 2022: 805 |``.

    None outside tables and if the span is no value of the row. None, too, if nothing shows that this row is asked for:
    the question has no word of its headings, or asks for a thing that the table does not mention.
    """
    if evidence.row is None or not evidence.start <= evidence.span[0] < evidence.end:
        return None
    document, chunk, (grid, row) = evidence.document, evidence.passage.chunk, evidence.row
    table, cell = grid.table, grid.cell_at(evidence.span[0])
    if cell is None or cell.row != row or cell.column < table.labels or not grid.is_data(row):
        return None
    if evidence.span[1] > cell.end:
        return None
    headings = [other for other in grid.cells(row) if other.column < table.labels and not other.is_empty]
    asked = stems(question.text)
    if not any(stems(document.text[heading.start : heading.end]) & asked for heading in headings):
        return None
    known = words_of(chunk, table, evidence.start).all_words | stems(stem_of(evidence.passage.source.name))
    if any(not thing & known for thing in _things(question)):
        return None
    read = (linearise(document.text, document.tables, other.start, other.end).text for other in (*headings, cell))
    return f"| {' | '.join(text.strip('| ') for text in read)} |"


def _things(question: Question) -> Iterator[Words]:
    """The stems of each noun after an article or possessive: "insurance" in "How much is the insurance?"."""
    for before, word in pairwise(words(question.text)):
        is_noun = not (word.function or word.capital or is_verb(word))
        if is_noun and before.lower in _OPENERS and (found := stems(word.text)):
            yield found
