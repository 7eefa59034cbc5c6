"""The plain text of a mail: what its writer says, and what is quoted in it of earlier mails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.formats.build import Builder
from documents.normalise import normalise
from documents.plain import structure
from documents.quoted_mails import LEAST_FIELDS, SENDERS, SUBJECTS
from documents.vocabulary import any_of, words_of

_DEEPEST = 20  # quotations in each other; what is quoted deeper is text of the last one
_MARK = re.compile(r" {0,3}> ?")
_WROTE = re.compile(rf"\b{any_of('wrote')}\b.*[:：]\Z", re.IGNORECASE)
_OPENING = re.compile(rf"{any_of('wrote_on')}\s", re.IGNORECASE)
_MOST_LINES = 3  # of "On … wrote:", which mail programs wrap
_FIELD = re.compile(r"[*_]{0,2}([^\W\d_][\w -]{0,15}?)[*_]{0,2}\s?[:：][*_]{0,2}\s*(.*)\Z")
_NAMES = SENDERS | SUBJECTS | words_of("mail_fields")

Field = tuple[str, str]


def add_text(text: str, builder: Builder) -> None:
    """Add the plain text of a mail; quoted mails are quotations, each in the one that quotes it.

    Quoted are lines that begin with ">", and what follows the fields of a mail (From, Sent, To, Subject) in the text.
    """
    _add(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), builder, 0)


def add_plain(lines: Sequence[str], builder: Builder) -> None:
    """Add lines in which nobody is quoted."""
    text = normalise("\n".join(lines))
    builder.structured(text, *structure(text))


def _add(lines: Sequence[str], builder: Builder, depth: int) -> None:
    quoted = _quoted(lines) if depth < _DEEPEST else [False] * len(lines)
    position = 0
    while position < len(lines):
        end = position
        while end < len(lines) and quoted[end] == quoted[position]:
            end += 1
        if quoted[position]:
            with builder.block("quotation"):
                _add([_MARK.sub("", line, count=1) for line in lines[position:end]], builder, depth + 1)
        else:
            start, after, fields = _find_fields(lines, position, end if depth < _DEEPEST else position)
            _add_own(lines[position : start if fields else end], builder)
            if fields:
                _add_mail(fields, lines[after:], builder, depth)
                return
        position = end


def _quoted(lines: Sequence[str]) -> list[bool]:
    """For each line, whether it is quoted, as are empty ones between quoted lines."""
    found = [bool(_MARK.match(line)) for line in lines]
    last = len(lines)  # the last quoted line, if only empty ones have followed
    for number, line in enumerate(lines):
        if found[number]:
            found[last + 1 : number] = [True] * (number - last - 1)
            last = number
        elif line.strip():
            last = len(lines)
    return found


def _find_fields(lines: Sequence[str], start: int, end: int) -> tuple[int, int, list[Field]]:
    """Where the fields of a mail are in the lines from ``start`` to ``end``, and these; none where there are none."""
    first = start
    while first < end:
        named = _FIELD.match(lines[first].strip())
        if not named or named[1].lower() not in SENDERS:
            first += 1
            continue
        after, fields = _fields(lines, first, end)
        if len(fields) >= LEAST_FIELDS and any(name.lower() in SUBJECTS for name, _ in fields):
            return first, after, fields
        first = after
    return end, end, []


def _fields(lines: Sequence[str], start: int, end: int) -> tuple[int, list[Field]]:
    """The fields that follow each other from ``start`` on, and where they end; a value may go on in further lines."""
    found, number = list[tuple[str, list[str]]](), start
    while number < end:
        line = lines[number].strip()
        named = _FIELD.match(line)
        if named and named[1].lower() in _NAMES:
            found.append((named[1], [named[2]]))
        elif line and (lines[number][0].isspace() or found[-1][1][-1].endswith((",", ";"))):
            found[-1][1].append(line)
        else:
            break
        number += 1
    return number, [(name, " ".join(values)) for name, values in found]


def _add_mail(fields: Sequence[Field], lines: Sequence[str], builder: Builder, depth: int) -> None:
    """Add a mail that the text goes on with, as a quotation."""
    with builder.block("quotation"):
        with builder.block("header"):
            for name, value in fields:
                builder.field(name, value)
        _add(lines, builder, depth + 1)


def _add_own(lines: Sequence[str], builder: Builder) -> None:
    """Add what is not quoted; a signature, and the line that says who wrote what follows, stand by themselves."""
    introduction = _introduction(lines)
    signature = next((n for n in range(introduction - 1, -1, -1) if lines[n].rstrip() == "--"), introduction)
    for part in (lines[:signature], lines[signature:introduction], lines[introduction:]):
        add_plain(part, builder)


def _introduction(lines: Sequence[str]) -> int:
    """Where the last lines that say who wrote what follows begin, such as "On 5 May, Ann wrote:"."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    if not end or not _WROTE.search(" ".join(lines[max(0, end - 2) : end]).strip()[-500:]):
        return len(lines)
    openings = (n for n in range(end - 1, max(0, end - _MOST_LINES) - 1, -1) if _OPENING.match(lines[n].strip()))
    return next(openings, end - 1)
