"""Files in, documents out: which files there are, which format each has, and what may be wrong with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePath

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.document import printable as _shown
from documents.formats import markdown, text
from documents.normalise import normalise

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Format",
    "Part",
    "format_of",
    "is_folder",
    "load",
    "normalise",
    "parse",
    "parts",
    "sample_paths",
]

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one kind are read: ``parse(data, name)`` gives the document or raises DocumentError."""

    name: str
    parse: Callable[[bytes, str], Document]
    max_bytes: int = MAX_BYTES


def _of_text(parse_text: Callable[[str], Document]) -> Callable[[bytes, str], Document]:
    """The parser of a format that is text, from one that takes the normalised text."""

    def parse_bytes(data: bytes, name: str) -> Document:
        content = normalise(decode(data, name))
        if not content.strip(" \n\u200c\u200d\ufffd"):
            raise DocumentError(f"{name}: the file holds no text")
        return parse_text(content)

    return parse_bytes


_TEXT = Format("plain text", _of_text(text.parse))
_MARKDOWN = Format("Markdown", _of_text(markdown.parse))
FORMATS: dict[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".log": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file, or the one-line reason why it could not be read.

    ``name`` is its place within the file, as a relative path ("" for the file itself): of an archive the member's.
    """

    name: str
    document: Document | None
    reason: str = ""
    modified: float | None = None
    metadata: tuple[tuple[str, str], ...] = ()


def parts(path: Path) -> Iterator[Part]:
    """Every document in a file; one that cannot be read is given with its reason. Raises DocumentError as ``load``."""
    yield Part("", load(path), modified=path.stat().st_mtime)


def load(path: Path) -> Document:
    """The document in a file, read by the format its suffix names.

    Raises DocumentError (one line that begins with the path) for what cannot be found, read or understood.
    """
    name = _shown(path)
    mode = _status(path, name).st_mode
    if not stat.S_ISREG(mode):
        raise _no_file(path, name)
    kind = _format(path, name)
    try:
        with path.open("rb") as file:
            data = file.read(kind.max_bytes + 1)
    except OSError as error:
        raise _unreadable(name, error) from error
    return _parse(kind, data, name)


def parse(data: bytes, name: str) -> Document:
    """The document in ``data``, an upload called ``name``; raises DocumentError as ``load`` does."""
    shown = _shown(name)
    return _parse(_format(PurePath(name), shown), data, shown)


def _parse(kind: Format, data: bytes, name: str) -> Document:
    if len(data) > kind.max_bytes:
        limit = kind.max_bytes // (1024 * 1024)
        raise DocumentError(f"{name}: larger than {limit} MB, the limit for {kind.name}; split it into parts")
    return kind.parse(data, name)


def format_of(path: PurePath | str) -> Format | None:
    """The format that the path's suffix names, or None."""
    return FORMATS.get(PurePath(path).suffix.lower())


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder, not a file of a known format; raises DocumentError when it is neither."""
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
    except ValueError as error:  # a zero character in the path
        raise DocumentError(f"no such file or folder: {name}") from error


def _unreadable(name: str, error: OSError) -> DocumentError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DocumentError(f"no such file or folder: {name}")
    if isinstance(error, PermissionError):
        return DocumentError(f"{name}: no permission to read it; change its permissions or owner")
    return DocumentError(f"{name}: cannot be read ({error.strerror})")


def _no_file(path: Path, name: str) -> DocumentError:
    """Why a path that is no file cannot be loaded: a folder that may not be listed says so."""
    if not path.is_dir():
        return DocumentError(f"{name}: not a file")
    try:
        os.scandir(path).close()
    except OSError as error:
        return _unreadable(name, error)
    return DocumentError(f"{name}: not a file but a folder")


def _format(path: PurePath, name: str) -> Format:
    known = FORMATS.get(path.suffix.lower())
    if known is None:
        raise DocumentError(f"{name}: unknown format; the known ones are {', '.join(FORMATS)}")
    return known


def sample_paths() -> list[Path]:
    """The documents that come with Refdesk: an article, and a guide to Refdesk itself."""
    folder = Path(str(files("documents"))) / "samples"
    return sorted(path for path in folder.iterdir() if path.suffix in FORMATS)
