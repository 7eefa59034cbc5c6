"""Dates in a text, each as precise as it is written: a year, a month, a day, or a period of these.

A value is what ISO 8601 writes: "2025", "2025-05", "2025-05-12", and "2024/2025" from the first to the last year (day).
Nothing is guessed: "11/02/2025" is no more than "2025" where nothing tells the day from the month.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from documents.month_names import ENGLISH_MONTHS, names_of

VALUE = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:/(\d{4}(?:-\d\d(?:-\d\d)?)?))?")
_SEARCHED = 200_000  # characters in which other dates tell whether days come before months

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_ANY_YEAR = re.compile(r"(?:19|20)\d\d")
_START = r"(?<![^\W_])(?<!\d[.,:/-])"
_END = r"(?![^\W_])(?![.,:/-]\d)"
_TIME = r"(?:[T ]\d\d?:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?"
_DAY = r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th|er|[ºª°])?"
_LINK = r"(?:[^\W\d_]{1,3}\s+)?"  # 12 de mayo de 2025
_TO = r"(?:\s?[-–—]\s?|\s(?:to|till|and|bis|und|au|et|al?|ed?|y|tot|en|до|по|и)\s)"  # 3–7 November, 3 to 7 November
_SLASHED = re.compile(r"(?<![\w/-])(\d{1,2})([/-])(\d{1,2})\2(?:(?:19|20)\d\d|\d\d)(?![\w/-])")


class FoundDate(NamedTuple):
    """``text[start:end]`` names the date or period ``value``."""

    start: int
    end: int
    value: str

    @property
    def is_year(self) -> bool:
        """Whether it is no more precise than a year."""
        return "-" not in self.value


def find_dates(text: str, language: str = "en", day_first: bool | None = None) -> list[FoundDate]:
    """The dates in the text in their order, with names of months in English and ``language`` (a two-letter code).

    ``day_first`` says how to read "11/02/2025" (None: unknown).
    """
    if not _ANY_YEAR.search(text):
        return []
    found: list[FoundDate] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in _patterns(language):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < last and first < end for first, last in taken):
                continue
            taken.append((start, end))  # also what is no date: in 31.02.2025 there is no February 2025
            if value := read(match, language, day_first):
                found.append(FoundDate(start, end, value))
    return sorted(found)


def day_comes_first(text: str) -> bool | None:
    """Whether the text writes days before months in dates such as 25/12/2024; None where none of them tells."""
    seen = {(int(found[1]) > 12, int(found[3]) > 12) for found in _SLASHED.finditer(text[:_SEARCHED])}
    first, second = (True, False) in seen, (False, True) in seen
    return first if first != second else None


def in_words(value: str) -> str:
    """The value with its months' English names: "22 November 2025", of a period first and last; "" for none."""
    return " ".join(_one_in_words(*date.split("-")) for date in value.split("/"))


def _one_in_words(year: str, month: str = "", day: str = "") -> str:
    return " ".join(filter(None, (day.lstrip("0"), ENGLISH_MONTHS[int(month) - 1] if month else "", year)))


def iso_date(year: int | str, month: int | str | None = None, day: int | str | None = None) -> str:
    """The value of a date; "" where there is no such day."""
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    numbers = [f"{int(part):02}" for part in (month, day) if part is not None]
    return "-".join([f"{int(year):04}", *numbers])


def is_date(value: str) -> bool:
    """Whether a text is such a value as ``find_dates`` gives."""
    found = VALUE.fullmatch(value)
    return bool(found) and all(iso_date(*part.split("-")) for part in found.groups() if part)  # type: ignore[union-attr]


_Reader = Callable[[re.Match[str], str, bool | None], str]


