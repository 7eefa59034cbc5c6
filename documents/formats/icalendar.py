"""iCalendar (RFC 5545): the entries of a calendar or an invitation, with what, when, where and who."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.icalendar_rule import repeats
from documents.formats.mail_text import add_plain

PARSER = "icalendar/2"

_ENTRIES = ("VEVENT", "VTODO")
_UNITS = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}  # of a duration
_USUAL = ("CONFIRMED", "NEEDS-ACTION")  # status of an entry
_PEOPLE = {"ORGANIZER": "Organizer", "ATTENDEE": "Who"}


class Property(NamedTuple):
    """A line of an entry: its name, its parameters and its value, as they are written."""

    name: str
    parameters: dict[str, str]
    value: str


Entry = list[Property]


def parse(data: bytes, name: str) -> Document:
    """The document of a calendar; raises DocumentError for one without entries."""
    text = decode(data, name)
    found = [*entries(text)]
    if not found:
        raise DocumentError(f"{name}: the calendar holds no entry")
    builder = Builder(PARSER)
    for entry in found:
        builder.heading(summary(entry), 1)
        add_entry(entry, builder)
    return builder.document(name, summary(found[0]) if len(found) == 1 else "")


def entries(text: str) -> Iterator[Entry]:
    """The appointments and tasks of a calendar, without the alarms and time zones in it."""
    within: list[str] = []  # the components that are open
    entry: Entry = []
    for line in _unfolded(text):
        own = _property(line)
        if own.name == "BEGIN":
            within.append(own.value.strip().upper())
            entry = [] if within[-1] in _ENTRIES else entry
        elif own.name == "END" and within:
            if within.pop() in _ENTRIES:
                yield entry
        elif within and within[-1] in _ENTRIES:
            entry.append(own)


def summary(entry: Entry) -> str:
    """What the entry is about, in a few words."""
    return _text(entry, "SUMMARY")


def add_entry(entry: Entry, builder: Builder, *, with_description: bool = True) -> None:
    """Add the fields of an entry, and what is written about it."""
    start = _first(entry, "DTSTART") or _first(entry, "DUE")
    builder.field("When", _when(start, _end(entry, start)) if start else "")
    builder.field("Repeats", repeats(_text(entry, "RRULE"), _moment(start.value) if start else None))
    builder.field("Where", _text(entry, "LOCATION"))
    for name, shown in _PEOPLE.items():
        builder.field(shown, ", ".join(_person(own) for own in entry if own.name == name))
    status = _text(entry, "STATUS")
    builder.field("Status", "" if status.upper() in _USUAL else status.capitalize())
    if with_description:
        add_plain([_text(entry, "DESCRIPTION")], builder)


def _unfolded(text: str) -> Iterator[str]:
    """The lines, each with those that go on with it, which begin with a space."""
    parts: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield "".join(parts)
        parts = [line]
    yield "".join(parts)


def _property(line: str) -> Property:
    """A line "NAME;PARAMETER=VALUE:value"; in quotation marks, colons and semicolons separate nothing."""
    head, is_quoted = [""], False
    for place, char in enumerate(line):
        if char == ":" and not is_quoted:
            named = (part.partition("=") for part in head[1:])
            return Property(head[0].upper(), {key.upper(): value for key, _, value in named}, line[place + 1 :])
        is_quoted ^= char == '"'
        if char == ";" and not is_quoted:
            head.append("")
        elif char != '"':
            head[-1] += char
    return Property("", {}, "")


def _first(entry: Entry, name: str) -> Property | None:
    return next((own for own in entry if own.name == name), None)


def _text(entry: Entry, name: str) -> str:
    """The value of a property without its escapes; "" where the entry has none."""
    own = _first(entry, name)
    parts = (own.value if own else "").split("\\\\")
    return "\\".join(
        part.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",").replace("\\;", ";") for part in parts
    ).strip()


def _person(own: Property) -> str:
    """A person's name and address, as far as they are there."""
    address = own.value.strip()
    address = address[7:] if address[:7].lower() == "mailto:" else address
    name = own.parameters.get("CN", "").strip()
    return f"{name} ({address})" if name and name != address else address


def _end(entry: Entry, start: Property) -> datetime | None:
    """When an entry ends, as a property of its own says, or its duration."""
    own, begins = _first(entry, "DTEND"), _moment(start.value)
    if own or not begins:
        return _moment(own.value) if own else None
    amount, lasts = "", timedelta()
    try:
        for char in _text(entry, "DURATION"):
            if char in _UNITS and amount:
                lasts += timedelta(**{_UNITS[char]: int(amount)})
            amount = amount + char if char.isdecimal() else ""
        return begins + lasts
    except (ValueError, OverflowError):
        return None


def _moment(value: str) -> datetime | None:
    digits = value.strip().rstrip("Zz")
    try:
        return datetime.strptime(digits, "%Y%m%dT%H%M%S" if "T" in digits else "%Y%m%d")
    except ValueError:
        return None


def _when(start: Property, last: datetime | None) -> str:
    """When an entry begins and ends, with its time zone; an entry of whole days ends on the day before its end."""
    first = _moment(start.value)
    if first is None:
        return start.value
    if "T" not in start.value:
        last = last - timedelta(days=1) if last and last > first else first
        return f"{first:%Y-%m-%d}" + (f" to {last:%Y-%m-%d}" if last > first else "")
    zone = "UTC" if start.value.strip().endswith("Z") else start.parameters.get("TZID", "")
    shown = f"{first:%Y-%m-%d %H:%M}"
    if last and last > first:
        shown += f" to {last:%H:%M}" if last.date() == first.date() else f" to {last:%Y-%m-%d %H:%M}"
    return f"{shown} ({zone})" if zone else shown
