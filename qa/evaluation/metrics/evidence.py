"""Cited evidence against gold evidence: by word, by sentence, and by span.

As in ERASER (DeYoung et al. 2020), everything is compared by where it stands, not by what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import NamedTuple

from documents.blocks import Range
from qa.evaluation.metrics.citations import TextSpan

IOU = 0.5  # the overlap from which a cited and a gold span count as the same


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean, each between 0 and 1; the share of an empty side is 0."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, precision: float, recall: float) -> Scores:
        """The scores with their harmonic mean."""
        total = precision + recall
        return cls(precision, recall, 2 * precision * recall / total if total else 0.0)

    def named(self, kind: str) -> dict[str, float]:
        """The scores as metrics, such as "word_precision"."""
        return {f"{kind}_precision": self.precision, f"{kind}_recall": self.recall, f"{kind}_F1": self.f1}


def overlap(cited: Collection[Hashable], gold: Collection[Hashable]) -> Scores:
    """The share of cited units that are gold, and of gold units that are cited."""
    both = len(set(cited) & set(gold))
    return Scores.of(both / len(set(cited)) if cited else 0.0, both / len(set(gold)) if gold else 0.0)


def touched(spans: Iterable[TextSpan], units: Callable[[str], Sequence[Range]]) -> set[tuple[str, int]]:
    """The units (words, sentences) that the spans touch, each by its document and start.

    ``units`` gives those of a document in order.
    """
    return {
        (document, first)
        for document, start, end in spans
        for first, last in units(document)
        if first < end and start < last and start < end
    }


def matched(cited: Sequence[TextSpan], gold: Sequence[TextSpan]) -> Scores:
    """The share of cited spans that match a gold span, and of gold spans that a cited one matches.

    Two spans match where the characters in both are at least ``IOU`` of the characters in either.
    """
    mine, theirs = list(dict.fromkeys(cited)), list(dict.fromkeys(gold))
    hits = [[intersection_over_union(own, other) >= IOU for other in theirs] for own in mine]
    precision = sum(map(any, hits)) / len(mine) if mine else 0.0
    return Scores.of(precision, sum(map(any, zip(*hits, strict=True))) / len(theirs) if theirs else 0.0)


def intersection_over_union(a: TextSpan, b: TextSpan) -> float:
    """The characters in both spans as a share of those in either; 0.0 in different documents, or of empty spans."""
    both = min(a[2], b[2]) - max(a[1], b[1])
    if a[0] != b[0] or both <= 0:
        return 0.0
    return both / (a[2] - a[1] + b[2] - b[1] - both)
