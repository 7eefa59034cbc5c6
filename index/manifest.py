"""The manifest: how each file was when it was last read, so that an unchanged file is not read again.

The store's own content is compared as well (``sources_in``), so a record that is missing or out of date costs one more
reading and never a wrong answer.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import documents
from documents.document import Source
from documents.load import format_of
from documents.workers import NO_OPTIONS, Options
from index.database import DamageError
from index.snapshot import Snapshot
from index.transaction import Transaction

# The sources that come from a file: its own, and those of its members. By itself SQLite would walk the whole collection
# for each file, as it knows nothing of how many sources that has.
_BY_PATH = "INDEXED BY sqlite_autoindex_sources_1 "
_OF_FILE = "collection = ?2 AND owner = ?3 AND (path = ?1 OR (path > ?4 AND path < ?5))"


@dataclass(frozen=True, slots=True)
class FileKey:
    """What a record is kept under: the file's path, its collection and its owner (None: everyone)."""

    path: str
    collection: str
    owner: str | None

    @property
    def columns(self) -> tuple[str, str, str]:
        """The primary key of its row."""
        return self.path, self.collection, self.owner or ""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """How a file was when it was read, and what came out of it.

    ``digest`` is the SHA-256 of its bytes, ``reading`` a ``reading_fingerprint`` ("": not all that was read is kept),
    ``modified`` seconds since 1970, ``parts`` the number of its documents, ``failed`` the name and the reason of each
    member that gave none.
    """

    digest: str
    reading: str
    modified: float
    parts: int
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it is on the disk now: the SHA-256 of its bytes and its date, in seconds since 1970."""

    digest: str
    modified: float


def state_of(path: Path) -> FileState | None:
    """The file's present state; None for a file that is gone, of no known format, too large or not readable."""
    kind = format_of(path)
    try:
        if kind is None or not path.is_file():
            return None
        status = path.stat()
        if status.st_size > kind.max_bytes:  # reading the file gives the reason for refusing it
            return None
        with path.open("rb") as file:
            return FileState(hashlib.file_digest(file, "sha256").hexdigest(), status.st_mtime)
    except (OSError, ValueError):
        return None


@cache
def parsers_fingerprint() -> str:
    """Names the installed version of everything that reads files."""
    digest = hashlib.sha256()
    folder = Path(documents.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def reading_fingerprint(options: Options = NO_OPTIONS, parsers: str | None = None) -> str:
    """Names a way to read files: the same bytes give the same documents under the same fingerprint.

    ``parsers`` is the installed ``parsers_fingerprint`` unless given.
    """
    parsers = parsers_fingerprint() if parsers is None else parsers
    return hashlib.sha256(f"{parsers} {json.dumps(sorted(options.items()))}".encode()).hexdigest()[:16]


def record_of(snapshot: Snapshot, key: FileKey) -> FileRecord | None:
    """The file's record, if there is one."""
    row = snapshot.db.execute(
        "SELECT digest, reading, modified, parts, failed FROM files WHERE path = ? AND collection = ? AND owner = ?",
        key.columns,
    ).fetchone()
    if row is None:
        return None
    try:
        digest, reading, modified, parts, failed = row
        members = tuple((str(name), str(reason)) for name, reason in json.loads(failed))
        return FileRecord(digest, reading, modified, parts, members)
    except (TypeError, ValueError) as error:
        raise DamageError(f"the record of {key.path} cannot be read") from error


def sources_in(snapshot: Snapshot, key: FileKey) -> dict[str, tuple[str, str]]:
    """The sources that the file gave: (document id, splitter) by source path."""
    rows = snapshot.db.execute(
        f"SELECT path, id, splitter FROM sources {_BY_PATH}JOIN documents ON id = document WHERE {_OF_FILE}"
        " ORDER BY path",
        (*key.columns, *_range_inside(key.path)),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def save_record(transaction: Transaction, key: FileKey, record: FileRecord) -> None:
    """Store the record in place of an earlier one."""
    transaction.db.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path, collection, owner) DO UPDATE SET"
        " digest = excluded.digest, reading = excluded.reading, modified = excluded.modified, parts = excluded.parts,"
        " failed = excluded.failed",
        (*key.columns, record.digest, record.reading, record.modified, record.parts, json.dumps(record.failed)),
    )


def change_date(transaction: Transaction, key: FileKey, before: float, now: float) -> None:
    """Give the file, whose bytes are unchanged, its new date, and also its sources that had its date ``before``."""
    transaction.db.execute("UPDATE files SET modified = ?4 WHERE path = ?1 AND collection = ?2 AND owner = ?3",
                           (*key.columns, now))  # fmt: skip
    transaction.db.execute(
        f"UPDATE sources {_BY_PATH}SET modified = ?6 WHERE {_OF_FILE} AND modified = ?7",
        (*key.columns, *_range_inside(key.path), now, before),
    )


def note_removed(transaction: Transaction, source: Source) -> None:
    """Note that ``source`` was removed, so that its file is read again if it is still there.

    The file's record is kept as long as other sources come from the file: it tells whether that is still what was read.
    """
    path = Path(source.path)
    keys = [FileKey(str(file), source.collection, source.owner) for file in (path, *path.parents)]
    transaction.db.executemany(
        "UPDATE files SET reading = '' WHERE path = ? AND collection = ? AND owner = ?", (key.columns for key in keys)
    )
    transaction.db.executemany(
        "DELETE FROM files WHERE path = ?1 AND collection = ?2 AND owner = ?3"
        f" AND NOT EXISTS (SELECT 1 FROM sources {_BY_PATH}WHERE {_OF_FILE})",
        ((*key.columns, *_range_inside(key.path)) for key in keys),
    )


def delete_records_of_visitors(transaction: Transaction) -> None:
    """Delete the records of all files that have an owner."""
    transaction.db.execute("DELETE FROM files WHERE owner <> ''")


def move_records(transaction: Transaction, before: str, now: str) -> None:
    """Keep the records of the files in the folder ``before`` as those of the same files in the folder ``now``."""
    transaction.db.execute(
        "UPDATE files SET path = ?3 || substr(path, length(?1) + 1) WHERE path > ?1 || ?4 AND path < ?2",
        (before, _range_inside(before)[1], now, os.sep),
    )


def _range_inside(path: str) -> tuple[str, str]:
    """Two bounds: the paths of the file's members, and no others, sort between them."""
    return path + os.sep, path + chr(ord(os.sep) + 1)
