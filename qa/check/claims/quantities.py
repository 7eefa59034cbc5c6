"""The numbers and dates that a text speaks of, in a form in which different spellings are equal.

"2.2 trillion" is "2,200 billion", "twenty per cent" is "20%", "2 July 2025" is "2025-07-02"; digits of every script
count. What could be read in two ways ("1.234") keeps both values. Words are read in English; signs, digits and the
multipliers of some other languages everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qa.check.claims.number_words import MONTHS, MULTIPLIERS, ORDINALS, SMALL, TENS, UNIT_OF

Bound = Literal["", "over", "under", "about"]
_ABOUT = 0.05  # "about 100" may stand for what lies so near
_YEARS = (1000, 2100)

_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_TO = r"(?:\s*(?:[-–—]|to|and|through|until)\s*(?P<last>\d{1,2})(?:st|nd|rd|th)?)?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_YEAR}-(?P<number>\d{{2}})-{_DAY}(?!\d)",
        rf"\b{_MONTH}\s+{_DAY}(?!\d|,\d{{3}}){_TO}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_DAY}{_TO}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
    )
)
_MONTH_ALONE = re.compile(
    rf"\b(?:in|since|until|by|during|last|early|late|mid|of|from|to|and)[\s-]+(?!may\b){_MONTH}(?!\w)", re.IGNORECASE
)
_DIGITS = re.compile(
    r"(?<![\w.,])(?P<sign>[-−](?=\d))?"
    r"(?P<digits>\d{1,3}(?:(?P<mark>[,.'’\u00a0\u202f ])\d{3})(?:(?P=mark)\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
)
_WORDS = "|".join([*SMALL, *TENS])
_SCALES = "hundred|thousand|million|billion|trillion"
_SPELLED = re.compile(
    rf"\b(?:an?[\s-](?={_SCALES}|dozen))?(?:{_WORDS}|{_SCALES}|dozen)"
    rf"(?:(?:[\s-]|\sand\s)(?:{_WORDS}|{_SCALES}))*\b(?:[\s-]+(?:{'|'.join(ORDINALS)})\b)?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)})\b", re.IGNORECASE)
_AFTER = re.compile(r"[\s -]?(?:([^\W\d_]+|%|°[CF])\.?)?(?:[\s-]+([^\W\d_]+|%))?")
_CURRENCY = re.compile(r"(US\$|[$€£₹])\s?\Z")
_SAID_BY: dict[Bound, str] = {
    "over": r"more than|over|above|exceed(?:s|ed|ing)?|at least|greater than|surpass(?:es|ed|ing)?|upwards of|>",
    "under": r"less than|under|below|fewer than|at most|up to|no more than|lower than|not more than|<",
    "about": r"about|around|roughly|approximately|nearly|almost|some|circa|ca\.?|~|≈|estimated",
}
_BOUNDS = {
    bound: re.compile(rf"(?:{pattern})\W*(?:of|to|by)?\W*(?:US)?[$€£]?\Z", re.IGNORECASE)
    for bound, pattern in _SAID_BY.items()
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number: its possible values, its unit ("" where none is known), how it is bounded, and how it is written."""

    text: str
    start: int
    values: tuple[float, ...]
    unit: str = ""
    bound: Bound = ""
    decade: bool = False

    @property
    def is_year(self) -> bool:
        """Whether it can be a year: these may be told by what stands around a sentence."""
        return not self.unit and not self.bound and _YEARS[0] <= self.values[0] <= _YEARS[1]

    def agrees(self, told: Quantity) -> bool:
        """Whether ``told`` in the evidence says what this number says."""
        if self.unit and told.unit and self.unit != told.unit:
            return False
        if {self.bound, told.bound} == {"over", "under"}:
            return False
        room = _ABOUT if self.bound == "about" != told.bound else 1e-9
        return any(
            abs(mine - theirs) <= room * abs(theirs) or (self.decade and mine <= theirs < mine + 10)
            for mine in self.values
            for theirs in told.values
        )


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month of a year, or a month; what is not said is None."""

    text: str
    month: int
    day: int | None = None
    year: int | None = None

    def agrees(self, told: Date, years: frozenset[float]) -> bool:
        """Whether ``told`` is this date; its year may stand elsewhere, among ``years``."""
        if self.month != told.month or (self.day is not None and self.day != told.day):
            return False
        return self.year is None or self.year == told.year or (told.year is None and self.year in years)


@dataclass(frozen=True, slots=True)
class Quantities:
    """All numbers and dates of a text."""

    numbers: tuple[Quantity, ...]
    dates: tuple[Date, ...]

    @property
    def years(self) -> frozenset[float]:
        return frozenset(
            [float(d.year) for d in self.dates if d.year] + [n.values[0] for n in self.numbers if n.is_year]
        )


def missing(claim: Quantities, span: Quantities, around: Sequence[Quantities] = ()) -> tuple[str, ...]:
    """The claim's numbers and dates that ``span`` does not tell; years may be told by what stands ``around`` it."""
    years = span.years.union(*(text.years for text in around))
    months = [date for text in (span, *around) for date in text.dates]
    dates = [date.text for date in claim.dates if not any(date.agrees(told, years) for told in months)]
    numbers = [
        number.text
        for number in claim.numbers
        if not any(number.agrees(told) for told in span.numbers)
        and not (number.is_year and (number.values[0] in years or _within(number, years)))
    ]
    return tuple(dict.fromkeys([*dates, *numbers]))


