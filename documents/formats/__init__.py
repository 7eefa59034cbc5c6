"""One small module for each format, with ``parse`` or ``parts``; ``documents.formats.registry.FORMATS`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from documents.document import DocumentError, Part, Section

MAX_DEPTH = 3  # files within files within files
MAX_MEMBERS = 20_000  # files in a file, including those in nested files
MAX_UNPACKED = 1024 * 1024 * 1024  # bytes of all these files together


class Heading(NamedTuple):
    """A heading at ``text[start:end]``, markup included; ``title`` is the heading without markup."""

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
    """Which fields of JSON records hold what. Nested fields are named with dots, as in ``a.b``.

    - ``text_field``: the field that holds a record's text ("": guess it);
    - ``title_field``: the field that holds its title ("": guess it);
    - ``metadata_fields``: the fields kept as the source's metadata (None: all short ones).
    """

    text_field: str = ""
    title_field: str = ""
    metadata_fields: tuple[str, ...] | None = None


@dataclass(slots=True)
class Budget:
    """How many files, and how many bytes, may still be unpacked from a file, at whatever depth."""

    members: int = MAX_MEMBERS
    size: int = MAX_UNPACKED

    def take(self, size: int, name: str) -> None:
        """Count one file of ``size`` bytes; raises DocumentError, naming the archive, where the budget is exceeded."""
        self.members -= 1
        self.size -= size
        if self.members < 0:
            raise DocumentError(f"{name}: more than {MAX_MEMBERS} files in it, the limit; unpack it first")
        if self.size < 0:
            limit = MAX_UNPACKED // (1024 * 1024)
            raise DocumentError(f"{name}: more than {limit} MB when unpacked, the limit; unpack it first")


@dataclass(frozen=True, slots=True)
class Nesting:
    """How deep a file is nested in others, and what reading the files in it takes.

    ``read(data, shown, member, nesting)`` reads a file called ``member`` there, and ``shown`` in messages.
    ``limit_of(member)`` is how many bytes it may have; None where files of that name are not read.
    """

    read: Callable[[bytes, str, str, Nesting], Iterator[Part]]
    limit_of: Callable[[str], int | None]
    options: Options = Options()
    depth: int = 0
    budget: Budget = field(default_factory=Budget)

    def deeper(self, name: str) -> Nesting:
        """The nesting of a file in this one; raises DocumentError, naming this one, where that is too deep."""
        if self.depth >= MAX_DEPTH:
            raise DocumentError(f"{name}: nested too deep (more than {MAX_DEPTH} files in each other); unpack it first")
        return replace(self, depth=self.depth + 1)


def safe_name(name: str) -> str:
    """A member's name as a relative path that cannot leave its archive; "" where nothing is left of it."""
    parts = ("".join(char for char in part if char.isprintable()) for part in name.replace("\\", "/").split("/"))
    return "/".join(part for part in (part.strip() for part in parts) if part not in ("", ".", ".."))


def suffix_of(name: str) -> str:
    """The suffix that names the format, in lower case and with its dot ("": none)."""
    base = name.rsplit("/", 1)[-1]
    stem, dot, suffix = base.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def unused(name: str, taken: set[str]) -> str:
    """The name or, where it is among ``taken``, a numbered one like it; the result is added to ``taken``."""
    stem, dot, suffix = name.rpartition(".") if "." in name.rpartition("/")[2] else (name, "", "")
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{stem} ({count}){dot}{suffix}"
    taken.add(chosen)
    return chosen
