"""Finding against reading: where a passage with the gold evidence was found, whether it was read and cited, and what
became of the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from documents.document import Document
from qa.evaluation.metrics.citations import TextSpan, are_held
from qa.evaluation.scoring.cited import held_span

PLACES = (1, 3, 5, 15)
READ, CITED = "evidence_read", "evidence_cited"
_NOT_FOUND = "not found"


def found_metrics(passages: Sequence[TextSpan] | None, places: Sequence[Sequence[TextSpan]]) -> dict[str, float]:
    """``found@k`` for each k of ``PLACES``: 1 if the first k passages hold more than half of each part of evidence.

    ``places`` are alternative sets of gold spans, each alone complete evidence. A passage that ends before it starts
    holds nothing. None are defined where no gold span is known, or where ``passages`` is None: the system does not say
    what it found.
    """
    if passages is None or not any(places):
        return {}
    found = [(document, start, max(start, end)) for document, start, end in passages]
    return {f"found@{k}": float(are_held(places, found[:k])) for k in PLACES}


def read_metrics(
    answer: Mapping[str, Any],
    is_said: bool,
    places: Sequence[Sequence[TextSpan]],
    documents: Mapping[str, Document],
) -> dict[str, float]:
    """``evidence_read``: 1 if what the system took for the answer, said or not, holds the evidence.

    ``evidence_cited``: 1 if that is said. It is known from the citations, of a refusal from those of the answer that
    was not sure enough, or from the nearest block; undefined without either, and where no gold span is known.
    ``places`` are as in ``found_metrics``; ``documents``, by id, are those that gold and citations are of.
    """
    nearest = answer.get("nearest")
    citations = answer["citations"] or ([nearest] if nearest else [])
    if not any(places) or not (citations or is_said):
        return {}
    spans = [held_span(citation, documents.get(citation["document"])) for citation in citations]
    is_read = are_held(places, spans)
    return {READ: float(is_read), CITED: float(is_read and is_said)}


def lost(records: Sequence[Mapping[str, Any]], outcomes: Sequence[str]) -> list[tuple[str, dict[str, int]]]:
    """How many questions had each outcome, by the place at which a passage with the evidence was found.

    ``outcomes`` has one for each record, such as "right" or "refused". Behind them stands of how many the evidence was
    read and cited, where any record tells. Questions without ``found_metrics`` are left out; the result is empty where
    none has them.
    """
    known = [
        (place, record["metrics"], own)
        for record, own in zip(records, outcomes, strict=True)
        if (place := _place(record["metrics"]))
    ]
    if not known:
        return []
    told = [name for name in (READ, CITED) if any(name in metrics for _, metrics, _ in known)]
    columns = [*dict.fromkeys(own for _, _, own in known), *told]
    rows = {place: dict.fromkeys(columns, 0) for place in (*_CALLED.values(), _NOT_FOUND)}
    for place, metrics, own in known:
        rows[place][own] += 1
        for name in told:
            rows[place][name] += int(metrics.get(name, 0))
    return list(rows.items())


def in_words(metrics: Mapping[str, float]) -> str:
    """What became of a question's evidence, such as "found at place 2 to 3, read, not said".

    It tells what is known by ``found_metrics`` and ``read_metrics``; it is empty where neither are defined.
    """
    place = _place(metrics)
    parts = [] if place is None else [_FOUND_AT.get(place, f"found at place {place}")]
    if READ in metrics:
        parts.append(("read and cited" if metrics[CITED] else "read, not said") if metrics[READ] else "not read")
    return ", ".join(parts)


# What the places are called, by the last one that each holds.
_CALLED = {k: "first" if k == 1 else f"{above + 1} to {k}" for above, k in pairwise((0, *PLACES))}
_FOUND_AT = {_CALLED[1]: "found first", _NOT_FOUND: f"not found among {PLACES[-1]}"}


def _place(metrics: Mapping[str, float]) -> str | None:
    """The place at which a passage with the evidence was found; None where it is not known."""
    if f"found@{PLACES[-1]}" not in metrics:
        return None
    return next((place for k, place in _CALLED.items() if metrics[f"found@{k}"]), _NOT_FOUND)
