"""Comparable amounts: numbers with a unit, converted between units of one kind ("6 min 40 sec")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from documents.number_words import UNIT_OF
from documents.vocabulary import Vocabulary
from qa.check.claims.quantities import Quantity, quantities

_VOCABULARY = Vocabulary("qa")
# Units by kind, each with how many of the kind's smallest unit it is.
_KINDS = _VOCABULARY.values_of("measures")
_KIND_OF = {unit: kind for kind, units in _KINDS.items() for unit in units}
_HOURS = re.compile(r"(?<=\d)\s*h\b")  # "2 h" is a time in an amount by itself; in a sentence it may be anything
_SECONDS = re.compile(r"\b(min(?:utes?)?\.?\s+\d+)\s*s\b")  # "5 min 20 s"
_SPEED = re.compile(rf"\b{_VOCABULARY.any_of('speeds')}\b", re.IGNORECASE)
_WORKING = re.compile(r"\b(?:working|business)\s+(?=(?:days?|weeks?|hours?)\b)", re.IGNORECASE)
_IN_ITS_OWN = frozenset({"money"})  # kinds of which no unit is so many of another


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount in the smallest unit of its ``kind`` ("time"), or in its own ``unit``."""

    value: float
    kind: str
    unit: str


def measure(text: str, heading: str = "") -> Measure | None:
    """The only amount in ``text``, in a unit from the text or the ``heading`` of its column; else None."""
    speed = _SPEED.search(text) or _SPEED.search(heading)
    text = _SECONDS.sub(r"\1 seconds", _HOURS.sub(" hours ", text))
    found = quantities(_WORKING.sub("", text))
    numbers = found.numbers
    if found.dates or not numbers or any(len(number.values) != 1 for number in numbers):
        return None
    if speed and len(numbers) == 1:
        return Measure(numbers[0].values[0], "speed", speed[0].casefold())
    units = [number.unit or (_unit_in(heading) if len(numbers) == 1 else "") for number in numbers]
    kinds = {_KIND_OF.get(unit, "") for unit in units}
    if len(numbers) > 1 and not (kinds == {"time"} and _go_on(text, numbers)):
        return None
    kind = kinds.pop()
    if not kind or kind in _IN_ITS_OWN:
        return Measure(numbers[0].values[0], kind, units[0] or heading)
    total = sum(number.values[0] * _KINDS[kind][unit] for number, unit in zip(numbers, units, strict=True))
    return Measure(total, kind, "working" if _WORKING.search(text) else "")


def _go_on(text: str, numbers: tuple[Quantity, ...]) -> bool:
    """Whether the amounts are parts of one duration ("6 min 40 sec"), each in a smaller unit than the one before."""
    sizes = [_KINDS["time"][number.unit] for number in numbers]
    gaps = (text[one.start + len(one.text) : other.start] for one, other in pairwise(numbers))
    return sizes == sorted(set(sizes), reverse=True) and all(gap.strip() in ("", "and", ",") for gap in gaps)


def is_money(units: Iterable[str]) -> bool:
    """Whether one of the units, by their common names, is a currency."""
    return any(_KIND_OF.get(unit) == "money" for unit in units)


def _unit_in(heading: str) -> str:
    words = re.findall(r"[^\W\d_]+|[%$€£¥₹°]\w?", heading.casefold())
    return next((UNIT_OF[word] for word in words if word in UNIT_OF), "")
