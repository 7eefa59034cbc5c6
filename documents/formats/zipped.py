"""ZIP containers, which archives, office files and books are: opened, and read with limits on what unfolds."""

from __future__ import annotations

import io
import zipfile
import zlib

from documents.document import DocumentError

MAX_RATIO = 200  # of a file's size to its compressed size; text reaches 20
SMALL = 1024 * 1024  # bytes up to which the ratio of a file is not checked
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
    if entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
        raise DocumentError(f"{name}: packed {MAX_RATIO} times smaller than it is, as no document is")
    try:
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)
    except _ERRORS as error:
        raise DocumentError(f"{name}: cannot be unpacked (its data is damaged)") from error
    if len(content) != entry.file_size:
        raise DocumentError(f"{name}: cannot be unpacked (its data is damaged)")
    return content
