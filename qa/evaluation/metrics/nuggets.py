"""Nugget scores of TREC's RAG track (Pradeep et al. 2024): which facts of a good answer does an answer say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

VITAL = "vital"
SUPPORT, PARTIAL, NONE = "support", "partial_support", "not_support"
_WORTH = {SUPPORT: 1.0, PARTIAL: 0.5, NONE: 0.0}
ASSIGNMENTS = tuple(_WORTH)
_OKAY_WEIGHT = 0.5  # of another nugget in W, beside 1 of a vital one


class AssignedNugget(NamedTuple):
    """``VITAL`` or else, and one of ``ASSIGNMENTS``: how far the answer says the nugget."""

    importance: str
    assignment: str


def nugget_scores(nuggets: Sequence[AssignedNugget]) -> dict[str, float]:
    """The track's scores of one answer, each between 0 and 1.

    ``V`` is over the vital nuggets, ``A`` over all, ``W`` over all with okay ones at half weight. A nugget counts 1
    where the answer supports it, and a half where it does in part; in the ``strict`` scores that counts 0. A score over
    no nuggets is 0, as in the authors' script.
    """
    strict = [float(own.assignment == SUPPORT) for own in nuggets]
    partly = [_WORTH[own.assignment] for own in nuggets]
    vital = [float(own.importance == VITAL) for own in nuggets]
    weight = [1.0 if is_vital else _OKAY_WEIGHT for is_vital in vital]
    everything = [1.0] * len(nuggets)
    return {
        "V_strict": _mean(strict, vital),
        "V": _mean(partly, vital),
        "A_strict": _mean(strict, everything),
        "A": _mean(partly, everything),
        "W": _mean(partly, weight),
    }


def says_all_vital(nuggets: Sequence[AssignedNugget]) -> bool:
    """Whether every vital nugget is supported or, where none is vital, every nugget."""
    vital = [own for own in nuggets if own.importance == VITAL] or nuggets
    return all(own.assignment == SUPPORT for own in vital)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    whole = sum(weights)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / whole if whole else 0.0
