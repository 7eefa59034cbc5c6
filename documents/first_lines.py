"""The beginning of a document: the headings above its text and the first lines, where it says its date and version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from documents.dates import FoundDate, find_dates
from documents.document import Document
from documents.grid import grid_of
from documents.month_names import names_of
from documents.versions import find_versions
from documents.vocabulary import any_of

_LINES = 12
_CHARACTERS = 3_000
_LONGEST = 400  # characters of a line that are read
# Words of a sentence that tells the document's date: within it, at its beginning, and without a word that says so.
_WITHIN, _AT_BEGINNING, _ALONE, _BARE = 16, 30, 14, 8
_CLAUSE = 10  # words between the beginning of a clause and the date in it
_FRONT_MATTER = re.compile(r"---\n(.*?)^(?:---|\.\.\.)$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"([\w.-]{1,40})[ \t]*:[ \t]*(\S.*)")
_MARKUP = re.compile(r"\*+|`+|(?<!\w)_+|_+(?!\w)")
_SENTENCE_END = re.compile(r"[.!?;。；](?:\s+|\Z)(?=[^\W\d_]|\Z)")
_CLAUSE_END = re.compile(r"[,;(|–—]|\s-\s")

# What says that a date is the document's own, and what that it is another one.
_OWN = re.compile(rf"\b(?:{any_of('own_date')}\b|{any_of('own_date_stems')})|{any_of('own_date_zh')}", re.IGNORECASE)
_YEARLY = re.compile(rf"\b{any_of('yearly')}", re.IGNORECASE)
_OWN_ANYWHERE = re.compile(rf"\b{any_of('own_date_anywhere')}\b", re.IGNORECASE)
_OWN_AFTER = re.compile(rf"\s?[)）]?\s?{any_of('own_date_zh_after')}")
_OTHER = re.compile(rf"\b{any_of('other_date')}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a document.

    ``fields`` are those of its front matter, by name in lower case; ``headings`` are the headings above the text;
    ``lines`` are the first lines below, of tables only the rows of a name and a value, as "name: value".
    """

    fields: dict[str, str]
    headings: tuple[str, ...]
    lines: tuple[str, ...]


def beginning_of(document: Document) -> Beginning:
    """Read the beginning of the document: up to the first heading below other text, and less than a page."""
    text = document.text[:_CHARACTERS]
    front = _FRONT_MATTER.match(text) if document.parser.startswith("markdown/") else None
    fields = {}
    if front:
        found = map(_FIELD.match, front[1].split("\n"))
        fields = {match[1].lower(): match[2].strip("\"' ") for match in found if match}
    headings, lines = list[str](), list[str]()
    for start, line in _lines(text, front.end() if front else 0):
        section = next((own for own in document.sections[:_LINES] if own.start <= start < own.heading_end), None)
        if section:
            if lines and headings and section.title != headings[-1]:
                break
            headings.append(section.title)
        elif line != document.title and (own := _readable(document, start, line)):
            lines.append(own)
        if len(lines) >= _LINES:
            break
    return Beginning(fields, tuple(dict.fromkeys(headings)), tuple(lines))


def _lines(text: str, position: int) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, without the space around them, each with its offset."""
    for line in text[position:].split("\n"):
        if bare := line.strip():
            yield position + line.index(bare), bare
        position += len(line) + 1


def _readable(document: Document, start: int, line: str) -> str:
    """A line as it is read: a row of two cells as "name: value"; other rows, code and quotations are not read."""
    if table := document.table_at(start):
        grid = grid_of(document.text, table)
        cells = [cell for cell in grid.cells(grid.row_at(start)) if not cell.is_empty]
        texts = [document.text[cell.start : cell.end] for cell in cells]
        return ": ".join(texts)[:_LONGEST] if len(texts) == 2 else ""
    if line.startswith(("|", ">")) or any(block.kind in ("code", "quotation") for block in document.blocks_at(start)):
        return ""
    return _MARKUP.sub("", line[:_LONGEST]).lstrip("•-– ")


class _Place(NamedTuple):
    """Where something stands in a line: its sentence, the clause before it, and what follows in the sentence."""

    sentence: str
    clause: str
    opens: bool  # whether the clause begins the sentence
    after: str
    ended: bool  # whether a point ends the sentence

    @property
    def words(self) -> int:
        return len(self.sentence.split())

    @property
    def is_long(self) -> bool:
        """Whether the sentence has too many words to be about the document itself."""
        return self.words > (_AT_BEGINNING if self.opens else _WITHIN)


def _place(line: str, start: int, end: int, language: str) -> _Place:
    ends = [match for match in _SENTENCE_END.finditer(line) if match.end() <= start or match.start() >= end]
    first = max((match.end() for match in ends if match.end() <= start), default=0)
    closing = next((match for match in ends if match.start() >= end), None)
    last = closing.start() if closing else len(line)
    before = _without_weekday(line[first:start], language)
    clauses = _CLAUSE_END.split(before)
    return _Place(line[first:last], clauses[-1].strip(), len(clauses) == 1, line[end:last], closing is not None)


def _without_weekday(before: str, language: str) -> str:
    head, _, word = before.rstrip(" ,.").rpartition(" ")
    return head if word.strip("(").casefold() in names_of(language).days else before


def names_another_date(text: str) -> bool:
    """Whether a word says that a date is not the document's own, such as "until" or "since"."""
    return bool(_OTHER.search(text))


def stated_date(lines: tuple[str, ...], language: str, day_first: bool | None) -> str:
    """The first date that a line says to be the document's; "" where none does."""
    for line, found in _dates(lines, language, day_first):
        place = _place(line, found.start, found.end, language)
        words = place.clause.split()
        is_long = place.is_long and not _OWN_ANYWHERE.search(place.clause)
        if len(words) > _CLAUSE or is_long or names_another_date(place.clause):
            continue
        own = _OWN.search(" ".join(words[:5])) or _OWN_ANYWHERE.search(place.clause)
        if own and (not found.is_year or _YEARLY.search(place.sentence)):
            return found.value
        if _OWN_AFTER.match(line, found.end):
            return found.value
        if found.is_year and not words and _YEARLY.search(place.sentence) and not place.after.strip():
            return found.value  # Second edition, 2021
    return ""


def lone_date(lines: tuple[str, ...], language: str, day_first: bool | None) -> str:
    """The first date in a line that is hardly more than a date, such as "Ferrowby, 6 November 2024"; else ""."""
    for line, found in _dates(lines, language, day_first):
        place = _place(line, found.start, found.end, language)
        if found.is_year or place.words > _ALONE or names_another_date(place.sentence):
            continue
        words = place.clause.split()
        is_last = not place.after.strip(" )")
        starts_clause = not words or place.clause.endswith(":") or (is_last and len(words) == 1 and len(words[0]) < 4)
        if starts_clause or (is_last and not place.ended and place.words <= _BARE):
            return found.value
    return ""


def stated_version(lines: tuple[str, ...], language: str) -> str:
    """The version that begins a clause, or that stands in a line of a few words; "" where there is none."""
    for line in lines:
        for found in find_versions(line):
            place = _place(line, found.start, found.end, language)
            is_short = place.words <= _BARE and not place.ended
            begins = not place.clause and not place.is_long
            if (begins or is_short) and not names_another_date(place.clause):
                return found.value
    return ""


def _dates(lines: tuple[str, ...], language: str, day_first: bool | None) -> Iterator[tuple[str, FoundDate]]:
    for line in lines:
        for found in find_dates(line, language, day_first):
            yield line, found
