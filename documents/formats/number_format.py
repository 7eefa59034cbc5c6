"""A cell's value as a sheet shows it, by its number format (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

_LONGEST = 255  # characters of a format
_MOST_DECIMALS = 15
_HUGE = 1e21  # from here on a number is shown by its power of ten
_ROOM = Context(prec=60)  # digits: more than such a number and its decimals have
_PLAIN = "/"  # the sign of fractions, whose numbers are shown as decimals
# A format's literals ("text", \x, $, the space of _x, the fill of *x), its [conditions], its digits, and the rest.
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.|([0#?.,/Ee%+]+)|(.)', re.DOTALL)
_SECTION = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|\Z)', re.DOTALL)
# Of a date's or duration's format: literals as above, what a duration counts in all ([h]), what is shown of the date or
# time, and the rest.
_DATE = re.compile(r'"([^"]*)"|\\(.)|\[(h+|m+|s+)\]|\[[^\]]*\]|_.|\*.|(y+|m+|d+|h+|s+)|(.)', re.DOTALL | re.IGNORECASE)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def shown(value: Any, number_format: str) -> str:
    """A cell's value about as the sheet shows it.

    Numbers have the format's decimals, thousands separators, percent, currency, units and signs, and
    durations its hours, minutes and seconds. Dates are ISO 8601, whose order of day and month is never in doubt, except
    where the format shows no day: "March 2025". A value that the format does not show has no text.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return _date(value.date(), number_format) if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date):
        return _date(value, number_format)
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, dt.timedelta):
        return _duration(value, number_format)
    if isinstance(value, int | float):
        return _number(value, number_format or "General")
    return " ".join(str(value).split())


def _date(value: dt.date, number_format: str) -> str:
    """Months and years as the format shows them where it shows no day; else ISO 8601."""
    tokens = list(takewhile(lambda token: token[-1] != ";", _DATE.findall(number_format[:_LONGEST])))
    codes = [code.lower() for _, _, _, code, _ in tokens if code]
    if any(code[0] in "dhs" for code in codes) or not any(code[0] == "y" or len(code) > 2 for code in codes):
        return value.isoformat()
    month = {1: str(value.month), 2: f"{value.month:02}", 3: f"{value:%b}"}
    parts = []
    for quoted, escaped, _, code, other in tokens:
        kind, size = code[:1].lower(), len(code)
        parts.append((f"{value:%Y}" if size > 2 else f"{value:%y}") if kind == "y" else
                     month.get(size, f"{value:%B}") if kind == "m" else quoted or escaped or other)  # fmt: skip
    return "".join(parts).strip()


def _duration(value: dt.timedelta, number_format: str) -> str:
    """Hours, minutes and seconds in all, as a timesheet's total is shown: 34:00, not a day and ten hours."""
    seconds = left = abs(round(value.total_seconds()))
    parts = list[str]()
    codes = _DATE.findall(number_format[:_LONGEST].partition(";")[0])
    if not any(total or rest for _, _, total, rest, _ in codes):
        return _duration(value, "[h]:mm:ss")
    for quoted, escaped, total, rest, other in codes:
        unit = (total or rest)[:1].lower()
        if unit in _SECONDS:
            count, left = divmod(seconds if total else left, _SECONDS[unit])
            parts.append(f"{count:0{len(total or rest)}}")
        else:
            parts.append(quoted or escaped or other.strip(".0"))  # no fractions of seconds
    return ("-" if value < dt.timedelta() else "") + "".join(parts).strip()


def _number(value: float, number_format: str) -> str:
    """The number by the section of the format that is for its sign."""
    if any(f"[{sign}" in number_format for sign in "<>="):  # sections for amounts, not for signs
        return _general(value)
    sections = _sections(number_format[:_LONGEST])
    before, digits, after = sections[0]
    if value < 0 and len(sections) > 1:
        (before, digits, after), value = sections[1], -value  # the section shows the sign itself
    elif value == 0 and len(sections) > 2:
        before, digits, after = sections[2]
    if not digits:
        literal = (before + after).strip()
        return _general(value) if "general" in literal.lower() or literal in ("", "@") else literal
    text = _digits(abs(value), digits)
    sign = "-" if value < 0 and re.search("[1-9]", text) else ""
    return f"{sign}{before}{text}{after}".strip()


@lru_cache(maxsize=256)
def _sections(number_format: str) -> tuple[tuple[str, str, str], ...]:
    """The format's sections for positive numbers, negative ones and zero, each divided."""
    return tuple(_divided(section) for section in _SECTION.findall(number_format) if section) or (("", "", ""),)


def _divided(section: str) -> tuple[str, str, str]:
    """What a section shows before the digits, the pattern of the digits, and what it shows behind them."""
    before, digits, after = "", "", ""
    for quoted, escaped, currency, pattern, other in _TOKEN.findall(section):
        literal = quoted or escaped or currency or other
        if pattern and after.strip() and re.search("[0#?]", pattern):
            return "", _PLAIN, ""  # digits with signs between them, such as telephone numbers
        if pattern and (digits or re.search("[0#?]", pattern)):
            digits += pattern
        elif digits:
            after += literal
        else:
            before += literal or pattern
    return before, digits, after


def _digits(value: float, pattern: str) -> str:
    if _PLAIN in pattern or abs(value) >= _HUGE:
        return _general(value)
    percent = "%" in pattern
    whole, _, decimals = pattern.replace("%", "").partition(".")
    scale = len(pattern) - len(pattern.rstrip(",%")) - pattern.count("%")  # each comma at the end divides by 1,000
    count = min(len(re.sub("[^0#?]", "", re.split("[Ee]", decimals)[0])), _MOST_DECIMALS)
    exact = Decimal(repr(value)) * 100 if percent else Decimal(repr(value)) / 1000 ** max(scale, 0)
    if re.search("[Ee]", pattern):
        return f"{exact:.{count}E}"
    if not value and "0" not in pattern:
        return ""
    least = whole.count("0") + (count + 1 if count else 0)
    exact = exact.quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP, _ROOM)
    text = f"{exact:{',' if ',' in whole.rstrip(',') else ''}f}".rjust(least, "0")
    optional = len(decimals) - len(decimals.rstrip("#"))
    while optional and text.endswith("0"):
        text, optional = text[:-1], optional - 1
    return text.rstrip(".") + ("%" if percent else "")


def _general(value: float) -> str:
    is_whole = isinstance(value, int) or (value.is_integer() and value < _HUGE)
    return str(int(value)) if is_whole else f"{value:.10g}"
