"""Which files were read, so that one that is as it was is not read again.

A row is only a note: what the store holds is asked as well, so a note that is missing or out of date costs a reading,
never an answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from documents.document import Document, Source
from documents.load import format_of
from documents.workers import NO_OPTIONS, Options

if TYPE_CHECKING:
    from index.snapshot import Snapshot
    from index.store import Transaction

SCHEMA = """
CREATE TABLE files (
    path TEXT NOT NULL, collection TEXT NOT NULL, owner TEXT NOT NULL,
    digest TEXT NOT NULL,  -- SHA-256 of its bytes
    reading TEXT NOT NULL,  -- what read it: see reading()
    modified REAL NOT NULL,
    parts INTEGER NOT NULL, failed TEXT NOT NULL,  -- how many documents it gave, and [name, reason] of those it did not
    PRIMARY KEY (path, collection, owner)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A file's path, and whose it is."""

    path: str
    collection: str
    owner: str | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Its primary key."""
        return self.path, self.collection, self.owner or ""


@dataclass(frozen=True, slots=True)
class Note:
    """How a file was when it was read, and what came out of it."""

    digest: str
    reading: str
    modified: float
    parts: int
    failed: tuple[tuple[str, str], ...] = ()


def look(path: Path) -> tuple[str, float] | None:
    """SHA-256 of the file's bytes and its date; None where there is nothing to be read."""
    kind = format_of(path)
    try:
        if kind is None or not path.is_file():
            return None
        status = path.stat()
        if status.st_size > kind.max_bytes:  # reading it tells why it is refused
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), status.st_mtime
    except (OSError, ValueError):
        return None


def reading(options: Options = NO_OPTIONS) -> str:
    """Names what reads files now: other options or another version of a parser may read the same bytes otherwise."""
    return hashlib.sha256(f"{_parsers()} {json.dumps(sorted(options.items()))}".encode()).hexdigest()[:16]


@cache
def _parsers() -> str:
    digest = hashlib.sha256()
    folder = Path(str(files("documents")))
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def note_of(snapshot: Snapshot, place: Place) -> Note | None:
    """What is noted of the file."""
    row = snapshot.db.execute(
        "SELECT digest, reading, modified, parts, failed FROM files WHERE path = ? AND collection = ? AND owner = ?",
        place.key,
    ).fetchone()
    if row is None:
        return None
    try:
        digest, reading, modified, parts, failed = row
        return Note(digest, reading, modified, parts, tuple((str(name), str(why)) for name, why in json.loads(failed)))
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"the note of {place.path} cannot be read") from error


def sources_in(snapshot: Snapshot, place: Place) -> dict[str, tuple[str, str]]:
    """The paths of the sources that the file gave, each with its document's id and the splitter that split it."""
    inside = place.path + os.sep
    rows = snapshot.db.execute(
        "SELECT path, id, splitter FROM sources JOIN documents ON id = document"
        " WHERE collection = ?2 AND owner = ?3 AND (path = ?1 OR (path > ?4 AND path < ?5)) ORDER BY path",
        (*place.key, inside, inside[:-1] + chr(ord(os.sep) + 1)),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def keep(transaction: Transaction, place: Place, note: Note) -> None:
    """Note how the file was read."""
    transaction.db.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*place.key, note.digest, note.reading, note.modified, note.parts, json.dumps(note.failed)),
    )


def date(transaction: Transaction, place: Place, before: float, now: float) -> None:
    """The file has a new date and the same bytes: so have the sources that had its date."""
    inside = place.path + os.sep
    transaction.db.execute("UPDATE files SET modified = ?4 WHERE path = ?1 AND collection = ?2 AND owner = ?3",
                           (*place.key, now))  # fmt: skip
    transaction.db.execute(
        "UPDATE sources SET modified = ?4 WHERE collection = ?2 AND owner = ?3 AND modified = ?5"
        " AND (path = ?1 OR (path > ?6 AND path < ?7))",
        (*place.key, now, before, inside, inside[:-1] + chr(ord(os.sep) + 1)),
    )


def forget(transaction: Transaction, source: Source) -> None:
    """Drop the note of the file that gave ``source``: if it is there still, it is to be read again."""
    path = Path(source.path)
    rows = [(str(file), source.collection, source.owner or "") for file in (path, *path.parents)]
    transaction.db.executemany("DELETE FROM files WHERE path = ? AND collection = ? AND owner = ?", rows)


def as_others_have_it(snapshot: Snapshot, source: Source, document: Document) -> tuple[Document, str] | None:
    """The document, and what split it, as it is known already, where it is not its owner's alone.

    What a visitor brings must not change titles, sections and pages of everyone's document with the same text.
    """
    if source.owner is None:
        return None
    row = snapshot.db.execute(
        "SELECT splitter FROM documents WHERE id = ?1"
        " AND EXISTS (SELECT 1 FROM sources WHERE document = ?1 AND owner != ?2)",
        (document.id, source.owner),
    ).fetchone()
    shared = snapshot.document(document.id) if row else None
    return (shared, row[0]) if shared else None


def size(path: Path) -> int | None:
    """The file's bytes; None where there is no such file, or nobody may know."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def is_gone(path: Path) -> bool:
    """Whether neither this file is there nor, where it is the member of one, the file that holds it."""
    return not any(size(file) is not None for file in (path, *path.parents))


def place(path: Path) -> Path:
    """The one way to write a path, from wherever it was named."""
    return Path(os.path.normpath(path.absolute()))


def as_text(path: Path) -> str:
    """The path as text; bytes in it that are none become question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def is_under(source_path: str, path: Path) -> bool:
    """Whether the source is the file or folder ``path``, or lies in it."""
    return Path(source_path).is_relative_to(place(path))
