"""A list of releases -> what is asked about one: when it came out, what it changed, which is newest or changed that.

The heading names the version and often the date; the items below it are the changes. No sentence says either, so no
reader finds it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from documents.blocks import Range
from documents.dates import find_dates
from documents.document import Document, Section
from documents.versions import FoundVersion, find_dotted, find_versions, version_order
from documents.vocabulary import Vocabulary
from qa.answer import AnswerType
from qa.read.lines import MOST, Line
from qa.read.tables.words import Words, listed_stems, stems
from qa.understand.question import Question

_LEAST = 2  # headings with a version: fewer are no list of releases
_any_of = Vocabulary("qa").any_of
_NEWEST = re.compile(rf"\b(?:{_any_of('newest')}|current)\b", re.IGNORECASE)
_WHICH = re.compile(rf"\b{_any_of('asks_which')} {_any_of('asked_releases')}\b", re.IGNORECASE)
_WHEN = re.compile(rf"\b(?:when|{_any_of('asks_which')} (?:date|day))\b", re.IGNORECASE)
_THINGS = listed_stems("releases")
_COMES_OUT = listed_stems("come_out")
_KINDS = listed_stems("kinds_of_changes")
_CHANGES = _KINDS | listed_stems("changes")
# What a question may say of a release beside its version; its other words must be in the document.
_OF_RELEASES = _THINGS | _COMES_OUT | _CHANGES | listed_stems("said_of_releases")
_OTHERS: tuple[AnswerType, ...] = ("polar", "count", "comparison")  # kinds of question that ask for more than is listed


class Wanted(NamedTuple):
    """What a question asks about a release.

    - ``versions``: the version that it names; empty for the newest, or if it asks ``which``;
    - ``changes``: its words for changes; empty if it asks for the date or the name;
    - ``words``: its other words, which the document must have.
    """

    versions: frozenset[object]
    changes: Words
    words: Words
    when: bool
    which: bool


class Released(NamedTuple):
    """The lines that answer, the place of the short answer in the first, and the answer's type."""

    lines: Sequence[Line]
    short: Range | None
    asked: AnswerType


class _Release(NamedTuple):
    section: Section
    end: int  # of all that is below the heading
    version: FoundVersion  # in the heading's title


def wanted_of(question: Question) -> Wanted | None:
    """What the question asks about a release; None if it asks for something else."""
    text = question.text
    named = [*find_dotted(text), *find_versions(text)]
    versions = frozenset(_key(found.value) for found in named)
    newest, when = bool(_NEWEST.search(text)), bool(_WHEN.search(text))
    words = stems(_WHEN.sub("", text)) - stems(" ".join(found.value for found in named))
    changes = words & _CHANGES
    is_asked = changes or (words & _COMES_OUT if when else newest and words & _THINGS)
    which = not versions and not newest and not when and bool(_WHICH.search(text))
    if question.asked in _OTHERS or not (which or (is_asked and len(versions) + newest == 1)):
        return None
    return Wanted(versions, changes, words - _OF_RELEASES, when=when, which=which)


def released(wanted: Wanted, document: Document) -> Released | None:
    """What the document says about the wanted release; None if it does not list it."""
    releases = releases_of(document)
    if wanted.which:
        return _which(wanted.words, document, releases)
    found = [release for release in releases if not wanted.versions or _key(release.version.value) in wanted.versions]
    if not found or not _is_about(wanted, document, releases):
        return None
    latest = max(found, key=lambda release: version_order(release.version.value))
    if wanted.changes:
        lines = _changes(document, latest, wanted.changes)
        return Released(lines, None, "list") if 0 < len(lines) <= MOST else None
    return _of_heading(document, latest, when=wanted.when)


def releases_of(document: Document) -> list[_Release]:
    """The releases with a heading each; none unless at least half of the headings of that level are of releases.

    Such a heading has a date, or only words that most of them have ("Beck 4.2"): "4.2 Payment" is a numbered section.
    """
    for level in sorted({section.level for section in document.sections}):
        sections = [section for section in document.sections if section.level == level]
        found = [(section, version) for section in sections if (version := _version_in(section.title))]
        others = [stems(f"{part.title[: version.start]} {part.title[version.end :]}") for part, version in found]
        common = {
            word for word, count in Counter(word for each in others for word in each).items() if 2 * count > len(found)
        }
        found = [
            (section, version)
            for (section, version), words in zip(found, others, strict=True)
            if words <= common or find_dates(section.title)
        ]
        if len({_key(version.value) for _, version in found}) >= _LEAST and 2 * len(found) >= len(sections):
            return [_Release(section, _end(document, section), version) for section, version in found]
    return []


def _version_in(title: str) -> FoundVersion | None:
    return next(iter(sorted([*find_versions(title), *find_dotted(title)])), None)


def _key(version: str) -> object:
    """A key that is equal for "3.2" and "3.2.0"."""
    return tuple(version_order(re.sub(r"(?:\.0)+$", "", version)))


def _end(document: Document, section: Section) -> int:
    """The end of everything below the section's heading: the next heading that is not deeper."""
    later = (other.start for other in document.sections if other.start > section.start and other.level <= section.level)
    return next(later, len(document.text))


def _is_about(wanted: Wanted, document: Document, releases: Sequence[_Release]) -> bool:
    """Whether the document has the question's other words: its title and headings, if the changes are asked for."""
    headings = "\n".join([document.title, *(release.section.title for release in releases)])
    return wanted.words <= stems(headings if wanted.changes else document.text)


def _which(words: Words, document: Document, releases: Sequence[_Release]) -> Released | None:
    """The heading of the only release whose text has the words, and its item that has them."""
    found = [release for release in releases if words <= stems(document.text[release.section.start : release.end])]
    heading = _of_heading(document, found[0], when=False) if words and len(found) == 1 else None
    if heading is None:
        return None
    items = [line for line in _changes(document, found[0], frozenset()) if line.role == "item"]
    saying = [line for line in items if words <= stems(document.text[line.start : line.end])]
    return heading._replace(lines=[*heading.lines, *saying[:1]])


def _of_heading(document: Document, release: _Release, *, when: bool) -> Released | None:
    """The heading, with its date or its version as the short answer."""
    start, end = document.heading_words(release.section)
    title = document.text[start:end]
    dates = find_dates(title)
    if when and not dates:
        return None
    found = dates[0] if when else _version_in(title)
    short = (start + found.start, start + found.end) if found else None
    return Released([Line(start, end, "answer")], short, "fact")


def _changes(document: Document, release: _Release, asked: Words) -> list[Line]:
    """The release's items below their headings; only those of one kind ("Fixed"), if asked for and under a heading."""
    parts = [part for part in document.sections if release.section.start < part.start < release.end]
    lines = _part(document, release.section)
    kinds = [part for part in parts if stems(part.title) & asked & _KINDS]
    for part in kinds or parts:
        own_lines = _part(document, part)
        lines += own_lines if len(own_lines) > 1 else []
    return lines if len(lines) > 1 else []


def _part(document: Document, section: Section) -> list[Line]:
    """The heading and the items directly below it."""
    items = [block for block in document.blocks_within(section.heading_end, section.end) if block.kind == "item"]
    start, end = document.heading_words(section)
    return [Line(start, end, "lead-in"), *(Line(item.start, item.end, "item") for item in items)]
