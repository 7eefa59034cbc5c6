"""ZIP: each file of a known format in it is a document of its own. Nothing is written to disk."""

from __future__ import annotations

import calendar
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from documents.document import DocumentError, Part
from documents.formats import Nesting, safe_name, unused
from documents.formats.zipped import SMALL, open_zip, read_entry

MAX_RATIO_OF_ALL = 100  # of the size of all files together to the size of the archive; a single one may have more
_SMALL_OF_ALL = 16 * SMALL  # bytes of all files up to which that is not checked


def parts(data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
    """The documents of each file of a known format in the archive; hidden and other files are skipped.

    Raises:
        DocumentError: the data is not a ZIP file, or it is nested too deep, is too large when unpacked, or holds no
            file of a known format.
    """
    nesting = nesting.deeper(name)
    taken: set[str] = set()
    room = max(_SMALL_OF_ALL, MAX_RATIO_OF_ALL * len(data))
    with open_zip(data, name) as archive:
        for entry in archive.infolist():
            member = safe_name(entry.filename)
            limit = nesting.limit_of(member)
            hidden = any(part.startswith((".", "__MACOSX")) for part in member.split("/"))
            if entry.is_dir() or hidden or limit is None:
                continue
            member = unused(member, taken)
            shown = f"{name}/{member}"
            try:
                content = read_entry(archive, entry, shown, limit)
            except DocumentError as error:
                yield Part(member, None, str(error))
                continue
            nesting.budget.take(len(content), name)
            room -= len(content)
            if room < 0:
                raise DocumentError(f"{name}: packed {MAX_RATIO_OF_ALL} times smaller than it is, as no documents are")
            for part in nesting.read(content, shown, member, nesting):
                yield replace(part, modified=_modified(entry) if part.modified is None else part.modified)
    if not taken:
        raise DocumentError(f"{name}: holds no file of a known format")


def _modified(entry: zipfile.ZipInfo) -> float | None:
    """When the file was modified, in seconds since 1970; ZIP stores no time zone, so UTC is assumed."""
    try:
        return float(calendar.timegm((*entry.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return None
