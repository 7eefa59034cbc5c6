"""The years, halves, quarters, months and weekdays that a text names, ranges such as "Mon–Fri" spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from documents.number_words import MONTHS, WEEKDAYS
from documents.vocabulary import Vocabulary

Kind = Literal["year", "half", "quarter", "month", "weekday"]
Periods = Mapping[Kind, frozenset[int]]

_VOCABULARY = Vocabulary("qa")
_ORDINALS = {word: int(number) for word, number in _VOCABULARY.values_of("ordinals_of_parts")["en"].items()}
_COUNTED = "|".join(_ORDINALS)
_DATE = re.compile(
    r"\b(?P<year>(?:19|20)\d\d)-(?P<month>0[1-9]|1[0-2])(?:-[0-3]\d)?\b"
    r"|\b[0-3]?\d\.(?P<month2>0?[1-9]|1[0-2])\.(?P<year2>(?:19|20)\d\d)\b"
    r"|\b[0-3]?\d/[0-3]?\d/(?P<year3>(?:19|20)\d\d)\b"
)
# After these a number is an amount, even if it looks like a year.
_AMOUNT = re.compile(rf"(?:{_VOCABULARY.any_of('before_amounts')}|[$€£¥₹])\s*\Z", re.IGNORECASE)
_YEAR = re.compile(
    r"(?<![\d.,])(?:FY\s?)?(?P<year>(?:19|20)\d\d)(?:/(?P<next>\d\d))?(?![\d]|[.,]\d|\s?%)|\bFY\s?(?P<short>\d\d)\b"
)
_PART = re.compile(
    rf"\b(?:Q(?P<quarter>[1-4])|quarter\s(?P<number>[1-4])|H(?P<half>[12])"
    rf"|(?P<ordinal>{_COUNTED})[\s-](?P<part>quarter|half))\b",
    re.IGNORECASE,
)
# Short names, and those that are also ordinary words, need a capital.
_NAME = re.compile(rf"\b({'|'.join(sorted([*MONTHS, *WEEKDAYS], key=len, reverse=True))})s?\b", re.IGNORECASE)
_NEEDS_CAPITAL = frozenset({"may", "march"})
_SHORTEST = 5  # letters of a name that may be written without a capital

# Days at the ends of a range of months: "1 April – 31 October".
_DAY = r"(?:(?:the\s+)?[0-3]?\d(?:st|nd|rd|th|\.)?\s+(?:of\s+)?)?"
_TO = re.compile(rf"\s*(?:[-–—/]|{_VOCABULARY.any_of('up_to_periods')})\s*{_DAY}\Z", re.IGNORECASE)
_AND = re.compile(rf"\s*(?:and|&)\s*{_DAY}\Z", re.IGNORECASE)
_BETWEEN = re.compile(rf"\bbetween\s+(?:the\s+)?{_DAY}\Z", re.IGNORECASE)
_SIZE: Mapping[Kind, int] = {"half": 2, "quarter": 4, "month": 12, "weekday": 7}
_LONGEST = 200  # years of a range


class _Named(NamedTuple):
    kind: Kind
    value: int
    start: int
    end: int


@lru_cache(maxsize=8192)
def periods(text: str) -> Periods:
    """The periods in ``text`` by kind; a year as itself, the others counted from 1 (Monday is 1)."""
    found = sorted(_named(text), key=lambda period: period.start)
    values: dict[Kind, set[int]] = {}
    for period in found:
        values.setdefault(period.kind, set()).add(period.value)
    for kind in values:
        for first, last in pairwise([period for period in found if period.kind == kind]):
            if _is_range(text, first, last, found):
                values[kind].update(_between(kind, first.value, last.value))
    return {kind: frozenset(numbers) for kind, numbers in values.items()}


def _named(text: str) -> Iterator[_Named]:
    dates = list(_of_dates(text))
    return chain(dates, _years(text, dates), _parts_of_years(text), _by_name(text))


def _of_dates(text: str) -> Iterator[_Named]:
    """The years and months of dates in digits."""
    for match in _DATE.finditer(text):
        year = match["year"] or match["year2"] or match["year3"]
        yield _Named("year", int(year), *match.span())
        if month := match["month"] or match["month2"]:
            yield _Named("month", int(month), *match.span())


def _years(text: str, dates: Sequence[_Named]) -> Iterator[_Named]:
    """The years that stand by themselves, not in one of the ``dates``."""
    for match in _YEAR.finditer(text):
        if any(date.start <= match.start() < date.end for date in dates) or _AMOUNT.search(text[: match.start()][-20:]):
            continue
        yield _Named("year", int(match["year"] or 2000 + int(match["short"])), *match.span())
        if match["next"]:
            yield _Named("year", int(match["year"]) // 100 * 100 + int(match["next"]), *match.span())


def _parts_of_years(text: str) -> Iterator[_Named]:
    """The halves and quarters."""
    for match in _PART.finditer(text):
        if match["half"] or (match["part"] or "").lower() == "half":
            number = int(match["half"] or min(2, _ORDINALS[match["ordinal"].lower()]))
            yield _Named("half", number, *match.span())
        else:
            number = int(match["quarter"] or match["number"] or _ORDINALS[match["ordinal"].lower()])
            yield _Named("quarter", number, *match.span())


def _by_name(text: str) -> Iterator[_Named]:
    """The months and weekdays."""
    for match in _NAME.finditer(text):
        name = match[1].lower()
        if not match[0][0].isupper() and (name in _NEEDS_CAPITAL or len(name) < _SHORTEST):
            continue
        if name in MONTHS:
            yield _Named("month", MONTHS[name], *match.span())
        else:
            yield _Named("weekday", WEEKDAYS[name], *match.span())


def _is_range(text: str, first: _Named, last: _Named, found: list[_Named]) -> bool:
    """Whether the text between the two makes them the ends of a range."""
    gap = text[first.end : last.start]
    for period in found:  # such as the year in "March 2024 to May 2024"
        if first.end <= period.start and period.end <= last.start:
            gap = gap.replace(text[period.start : period.end], "")
    return bool(_TO.match(gap)) or bool(_AND.match(gap) and _BETWEEN.search(text[: first.start]))


def _between(kind: Kind, first: int, last: int) -> Iterator[int]:
    if kind == "year":
        yield from range(first, min(last, first + _LONGEST) + 1)
        return
    size = _SIZE[kind]
    yield from ((first - 1 + step) % size + 1 for step in range((last - first) % size + 1))


def shared(one: Periods, other: Periods) -> bool:
    """Whether the two have a period in common."""
    return any(values & other.get(kind, frozenset()) for kind, values in one.items())


def conflict(one: Periods, other: Periods) -> bool:
    """Whether the two name different periods of one kind, such as different years."""
    return any(kind in other and not values & other[kind] for kind, values in one.items())
