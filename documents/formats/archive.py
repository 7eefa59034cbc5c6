"""ZIP: each file of a known format in it is a document of its own. Nothing is written to disk."""

from __future__ import annotations

import calendar
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from documents.document import DocumentError, Part
from documents.formats import Nesting, safe_name, unused
from documents.formats.registry import FORMATS, suffix_of

MAX_RATIO = 200  # of a file's size to its compressed size; text reaches 20
MAX_RATIO_OF_ALL = 100  # the same for all files together
_SMALL = 1024 * 1024  # bytes up to which the ratio of a file is not checked
_SMALL_OF_ALL = 16 * _SMALL  # the same for all files together
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
)


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
            kind = FORMATS.get(suffix_of(member))
            hidden = any(part.startswith((".", "__MACOSX")) for part in member.split("/"))
            if entry.is_dir() or hidden or kind is None or not kind.is_ready():
                continue
            member = unused(member, taken)
            shown = f"{name}/{member}"
            try:
                content = read_entry(archive, entry, shown, kind.max_bytes)
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


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """The opened archive; raises DocumentError, naming ``name``, where the data is not a ZIP file."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _ERRORS as error:
        raise DocumentError(f"{name}: not a readable file of its kind (its ZIP container is broken)") from error


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limit: int) -> bytes:
    """One file's bytes; raises DocumentError where it is damaged, encrypted, too large, or misstates its size."""
    if entry.flag_bits & 1:
        raise DocumentError(f"{name}: encrypted; unpack it with its password first")
    if entry.file_size > limit:
        raise DocumentError(f"{name}: larger than {limit // (1024 * 1024)} MB when unpacked, the limit")
    if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise DocumentError(f"{name}: packed {MAX_RATIO} times smaller than it is, as no document is")
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except _ERRORS as error:
        raise DocumentError(f"{name}: cannot be unpacked (its data is damaged)") from error
    if len(content) != entry.file_size:
        raise DocumentError(f"{name}: cannot be unpacked (its data is damaged)")
    return content


def _modified(entry: zipfile.ZipInfo) -> float | None:
    """When the file was modified, in seconds since 1970; ZIP stores no time zone, so UTC is assumed."""
    try:
        return float(calendar.timegm((*entry.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return None
