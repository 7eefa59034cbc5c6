"""One small module a format; each offers ``parse`` or ``parts``. ``documents.formats.table.FORMATS`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from documents.document import DocumentError, Part, Section

MAX_DEPTH = 3  # files within files within files
MAX_MEMBERS = 20_000  # files in a file, those of nested ones included
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all of them


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


@dataclass(frozen=True, slots=True)
class Options:
    """What a reader is told of records whose shape does not say it. Fields are named as in ``a.b`` where nested.

    - ``text_field``: the field that holds a record's text ("": the one that looks like it);
    - ``title_field``: the one that holds its title;
    - ``metadata_fields``: those kept as the source's metadata (None: all short ones).
    """

    text_field: str = ""
    title_field: str = ""
    metadata_fields: tuple[str, ...] | None = None


@dataclass(slots=True)
class Budget:
    """What the files in a file may still take, however they are nested."""

    members: int = MAX_MEMBERS
    size: int = MAX_UNPACKED

    def take(self, size: int, name: str) -> None:
        """Count one file of ``size`` bytes; raises DocumentError, naming the archive, when that is too much."""
        self.members -= 1
        self.size -= size
        if self.members < 0:
            raise DocumentError(f"{name}: more than {MAX_MEMBERS} files in it, the limit; unpack it first")
        if self.size < 0:
            limit = MAX_UNPACKED // (1024 * 1024)
            raise DocumentError(f"{name}: more than {limit} MB when unpacked, the limit; unpack it first")


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a file stands that may hold others: ``read(data, shown, member, inside)`` reads those."""

    read: Callable[[bytes, str, str, Inside], Iterator[Part]]
    options: Options = Options()
    depth: int = 0
    budget: Budget = field(default_factory=Budget)

    def deeper(self, name: str) -> Inside:
        """What a file in this one is given; raises DocumentError, naming this one, when it is nested too deep."""
        if self.depth >= MAX_DEPTH:
            raise DocumentError(f"{name}: nested too deep (more than {MAX_DEPTH} files in each other); unpack it first")
        return replace(self, depth=self.depth + 1)


def safe_name(name: str) -> str:
    """A member's name as a relative path that stays below its archive; "" where nothing is left."""
    parts = ("".join(char for char in part if char.isprintable()) for part in name.replace("\\", "/").split("/"))
    return "/".join(part for part in (part.strip() for part in parts) if part not in ("", ".", ".."))


def unused(name: str, taken: set[str]) -> str:
    """The name or, where another of the ``taken`` ones is the same, one like it; it is taken from now on."""
    stem, dot, suffix = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{stem} ({count}){dot}{suffix}"
    taken.add(chosen)
    return chosen
