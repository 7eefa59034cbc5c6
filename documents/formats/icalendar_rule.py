"""The rule by which an entry of a calendar comes again (RFC 5545, 3.3.10), in English: "every 2 weeks on Tuesday"."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from documents.month_names import ENGLISH_DAYS, ENGLISH_MONTHS

_EACH = MappingProxyType(
    {"YEARLY": "year", "MONTHLY": "month", "WEEKLY": "week", "DAILY": "day", "HOURLY": "hour", "MINUTELY": "minute"}
)
_DAYS = {day[:2].upper(): day for day in ENGLISH_DAYS}
_MONTHS = dict(enumerate(ENGLISH_MONTHS, start=1))
_ENDINGS = MappingProxyType({1: "st", 2: "nd", 3: "rd"})
_SAID = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL"})
_SILENT = frozenset({"WKST"})  # on which day weeks begin


def repeats(rule: str, first: datetime | None) -> str:
    """What ``rule`` says of an entry that is ``first`` then; the rule itself where there are no short words for it."""
    written = rule.replace(";", "; ")
    parts = dict(part.upper().split("=", 1) for part in rule.split(";") if "=" in part)
    if parts.keys() - _SAID - _SILENT:
        return written
    try:
        return "; ".join(filter(None, [_often(parts, first), _until(parts)]))
    except (KeyError, ValueError):
        return written


def _often(parts: dict[str, str], first: datetime | None) -> str:
    each, number = _EACH[parts["FREQ"]], int(parts.get("INTERVAL", 1))
    days = parts.get("BYDAY")
    if not days and parts["FREQ"] == "WEEKLY" and first:
        days = [*_DAYS][first.weekday()]
    said = [f"every {number} {each}s" if number > 1 else f"every {each}"]
    if days:
        said.append("on " + " and ".join(map(_day, days.split(","))))
    if "BYMONTHDAY" in parts:
        said.append("on the " + " and ".join(f"{_counted(int(day))} day" for day in parts["BYMONTHDAY"].split(",")))
    if "BYMONTH" in parts:
        said.append("in " + " and ".join(_MONTHS[int(month)] for month in parts["BYMONTH"].split(",")))
    return " ".join(said)


def _day(written: str) -> str:
    """Such as "Tuesday" for "TU", "the 1st Tuesday" for "1TU", "the last Friday" for "-1FR"."""
    number, day = written.strip()[:-2], _DAYS[written.strip()[-2:]]
    return f"the {_counted(int(number))} {day}" if number else day


def _counted(number: int) -> str:
    if number == -1:
        return "last"
    if number < 1:
        raise ValueError(number)
    return f"{number}{'th' if number in (11, 12, 13) else _ENDINGS.get(number % 10, 'th')}"


def _until(parts: dict[str, str]) -> str:
    if "COUNT" in parts:
        return f"{int(parts['COUNT'])} times"
    return f"until {datetime.strptime(parts['UNTIL'][:8], '%Y%m%d'):%Y-%m-%d}" if "UNTIL" in parts else ""
