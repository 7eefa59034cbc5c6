"""Where documents disagree: what is written of each, in the order in which the extractive answer names them.

That begins with the document that is newest or in force, whatever order the model wrote in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qa.answer import Answer, Citation, Statement

Said = tuple[Sequence[Statement], Sequence[Citation]]


def in_force_first(statements: Sequence[Statement], citations: Sequence[Citation], quoted: Answer) -> Said:
    """The statements by their documents in the order of ``quoted``, then those of others; citations numbered anew.

    A statement without a citation stays behind the one before it.
    """
    ranks = _ranks(statements, citations, quoted)
    ordered = [statement for _, statement in sorted(zip(ranks, statements, strict=True), key=lambda own: own[0])]
    return _numbered(ordered, citations)


def lead(statements: Sequence[Statement], citations: Sequence[Citation], quoted: Answer) -> Said:
    """Those of the first document alone: while a model writes, they are what no later sentence can come before."""
    ranks = _ranks(statements, citations, quoted)
    return _numbered([own for rank, own in zip(ranks, statements, strict=True) if not rank], citations)


def _ranks(statements: Sequence[Statement], citations: Sequence[Citation], quoted: Answer) -> list[int]:
    documents = list(dict.fromkeys(own.document.id for own in quoted.citations))
    cited = {own.number: own.document.id for own in citations}
    ranks, rank = [], 0
    for statement in statements:
        if statement.citations:
            own = cited[statement.citations[0]]
            rank = documents.index(own) if own in documents else len(documents)
        ranks.append(rank)
    return ranks


def _numbered(statements: Sequence[Statement], citations: Sequence[Citation]) -> Said:
    """The statements with the citations that they cite, numbered in their order."""
    cited = dict.fromkeys(number for statement in statements for number in statement.citations)
    numbers = {number: new for new, number in enumerate(cited, start=1)}
    known = {own.number: own for own in citations}
    return (
        [replace(own, citations=tuple(numbers[number] for number in own.citations)) for own in statements],
        [replace(known[number], number=new) for number, new in numbers.items()],
    )
