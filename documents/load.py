"""Files -> documents: determines a file's format, checks and reads it, and reports in one line what is wrong."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path, PurePath

from documents.document import Document, DocumentError, Part
from documents.document import printable as _shown
from documents.formats import Options, suffix_of, unused
from documents.formats.registry import FORMATS, MAX_BYTES, Format, check_kind, nesting
from documents.normalise import normalise

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Format",
    "Options",
    "Part",
    "format_of",
    "is_folder",
    "load",
    "normalise",
    "parse",
    "parts",
    "parts_of",
    "sample_paths",
]


def parts(path: Path, options: Options = Options()) -> Iterator[Part]:  # noqa: B008 - frozen
    """Every document in a file; a part that cannot be read carries the reason instead of a document.

    A part without a date of its own gets the file's. Raises DocumentError as ``load`` does.
    """
    name = _shown(path)
    kind, data = _read(path, name)
    modified = path.stat().st_mtime
    for part in _parts(kind, data, name, options):
        yield part if part.modified is not None else replace(part, modified=modified)


def parts_of(data: bytes, name: str, options: Options = Options()) -> Iterator[Part]:  # noqa: B008 - frozen
    """Every document in ``data``, an upload called ``name``; otherwise like ``parts``."""
    shown = _shown(name)
    kind = _format(PurePath(name), shown)
    _check(kind, data, shown)
    yield from _parts(kind, data, shown, options)


def _parts(kind: Format, data: bytes, name: str, options: Options) -> Iterator[Part]:
    taken: set[str] = set()  # of two documents with the same name the first would be lost
    for part in kind.parts_of(data, name, nesting(options)):
        yield replace(part, name=unused(part.name, taken))


def load(path: Path) -> Document:
    """The document in a file, read in the format that its suffix names.

    Raises:
        DocumentError: the file cannot be found, read or parsed; the message is one line and names the path.
    """
    name = _shown(path)
    kind, data = _read(path, name)
    return kind.parse(data, name)


def parse(data: bytes, name: str) -> Document:
    """The document in ``data``, an upload called ``name``; raises DocumentError as ``load`` does."""
    shown = _shown(name)
    kind = _format(PurePath(name), shown)
    _check(kind, data, shown)
    return kind.parse(data, shown)


def _read(path: Path, name: str) -> tuple[Format, bytes]:
    """A file's format and its bytes."""
    if not stat.S_ISREG(_status(path, name).st_mode):
        raise _no_file(path, name)
    kind = _format(path, name)
    try:
        size = path.stat().st_size  # read() reserves as much memory as it is asked for
        with path.open("rb") as file:
            data = file.read(min(size, kind.max_bytes) + 1)
            if size < len(data) <= kind.max_bytes:  # the file has grown, or its size is not known
                data += file.read(kind.max_bytes)
    except OSError as error:
        raise _unreadable(name, error) from error
    _check(kind, data, name)
    return kind, data


def _check(kind: Format, data: bytes, name: str) -> None:
    if len(data) > kind.max_bytes:
        limit = kind.max_bytes // (1024 * 1024)
        raise DocumentError(f"{name}: larger than {limit} MB, the limit for {kind.name}; split it into parts")
    check_kind(kind, data, name)


def format_of(path: PurePath | str) -> Format | None:
    """The format that the path's suffix names; None where there is none."""
    return FORMATS.get(suffix_of(PurePath(path).name))


def is_folder(path: Path) -> bool:
    """True for a folder, False for a file of a known format; raises DocumentError for anything else."""
    name = _shown(path)
    if stat.S_ISDIR(_status(path, name).st_mode):
        return True
    _format(path, name)
    return False


def _status(path: Path, name: str) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(name, error) from error
    except ValueError as error:  # the path contains a NUL character
        raise DocumentError(f"no such file or folder: {name}") from error


def _unreadable(name: str, error: OSError) -> DocumentError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DocumentError(f"no such file or folder: {name}")
    if isinstance(error, PermissionError):
        return DocumentError(f"{name}: no permission to read it; change its permissions or owner")
    return DocumentError(f"{name}: cannot be read ({error.strerror})")


def _no_file(path: Path, name: str) -> DocumentError:
    """Why a path that is not a regular file cannot be loaded; of a folder, whether it cannot even be listed."""
    if not path.is_dir():
        return DocumentError(f"{name}: not a file")
    try:
        os.scandir(path).close()
    except OSError as error:
        return _unreadable(name, error)
    return DocumentError(f"{name}: not a file but a folder")


def _format(path: PurePath, name: str) -> Format:
    known = FORMATS.get(suffix_of(path.name))
    if known is None:
        raise DocumentError(f"{name}: unknown format; the known ones are {', '.join(FORMATS)}")
    return known


def sample_paths() -> list[Path]:
    """The documents that come with Refdesk: an article, and a guide to Refdesk itself."""
    folder = Path(str(files("documents"))) / "samples"
    return sorted(path for path in folder.iterdir() if path.suffix in FORMATS)