def _within(number: Quantity, years: frozenset[float]) -> bool:
    return number.decade and any(number.values[0] <= year < number.values[0] + 10 for year in years)


@lru_cache(maxsize=1024)
def quantities(text: str) -> Quantities:
    """The numbers and dates of ``text``, in order; "one" and "first" say too little to count."""
    plain = _plain_digits(text)
    dates: list[Date] = []
    for pattern in (*_DATES, _MONTH_ALONE):
        for match in pattern.finditer(plain):
            dates.extend(_dates(match))
        plain = pattern.sub(lambda match: " " * len(match[0]), plain)
    found = [*_written(plain), *_spelled(plain)]
    return Quantities(tuple(sorted(found, key=lambda number: number.start)), tuple(dates))


def _dates(match: re.Match[str]) -> Iterator[Date]:
    parts = match.groupdict()
    name = parts.get("month")
    month = MONTHS[name.lower()] if name else int(parts["number"])
    year = int(parts["year"]) if parts.get("year") else None
    days: list[int | None] = [int(parts[key]) for key in ("day", "last") if parts.get(key)]
    for day in days or [None]:
        yield Date(match[0].strip(), month, day, year)


def _plain_digits(text: str) -> str:
    """``text`` with the digits and signs of other scripts as ASCII has them, character for character."""
    if text.isascii():
        return text
    signs = {"％": "%", "٪": "%", "٫": ".", "٬": ",", "．": ".", "，": ","}
    return "".join(
        signs.get(char) or (str(unicodedata.digit(char)) if char.isdecimal() and not char.isascii() else char)
        for char in text
    )


def _written(text: str) -> Iterator[Quantity]:
    for match in _DIGITS.finditer(text):
        before, end = text[max(0, match.start() - 40) : match.start()], match.end()
        if re.search(r"[^\W\d_][-–]\Z", before) or re.match(r"[.,]?\d", text[end:]):
            continue  # of a name such as COVID-19, or of a version
        values, unit, decade = _values(match["digits"]), "", False
        attached = re.match(r"(?![\u2e80-\u9fff])[^\W\d_]+", text[end:])
        suffix = attached[0].lower() if attached else ""
        if len(suffix) == 1 and attached and attached[0].isupper() and suffix not in "mk":
            continue  # of a name such as 5G
        if suffix in ("st", "nd", "rd", "th"):
            end += 2
        elif suffix == "s" and len(match["digits"]) == 4:
            end, decade = end + 1, True
        elif suffix == "m":
            end, values = end + 1, (*values, *(value * 1e6 for value in values))
        elif suffix and suffix not in MULTIPLIERS and suffix not in UNIT_OF and suffix not in ("am", "pm", "x"):
            continue
        values, unit, end = _scaled(text, end, values)
        symbol = _CURRENCY.search(before)
        unit = UNIT_OF[symbol[1].lower()] if symbol else unit
        if match["sign"] and not re.search(r"[\w%]\s?\Z", before):
            values = tuple(-value for value in values)
        yield Quantity(text[match.start() : end].strip(), match.start(), values, unit, _bound(before), decade)