@lru_cache(maxsize=64)
def _patterns(language: str) -> Sequence[tuple[re.Pattern[str], _Reader]]:
    """The forms of a date, the more telling ones first, each with what reads it."""
    names = names_of(language)
    month = f"(?P<month>{_any_of(names.months)})\\.?"
    weekday = f"(?:(?P<weekday>{_any_of(names.days)})\\.?,?\\s+)?"
    forms: list[tuple[str, _Reader]] = [
        (rf"(?<!\d){_YEAR}\s?[年년](?:\s?(?P<month>\d\d?)\s?[月월](?:\s?(?P<day>\d\d?)\s?[日号號일])?)?", _plain),
        (rf"{_START}{_YEAR}(?P<sign>[-./])\s?(?P<month>\d\d?)(?P=sign)\s?(?P<day>\d\d?)\.?{_TIME}{_END}", _plain),
        (rf"{_START}{_YEAR}(?P<month>\d\d)(?P<day>\d\d){_END}", _plain),
        (rf"{_START}(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?{_YEAR}{_END}", _plain),
        (rf"{_START}{weekday}(?P<first>\d\d?)(?P<sign>[/-])(?P<second>\d\d?)(?P=sign){_YEAR}{_END}", _ambiguous),
        (rf"{_START}(?:(?P<from>\d\d?)\.?{_TO})?{_DAY}[\s-]?{_LINK}{month},?[\s-]{_LINK}{_YEAR}{_END}", _named),
        (rf"{_START}{month}\s?(?:(?P<from>\d\d?){_TO})?{_DAY},?\s{_YEAR}{_END}", _named),
        (rf"{_START}{_YEAR}\.?[\s-]{month}[\s-]{_DAY}{_END}", _named),
        (rf"{_START}{month},?[\s-]{_LINK}{_YEAR}{_END}", _named),
        (rf"{_START}{_YEAR}\.?[\s-]{month}{_END}", _named),
        (rf"{_START}(?P<month>0[1-9]|1[0-2])[/.]{_YEAR}{_END}", _plain),
        (rf"{_START}{_YEAR}\s?(?P<sign>[-–—/])\s?(?P<last>(?:(?:19|20)\d\d)|\d\d){_END}", _period),
        (rf"{_START}(?:FY\s?)?(?:Q[1-4][\s/-]?)?{_YEAR}(?:[\s/-]?Q[1-4])?{_END}", _plain),
    ]
    return [(re.compile(form, re.IGNORECASE), read) for form, read in forms]


def _any_of(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def _plain(match: re.Match[str], _language: str, _day_first: bool | None) -> str:
    parts = match.groupdict()
    return iso_date(parts["year"], parts.get("month"), parts.get("day"))


def _named(match: re.Match[str], language: str, _day_first: bool | None) -> str:
    parts = match.groupdict()
    month = names_of(language).months[parts["month"].casefold()]
    last = iso_date(parts["year"], month, parts.get("day"))
    first = iso_date(parts["year"], month, parts["from"]) if parts.get("from") else ""
    return f"{first}/{last}" if first and last and first < last else last


def _ambiguous(match: re.Match[str], language: str, day_first: bool | None) -> str:
    """The day, by what the day of the week, the numbers or other dates of the text tell; else the year."""
    one, other, year = match["first"], match["second"], match["year"]
    readings = {True: iso_date(year, other, one), False: iso_date(year, one, other)}
    possible = {first: value for first, value in readings.items() if value}
    if match["weekday"]:
        weekday = names_of(language).days[match["weekday"].casefold()]
        fitting = {first: value for first, value in possible.items() if date.fromisoformat(value).weekday() == weekday}
        possible = fitting or possible
    if len(set(possible.values())) > 1 and day_first is not None:
        return possible[day_first]
    return next(iter(possible.values()), "") if len(set(possible.values())) < 2 else year


def _period(match: re.Match[str], _language: str, _day_first: bool | None) -> str:
    """2022–2024, the school year 2024/25, or the month 2025-05."""
    year, last = match["year"], match["last"]
    if len(last) == 4:
        return f"{year}/{last}" if year < last else ""
    follows = int(last) == (int(year) + 1) % 100
    if follows and (match["sign"] != "-" or int(last) > 12):
        return f"{year}/{int(year) + 1}"
    return iso_date(year, last) if match["sign"] in "-/" and int(last) else ""
