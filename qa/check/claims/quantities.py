"""The numbers and dates of a text, in a form in which different spellings are equal.

"2.2 trillion" equals "2,200 billion", "twenty per cent" equals "20%", "2 July 2025" equals "2025-07-02". Digits of
every script are read; an ambiguous number ("1.234") keeps both values. Number words are read in English only, signs and
some other languages' multipliers in every text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from documents.number_words import MONTHS, MULTIPLIERS, ORDINALS, SMALL, TENS, UNIT_OF
from documents.vocabulary import Vocabulary

Bound = Literal["", "over", "under", "about"]
_VOCABULARY = Vocabulary("qa")
_ABOUT = 0.05  # relative distance within which "about 100" agrees with a number
_YEARS = (1000, 2100)  # numbers that may be years

_MONTH = rf"(?P<month>{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_TO = rf"(?:\s*(?:[-–—]|and|{_VOCABULARY.any_of('up_to_numbers')})\s*(?P<last>\d{{1,2}})(?:st|nd|rd|th)?)?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_YEAR}-(?P<number>\d{{2}})-{_DAY}(?!\d)",
        rf"\b{_MONTH}\s+{_DAY}(?!\d|,\d{{3}}){_TO}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_DAY}{_TO}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}\b",
    )
)
_MONTH_ALONE = re.compile(rf"\b{_VOCABULARY.any_of('before_months')}[\s-]+(?!may\b){_MONTH}(?!\w)", re.IGNORECASE)
_DIGITS = re.compile(
    r"(?<![\w.,])(?P<sign>[-−](?=\d))?"
    r"(?P<digits>\d{1,3}(?:(?P<mark>[,.'’\u00a0\u202f ])\d{3})(?:(?P=mark)\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
)
_WORDS = "|".join([*SMALL, *TENS])
_SCALES = _VOCABULARY.any_of("scales")
_SPELLED = re.compile(
    rf"\b(?:an?[\s-](?={_SCALES}|dozen))?(?:{_WORDS}|{_SCALES}|dozen)"
    rf"(?:(?:[\s-]|\sand\s)(?:{_WORDS}|{_SCALES}))*\b(?:[\s-]+(?:{'|'.join(ORDINALS)})\b)?",
    re.IGNORECASE,
)
_ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)})\b", re.IGNORECASE)
_SIGN = "[$€£₹]"  # of a currency, in front of an amount or behind it
_CURRENCY = re.compile(rf"(US\$|{_SIGN})\s?\Z")
_BOUND_NAMES: tuple[Bound, ...] = ("over", "under", "about")
_SAID = _VOCABULARY.grouped("bounds")
_BOUNDS = {
    bound: re.compile(rf"(?:{'|'.join(_SAID[bound])})\W*(?:of|to|by)?\W*(?:US)?[$€£]?\Z", re.IGNORECASE)
    for bound in _BOUND_NAMES
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    - ``text``, ``start``: how it is written, and its offset;
    - ``values``: what it may mean, one value or more;
    - ``unit``: "" where none is known;
    - ``bound``: whether the number is exact (""), a lower or upper bound, or approximate;
    - ``decade``: whether it names ten years, as "1990s" does.
    """

    text: str
    start: int
    values: tuple[float, ...]
    unit: str = ""
    bound: Bound = ""
    decade: bool = False

    @property
    def is_year(self) -> bool:
        """Whether it can be a year, which may also be in the text around a sentence."""
        return not self.unit and not self.bound and _YEARS[0] <= self.values[0] <= _YEARS[1]

    def agrees(self, stated: Quantity) -> bool:
        """Whether ``stated``, a number of the evidence, supports this number of the claim."""
        if self.unit and stated.unit and self.unit != stated.unit:
            return False
        if {self.bound, stated.bound} == {"over", "under"}:
            return False
        tolerance = _ABOUT if self.bound == "about" != stated.bound else 1e-9
        return any(
            abs(own - other) <= tolerance * abs(other) or (self.decade and own <= other < own + 10)
            for own in self.values
            for other in stated.values
        )


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month of a year, or a month; a part that the text does not give is None."""

    text: str
    month: int
    day: int | None = None
    year: int | None = None

    def agrees(self, stated: Date, years: frozenset[float]) -> bool:
        """Whether ``stated`` is this date; where it has no year, this date's year must be among ``years``."""
        if self.month != stated.month or (self.day is not None and self.day != stated.day):
            return False
        return self.year is None or self.year == stated.year or (stated.year is None and self.year in years)


@dataclass(frozen=True, slots=True)
class Quantities:
    """All numbers and dates of a text."""

    numbers: tuple[Quantity, ...]
    dates: tuple[Date, ...]

    @property
    def years(self) -> frozenset[float]:
        """The years of the dates, and the numbers that may be years."""
        return frozenset(
            [float(d.year) for d in self.dates if d.year] + [n.values[0] for n in self.numbers if n.is_year]
        )