def _values(digits: str) -> tuple[float, ...]:
    bare = re.sub(r"['’\u00a0\u202f ]", "", digits)
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare):
        whole = float(re.sub(r"[.,]", "", bare))
        return (whole,) if "," in bare else (float(bare), whole)
    if len(re.findall(r"[.,]", bare)) > 1:
        last = max(bare.rfind("."), bare.rfind(","))
        if bare.count(bare[last]) > 1:
            return (float(re.sub(r"[.,]", "", bare)),)
        return (float(re.sub(r"[.,]", "", bare[:last]) + "." + bare[last + 1 :]),)
    return (float(bare.replace(",", ".")),)


def _scaled(text: str, end: int, values: tuple[float, ...]) -> tuple[tuple[float, ...], str, int]:
    """The values with the multiplier that follows, the unit after it, and where both end."""
    unit = ""
    for _ in range(2):
        cjk = re.match(r"\s?(万亿|[百千万亿萬億兆元])", text[end : end + 3])
        word = cjk or re.match(r"[\s -]?([^\W\d_]+|%|°[CF])", text[end : end + 24])
        if not word:
            break
        name = word[1].lower()
        if name in MULTIPLIERS and not unit:
            values, end = tuple(value * MULTIPLIERS[name] for value in values), end + word.end()
            continue
        if name in ("square", "per") or name == "cubic":
            square = re.match(r"[\s -]?(\w+)[\s-](\w+)", text[end : end + 40])
            if square and name == "per" and square[2].lower() == "cent":
                return values, "%", end + square.end()
            if square and name != "per" and square[2].lower() in UNIT_OF:
                return values, f"{name} {UNIT_OF[square[2].lower()]}", end + square.end()
            break
        if name in UNIT_OF:
            unit, end = UNIT_OF[name], end + word.end()
        break
    return values, unit, end


def _spelled(text: str) -> Iterator[Quantity]:
    taken: list[tuple[int, int]] = []
    for match in _SPELLED.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if re.search(r"[\d.]\s?-?\Z", before) or match[0].lower() == "one" or text[: match.start()].endswith("'"):
            continue  # the multiplier of digits, or no number to speak of
        taken.append(match.span())
        values, unit, end = _scaled(text, match.end(), (_spelled_value(match[0]),))
        yield Quantity(text[match.start() : end], match.start(), values, unit, _bound(before))
    for match in _ORDINAL.finditer(text):
        if match[0].lower() != "first" and not any(start <= match.start() < end for start, end in taken):
            yield Quantity(match[0], match.start(), (float(ORDINALS[match[0].lower()]),))


def _spelled_value(words: str) -> float:
    total, current = 0.0, 0.0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in SMALL or word in TENS or word in ORDINALS:
            current += SMALL.get(word, 0) or TENS.get(word, 0) or ORDINALS.get(word, 0)
        elif word in ("hundred", "dozen"):
            current = (current or 1) * MULTIPLIERS[word]
        elif word in MULTIPLIERS:
            total, current = total + (current or 1) * MULTIPLIERS[word], 0.0
    return total + current


def _bound(before: str) -> Bound:
    return next((bound for bound, pattern in _BOUNDS.items() if pattern.search(before)), "")
