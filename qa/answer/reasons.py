"""What the confidence of an answer rests on, in plain English: reasons, each with its share of the number.

The shares add up to the confidence: the first is where a sentence begins, and every other moves the number up or down.
The words are fixed, so that a saved answer cannot say anything else (``qa.saved.reasons``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

# The texts that a reason of each name may have. One that ends with a colon is followed by the names it is about.
WORDS: Mapping[str, tuple[str, ...]] = {
    # What the number begins with.
    "start": ("for a typical sentence, before this one is read",),
    "nothing": ("no sentence of the passages may be the answer",),
    "computed": ("computed from rows or items: how often that is right is chosen, not measured",),
    "placed": ("found by its place, not by reading: how often that is right is chosen, not measured",),
    "overview": ("an overview is no single answer: it says what stands for each part",),
    # What moves it: the signals of ``qa.read.confidence.calibration.features``, above and below their mean.
    "margin": (
        "the reader is surer than usual that these words answer",
        "the reader is less sure than usual that these words answer",
    ),
    "lead": (
        "ahead of other passages, further than usual",
        "ahead of other passages, less far than usual",
        "it is further ahead of other documents than usual",  # as earlier versions said it
        "it is less far ahead of other documents than usual",
    ),
    "fit": ("its passage fits the question better than usual", "its passage fits the question less than usual"),
    "alone": ("found in one document, not in several", "found in several documents, not in one"),
    "several": ("several things are asked for, of which it is one", "one thing is asked for, not several"),
    "entails": (
        "the sentence bears the answer out better than usual",
        "the sentence bears the answer out less than usual",
    ),
    "unjudged": ("whether the sentence bears the answer out was not judged",),
    "absent": (
        "missing where the likeliest sentence stands:",
        "missing from the passage and its headings:",  # as earlier versions said it
    ),
    "mistaken": ("the text has only a look-alike of:",),
    # The second as earlier versions said it.
    "decided": ("its yes or no", "how surely the sentence says yes or no sets a limit"),
    # What is said beside it.
    "least": (
        "of two sentences that only together answer, the less sure one counts",
        "of several answers, the least sure one counts",
    ),
    "threshold": ("together, less than an answer needs",),
    "caveat": ("the number is",),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the reasons for a confidence; ``share``, between -1 and 1, is what it adds to the number."""

    name: str
    text: str
    share: float = 0.0


def reason(name: str, share: float = 0.0, *, wording: int = 0, about: Iterable[str] = ()) -> Reason:
    """The reason in one of its wordings, with the names that it is ``about``."""
    names = ", ".join(f"“{own}”" for own in about)
    return Reason(name, f"{WORDS[name][wording]} {names}".rstrip(), share)


def caveat_of(why: str) -> Reason:
    """That the number may be no probability, and ``why``: "not calibrated for this language"."""
    return Reason("caveat", f"{WORDS['caveat'][0]} {why}")


def rounded(shares: Sequence[float], digits: int) -> list[float]:
    """The shares in so many decimals; their sum is that of the exact ones, rounded."""
    ends = [round(total, digits) for total in accumulate(shares, initial=0.0)]
    return [round(after - before, digits) for before, after in pairwise(ends)]


def to_dicts(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """The public JSON form, with shares of four decimals."""
    shares = rounded([own.share for own in reasons], 4)
    return [{"name": own.name, "text": own.text, "share": share} for own, share in zip(reasons, shares, strict=True)]


def amounts(reasons: Sequence[Reason]) -> list[str]:
    """The shares as people read them, in points of 100: "28%" to begin with, "+41", "−12"; "" for what moves nothing.

    Where the number is no probability, only whether a reason speaks for ("+") or against it ("−").
    """
    points = [round(100 * share) for share in rounded([own.share for own in reasons], 2)]
    is_number = all(own.name != "caveat" for own in reasons)
    shown = []
    for place, own in enumerate(reasons):
        sign = "+" if own.share > 0 else "−" if own.share < 0 else ""
        if place == 0 or own.name == "threshold":
            shown.append(f"{sum(points[: place + 1])}%" if is_number else "")
        elif is_number and sign:
            shown.append(f"{sign if points[place] else '±'}{abs(points[place])}")
        else:
            shown.append(sign)
    return shown


def in_one_line(reasons: Sequence[Reason]) -> str:
    """The reasons with their shares, one after the other."""
    return "; ".join(f"{amount} {own.text}".lstrip() for amount, own in zip(amounts(reasons), reasons, strict=True))
