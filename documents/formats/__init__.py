"""One small module a format; each offers ``parse``. ``documents.load.FORMATS`` is the table of them."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from documents.document import Section


class Heading(NamedTuple):
    """A heading found at ``start`` to ``end``, its markup included; ``title`` is without it."""

    start: int
    end: int
    level: int
    title: str


def sections(headings: list[Heading], size: int) -> tuple[Section, ...]:
    """The sections of a text of ``size`` characters, each from its heading to the next one."""
    starts = [heading.start for heading in headings] + [size]
    return tuple(
        Section(heading.title, heading.level, start, heading.end, end)
        for heading, (start, end) in zip(headings, pairwise(starts), strict=True)
    )
