"""Evidence and calibration -> what the confidence rests on, as reasons whose shares add up to it.

A share is what the number changes by when its reason becomes known, averaged over all orders in which they can become
known (Shapley 1953). In log-odds that is weight x (signal - mean); the average carries it over to the probability, with
the discount for a missing name and the limit that a yes or no sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from statistics import fmean

from qa.answer.reasons import Reason, reason
from qa.check.yes_no import Decision
from qa.read.confidence.calibration import Calibration, features
from qa.read.evidence import Evidence

Number = Callable[[frozenset[str]], float]  # the probability, where only the reasons of these names are known

OF_TWO = reason("least")
OF_SEVERAL = reason("least", wording=1)


def reasons_of(calibration: Calibration, evidence: Evidence, decision: Decision | None = None) -> tuple[Reason, ...]:
    """The start and the reasons of ``calibration.confidence(evidence)``, the weightiest first.

    With a ``decision`` for yes or no, of ``calibration.of_word``.
    """
    signals = features(evidence)
    means = {name: calibration.means.get(name, 0.0) for name in signals}
    named = {"mistaken": evidence.mistaken, "absent": evidence.absent}
    doubt = next((name for name, about in named.items() if about), None)
    moving = [name for name, weight in calibration.weights.items() if weight and name in signals]
    known = [*moving, *([doubt] if doubt else []), *(["decided"] if decision else [])]

    def number(of: frozenset[str]) -> float:
        seen = {name: (signals if name in of else means)[name] for name in signals}
        discount = calibration.discount(evidence) if doubt in of else 1.0
        if decision and "decided" in of:
            return calibration.word_probability(seen, decision.probability, discount)
        return calibration.probability(seen, discount)

    shares = shares_of(number, known)
    found = [
        _worded(name, share, evidence, is_more=signals.get(name, 0.0) >= means.get(name, 0.0))
        if name in signals
        else reason(name, share, about=named.get(name, ()))
        for name, share in shares.items()
    ]
    return reason("start", number(frozenset())), *sorted(found, key=lambda one: -abs(one.share))


def refused(calibration: Calibration, evidence: Sequence[Evidence]) -> tuple[Reason, ...]:
    """The reasons for saying nothing, where even the best of the evidence is below the threshold."""
    return (*reasons_of(calibration, evidence[0]), reason("threshold")) if evidence else (reason("nothing"),)


def shares_of(number: Number, names: Sequence[str]) -> dict[str, float]:
    """What each of the names changes ``number`` by, averaged over all orders of becoming known."""
    value = cache(number)

    def change(name: str, before: tuple[str, ...]) -> float:
        return value(frozenset({*before, name})) - value(frozenset(before))

    return {
        name: fmean(
            fmean(change(name, before) for before in combinations([other for other in names if other != name], size))
            for size in range(len(names))
        )
        for name in names
    }


def _worded(name: str, share: float, evidence: Evidence, *, is_more: bool) -> Reason:
    if name == "entails" and evidence.entails == 0:
        return reason("unjudged", share)
    return reason(name, share, wording=0 if is_more else 1)
