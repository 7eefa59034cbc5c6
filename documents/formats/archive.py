"""ZIP: each file in it of a known format is a document of its own. Nothing is ever written to disk."""

from __future__ import annotations

import calendar
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from documents.document import DocumentError, Part
from documents.formats import Inside, safe_name, unused
from documents.formats.table import FORMATS, suffix_of

MAX_RATIO = 200  # of a file's size to what it takes in the archive; text reaches 20
MAX_RATIO_OF_ALL = 100  # the same of all files together
_SMALL = 1024 * 1024  # bytes that any file may have, however well they are packed
_SMALL_OF_ALL = 16 * _SMALL  # the same of all files together
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


def parts(data: bytes, name: str, inside: Inside) -> Iterator[Part]:
    """Each file of a known format in the archive; hidden and other files are passed over.

    Raises DocumentError for what is no ZIP file, nested too deep, too large when unpacked, or holds none of these.
    """
    inside = inside.deeper(name)
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
            inside.budget.take(len(content), name)
            room -= len(content)
            if room < 0:
                raise DocumentError(f"{name}: packed {MAX_RATIO_OF_ALL} times smaller than it is, as no documents are")
            for part in inside.read(content, shown, member, inside):
                yield replace(part, modified=_modified(entry) if part.modified is None else part.modified)
    if not taken:
        raise DocumentError(f"{name}: holds no file of a known format")


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive; raises DocumentError, naming ``name``, for what is none."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _ERRORS as error:
        raise DocumentError(f"{name}: not a readable file of its kind (its ZIP container is broken)") from error


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limit: int) -> bytes:
    """One file's bytes; raises DocumentError, naming it, where it is broken, locked, or not what it claims to be."""
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
    """When the file was changed, in seconds since 1970; its time zone is not told, so that it counts as UTC."""
    try:
        return float(calendar.timegm((*entry.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return None