def missing(claim: Quantities, span: Quantities, around: Sequence[Quantities] = ()) -> tuple[str, ...]:
    """The claim's numbers and dates that ``span`` lacks; dates and years may also be in the texts ``around`` it."""
    years = span.years.union(*(text.years for text in around))
    stated_dates = [date for text in (span, *around) for date in text.dates]
    dates = [date.text for date in claim.dates if not any(date.agrees(stated, years) for stated in stated_dates)]
    numbers = [
        number.text
        for number in claim.numbers
        if not any(number.agrees(stated) for stated in span.numbers)
        and not (number.is_year and (number.values[0] in years or _has_year_of(number, years)))
    ]
    return tuple(dict.fromkeys([*dates, *numbers]))


def _has_year_of(number: Quantity, years: frozenset[float]) -> bool:
    """Whether one of ``years`` is in the decade."""
    return number.decade and any(number.values[0] <= year < number.values[0] + 10 for year in years)


@lru_cache(maxsize=1024)
def quantities(text: str) -> Quantities:
    """The numbers and dates of ``text``, in order; "one" and "first" are left out, since they are seldom numbers."""
    plain = _plain_digits(text)
    dates: list[Date] = []
    for pattern in (*_DATES, _MONTH_ALONE):
        for match in pattern.finditer(plain):
            dates.extend(_dates(match))
        plain = pattern.sub(lambda match: " " * len(match[0]), plain)
    found = [*_in_digits(plain), *_in_words(plain)]
    return Quantities(tuple(sorted(found, key=lambda number: number.start)), tuple(dates))


def _dates(match: re.Match[str]) -> Iterator[Date]:
    """The date that was matched, or the first and last day of a range."""
    parts = match.groupdict()
    name = parts.get("month")
    month = MONTHS[name.lower()] if name else int(parts["number"])
    year = int(parts["year"]) if parts.get("year") else None
    days: list[int | None] = [int(parts[key]) for key in ("day", "last") if parts.get(key)]
    for day in days or [None]:
        yield Date(match[0].strip(), month, day, year)


def _plain_digits(text: str) -> str:
    """``text`` with ASCII digits and signs in place of those of other scripts, character for character."""
    if text.isascii():
        return text
    signs = {"％": "%", "٪": "%", "٫": ".", "٬": ",", "．": ".", "，": ","}
    return "".join(
        signs.get(char) or (str(unicodedata.digit(char)) if char.isdecimal() and not char.isascii() else char)
        for char in text
    )


def _in_digits(text: str) -> Iterator[Quantity]:
    """The numbers that are written with digits."""
    for match in _DIGITS.finditer(text):
        before, end = text[max(0, match.start() - 40) : match.start()], match.end()
        attached = re.match(r"(?![\u2e80-\u9fff])[^\W\d_]+", text[end:])
        letters = attached[0] if attached else ""
        if _is_of_name(before, letters, text[end:]):
            continue
        values, unit, decade, suffix = _values(match["digits"]), "", False, letters.lower()
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


def _is_of_name(before: str, letters: str, after: str) -> bool:
    """Whether digits are of a name such as COVID-19 or 5G, or of a version; ``letters`` stand right behind them."""
    if re.search(r"[^\W\d_][-–]\Z", before) or re.match(r"[.,]?\d", after):
        return True
    return len(letters.lower()) == 1 and letters.isupper() and letters.lower() not in "mk"


def _values(digits: str) -> tuple[float, ...]:
    """What the digits may mean: "1.234" is 1.234 or, with a mark between thousands, 1234."""
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
    """The values times the multiplier after ``end``, the unit after it, and the offset at which both end."""
    unit = ""
    for _ in range(2):
        cjk = re.match(r"\s?(万亿|[百千万亿萬億兆元])", text[end : end + 3])
        word = cjk or re.match(rf"[\s -]?([^\W\d_]+|%|°[CF]|{_SIGN}(?!\s?\d))", text[end : end + 24])
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


def _in_words(text: str) -> Iterator[Quantity]:
    """The numbers and ordinals that are written out in English."""
    taken: list[tuple[int, int]] = []
    for match in _SPELLED.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if re.search(r"[\d.]\s?-?\Z", before) or match[0].lower() == "one" or text[: match.start()].endswith("'"):
            continue  # a multiplier of digits, or not meant as a number
        taken.append(match.span())
        values, unit, end = _scaled(text, match.end(), (_value_of_words(match[0]),))
        yield Quantity(text[match.start() : end], match.start(), values, unit, _bound(before))
    for match in _ORDINAL.finditer(text):
        if match[0].lower() != "first" and not any(start <= match.start() < end for start, end in taken):
            yield Quantity(match[0], match.start(), (float(ORDINALS[match[0].lower()]),))


def _value_of_words(words: str) -> float:
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
    """The bound that the words before a number put on it."""
    return next((bound for bound, pattern in _BOUNDS.items() if pattern.search(before)), "")
