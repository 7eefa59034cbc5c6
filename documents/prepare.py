"""Documents -> what an index needs of them: chunks, language, sketch, and the edition that they say they are.

The cost grows with the text's length, so this runs in the process that reads the file (``documents.workers``), under
the limits on reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from documents.blocks import MAX_BLOCKS, structure_size
from documents.document import Document, DocumentError, Part, Prepared, printable
from documents.edition import edition_of
from documents.language import language_of
from documents.sketch import sketch
from documents.split import MAX_CHUNKS, Splitter, TooManyChunksError

MAX_SECTIONS = 100_000  # sections of a document, and as many pages: no book has so many


@dataclass(frozen=True)
class Preparing:
    """How documents are prepared: with which splitter, and with how many chunks a file at most (None: no limit).

    A document has at most ``most_each`` chunks, and at most ``most_sections`` sections and as many pages.
    """

    splitter: Splitter
    most: int | None = None
    most_each: int = MAX_CHUNKS
    most_sections: int = MAX_SECTIONS


def read_parts(
    path: Path, reader: ModuleType, options: Mapping[str, str | Sequence[str]], how: Preparing | None
) -> Iterator[Part]:
    """The parts of a file by the reader's ``parts`` and ``Options``, with ``how`` prepared as ``prepared`` does.

    Raises:
        DocumentError: the file cannot be read, or is beyond the limits.
    """
    given = {name: value if isinstance(value, str) else tuple(value) for name, value in options.items()}
    parts: Iterable[Part] = reader.parts(path, reader.Options(**given)) if given else reader.parts(path)
    yield from prepared(parts, how, printable(path)) if how else parts


def prepared(parts: Iterable[Part], how: Preparing, name: str) -> Iterator[Part]:
    """The parts of a file called ``name`` with what an index needs; a part beyond the limits fails alone.

    Raises:
        DocumentError: the whole file has more than ``how.most`` chunks.
    """
    left = how.most
    for part in parts:
        if part.document is None:
            yield part
            continue
        try:
            most = how.most_each if left is None else min(left, how.most_each)
            found = _prepare(part.document, replace(how, most_each=most), part.name or name, part.metadata)
        except TooManyChunksError as error:
            if left is not None and left < how.most_each:
                raise DocumentError(f"{name}: {too_many(how.most or 0)}") from error
            yield replace(part, document=None, reason=f"{_member(name, part)}: {too_many(how.most_each)}")
            continue
        except DocumentError as error:
            yield replace(part, document=None, reason=f"{_member(name, part)}: {error}")
            continue
        if left is not None:
            left -= len(found.chunks)
        yield replace(part, prepared=found)


def _prepare(document: Document, how: Preparing, name: str, metadata: Sequence[tuple[str, str]]) -> Prepared:
    """What an index needs of the document of a file called ``name`` with these fields.

    Raises:
        DocumentError: it is beyond the limits on sections, pages and chunks.
    """
    if max(len(document.sections), len(document.pages)) > how.most_sections:
        raise DocumentError(f"more than {how.most_sections:,} sections or pages, the limit; split it into parts")
    if structure_size(document.blocks, document.tables) + len(document.inline_code) > MAX_BLOCKS:
        raise DocumentError(f"more than {MAX_BLOCKS:,} items, tables and other blocks, the limit; split it into parts")
    language = language_of(document.text)
    return Prepared(
        tuple(how.splitter.spans(document, how.most_each)),
        language,
        sketch(document.text).tobytes(),
        edition_of(document, name, metadata, language),
    )


def too_many(most: int) -> str:
    """Why a file of more chunks than ``most`` is refused."""
    return f"more than {most:,} passages come out of it, the limit; split it into parts"


def _member(name: str, part: Part) -> str:
    return f"{name}/{part.name}" if part.name else name
