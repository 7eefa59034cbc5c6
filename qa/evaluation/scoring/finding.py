"""Finding against reading: where a passage with the gold evidence was found, and what became of the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from qa.evaluation.metrics.citations import TextSpan, is_held

PLACES = (1, 3, 5, 15)


def found_metrics(passages: Sequence[TextSpan] | None, places: Sequence[Sequence[TextSpan]]) -> dict[str, float]:
    """``found@k`` for each k of ``PLACES``: 1 if one of the first k passages holds more than half of a gold span.

    ``places`` are alternative sets of gold spans. A passage that ends before it starts holds nothing. None are defined
    where no gold span is known, or where ``passages`` is None: the system does not say what it found.
    """
    gold = [span for place in places for span in place]
    if passages is None or not gold:
        return {}
    found = [(document, start, max(start, end)) for document, start, end in passages]
    ranks = (rank for rank, passage in enumerate(found, 1) if any(is_held(span, [passage]) for span in gold))
    first = next(ranks, None)
    return {f"found@{k}": float(first is not None and first <= k) for k in PLACES}


def lost(records: Sequence[Mapping[str, Any]], outcomes: Sequence[str]) -> list[tuple[str, dict[str, int]]]:
    """How many questions had each outcome, by the place at which a passage with the evidence was found.

    ``outcomes`` has one for each record, such as "right" or "refused". Questions without ``found_metrics`` are left
    out; the result is empty where none has them.
    """
    known = [
        (record["metrics"], own) for record, own in zip(records, outcomes, strict=True) if _LAST in record["metrics"]
    ]
    if not known:
        return []
    rows = {_called(above, k): {own: 0 for _, own in known} for above, k in pairwise((0, *PLACES))}
    rows["not found"] = {own: 0 for _, own in known}
    for metrics, own in known:
        place = next((_called(above, k) for above, k in pairwise((0, *PLACES)) if metrics[f"found@{k}"]), "not found")
        rows[place][own] += 1
    return list(rows.items())


_LAST = f"found@{PLACES[-1]}"


def _called(above: int, k: int) -> str:
    return "first" if k == 1 else f"{above + 1} to {k}"
