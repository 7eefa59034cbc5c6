"""Citation precision and recall: with ALCE's definitions (Gao et al. 2023), and by cited characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

CitedStatement = tuple[str, Sequence[str]]
"""A statement, and the quotes that it cites."""
SupportJudge = Callable[[str, str], bool]
"""``judge(statement, premise)``: does the premise support the statement?"""
TextSpan = tuple[str, int, int]
"""Document, start, end: the characters ``start`` to ``end`` (exclusive) of a document."""


def citation_precision_recall(statements: Sequence[CitedStatement], support: SupportJudge) -> tuple[float, float]:
    """ALCE's citation precision and recall of one answer, each between 0 and 1.

    Recall is the share of statements that their quotes together support. Precision is the share of citations, over all
    statements, that are relevant. A citation is irrelevant if its statement is unsupported, or if it does not support
    the statement alone and the other citations do so without it. Quotes are joined by line feeds. An answer that cites
    nothing has precision 0.

    Raises:
        ValueError: there is no statement; an answer that says nothing has no citations to score.
    """
    if not statements:
        raise ValueError("an answer without statements has no citation scores: leave refusals out")
    supported = [bool(quotes) and support(text, "\n".join(quotes)) for text, quotes in statements]
    relevant = sum(
        _relevant_citations(text, quotes, support)
        for (text, quotes), is_supported in zip(statements, supported, strict=True)
        if is_supported
    )
    cited = sum(len(quotes) for _, quotes in statements)
    return relevant / cited if cited else 0.0, sum(supported) / len(statements)


def character_precision_recall(cited: Sequence[TextSpan], gold: Sequence[TextSpan]) -> tuple[float, float]:
    """The share of cited characters that are gold, and the share of gold characters that are cited.

    Spans may overlap: a character counts once. The share of an empty side is 0.

    Raises:
        ValueError: a span ends before it starts.
    """
    cited_size, gold_size = _size(cited), _size(gold)
    both = cited_size + gold_size - _size([*cited, *gold])
    return both / cited_size if cited_size else 0.0, both / gold_size if gold_size else 0.0


def is_held(part: TextSpan, spans: Sequence[TextSpan]) -> bool:
    """Whether the spans hold more than half of the part's characters."""
    _, recall = character_precision_recall(spans, [part])
    return recall > 0.5


def are_held(places: Sequence[Sequence[TextSpan]], spans: Sequence[TextSpan]) -> bool:
    """Whether the spans hold, of one of the alternative places, more than half of each part."""
    return any(all(is_held(part, spans) for part in place) for place in places if place)


def _relevant_citations(text: str, quotes: Sequence[str], support: SupportJudge) -> int:
    """The number of relevant quotes of a supported statement."""
    if len(quotes) == 1:
        return 1
    others = ["\n".join([*quotes[:number], *quotes[number + 1 :]]) for number in range(len(quotes))]
    return sum(support(text, quote) or not support(text, rest) for quote, rest in zip(quotes, others, strict=True))


def _size(spans: Sequence[TextSpan]) -> int:
    """How many characters the spans have together, however long they are."""
    size, reached = 0, dict[str, int]()
    for document, start, end in sorted(spans, key=lambda span: span[1:]):
        if end < start:
            raise ValueError(f"a span ends before it starts: {(document, start, end)}")
        size += max(0, end - max(start, reached.get(document, start)))
        reached[document] = max(end, reached.get(document, end))
    return size
