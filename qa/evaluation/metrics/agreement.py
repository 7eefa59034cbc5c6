"""How far two judges agree."""

from __future__ import annotations

from collections.abc import Sequence


def raw_agreement(a: Sequence[bool], b: Sequence[bool]) -> float:
    """The share of cases on which two judges say the same; NaN without cases."""
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a) if a else float("nan")


def cohens_kappa(a: Sequence[bool], b: Sequence[bool]) -> float:
    """Cohen's (1960) kappa: agreement beyond chance, from -1 to 1; 0 is what chance would give.

    NaN where it is undefined: without cases, or where both always say the same one thing.
    """
    if not a:
        return float("nan")
    yes_a, yes_b = sum(a) / len(a), sum(b) / len(b)
    expected = yes_a * yes_b + (1 - yes_a) * (1 - yes_b)
    return (raw_agreement(a, b) - expected) / (1 - expected) if expected < 1 else float("nan")
