"""The store: one SQLite file with sources, documents, chunks and their embeddings. It is the truth of an index.

Every change is one transaction that also raises the generation number, so that a process killed at any moment leaves
the state before the change or the state after it. Derived indexes (``index.vectors``, ``index.lexical``) carry the
*state* they were built from: a hash chained over the embedder and all changes, so that equal states hold equal chunks,
and a store that is deleted and rebuilt has other states. A derived index that is behind catches up: the tables
``history`` and ``dropped`` give what changed since any of the last states.

Tables: ``index.schema``. Reading: ``index.snapshot``. Changing: ``index.transaction``.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path

from documents.errors import RefdeskError
from index import private
from index.address import DatabaseUrl
from index.database import DamageError, Database, SqliteConnection
from index.hidden import hidden_in, note_hidden
from index.passage import Scope
from index.schema import FORMAT, create_tables, has_tables
from index.searcher import Searcher
from index.snapshot import Snapshot
from index.transaction import Transaction
from index.visibility import matches

FILE = "refdesk.sqlite3"
TIMEOUT = 30  # seconds to wait for another writer
READING = 3  # seconds to wait to read: writers hold up readers for moments, and others may keep the whole file locked
ATTEMPTS = 5  # at what may be done twice, while a database's server goes away in each
HISTORY = 10_000  # generations back from which a derived index can catch up
UNFINISHED = "unfinished"  # the key in ``meta`` of a store that is being copied: the state of what it is a copy of

# How the names of SQLite's result codes begin (https://sqlite.org/rescode.html), by what there is to do about them.
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_NOT_ALLOWED = ("SQLITE_READONLY", "SQLITE_CANTOPEN")
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR")


class StoreError(RefdeskError):
    """An index that cannot be used as asked. The message is one line: what is wrong and what to do."""


class ConnectionLostError(StoreError):
    """The server of a database went away, with what was not committed: what may be done twice can be tried again."""


class BusyError(StoreError):
    """Another writer took too long: what is to be written can be tried again when it is done."""


class EmptyIndexError(StoreError):
    """An index without documents, of which nothing can be asked."""


class _SqliteFile:
    """How a SQLite file is opened, and what its errors mean."""

    def __init__(self, folder: Path, wait_to_read: float) -> None:
        self.folder = folder
        self.path = folder / FILE
        self._wait_to_read = wait_to_read

    @property
    def is_writable(self) -> bool:
        """Whether this process may create files in the folder."""
        return os.access(self.folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)

    def reading(self) -> SqliteConnection:
        """A connection for reading; on a full disk, one that needs none of SQLite's files for sharing a database."""
        try:
            return self.connect(self._wait_to_read)
        except sqlite3.OperationalError as error:
            log = self.path.with_name(f"{FILE}-wal")
            if not _is(error, _NO_ROOM) or (log.exists() and log.stat().st_size):
                raise
            return self.connect(self._wait_to_read, alone=True)  # where these files find no room nobody is writing

    def connect(self, wait: float = TIMEOUT, *, alone: bool = False) -> SqliteConnection:
        """A connection that waits so many seconds for others; ``alone``: as if there were none."""
        name, is_uri = str(self.path), False
        if alone or (not self.is_writable and not self.path.with_name(f"{FILE}-wal").exists()):
            # Nobody is writing, and SQLite could not create the files that it reads a shared database with.
            name, is_uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", True
        db = sqlite3.connect(
            name, timeout=wait, isolation_level=None, check_same_thread=False, uri=is_uri, factory=SqliteConnection
        )
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")  # an index may be somebody else's
            db.create_function("matches", 2, matches, deterministic=True)
            db.execute("PRAGMA synchronous = NORMAL")  # reads the file, and fails where it cannot be read
        except sqlite3.Error:
            db.close()
            raise
        return db

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn errors of the database and the disk into a StoreError, one line that says what to do."""
        try:
            yield
        except (sqlite3.DatabaseError, DamageError, UnicodeDecodeError) as error:
            raise StoreError(self._explained(error)) from error
        except OSError as error:
            raise StoreError(f"cannot use {self.folder}: {error.strerror or error}") from error

    def _explained(self, error: Exception) -> str:
        if _is(error, _BUSY):
            return f"another process is writing to {self.folder}: try again when it is done"
        if _is(error, _NOT_ALLOWED):
            return f"no permission to write to {self.folder}: change it, or choose another folder with --index"
        if _is(error, _NO_ROOM):
            return f"cannot write to {self.folder} ({error}): free some space or choose another folder with --index"
        return f"the index in {self.folder} is damaged ({error}): delete it and run refdesk index PATH again"


class Store:
    """An index folder's SQLite file. It holds no connection: one is opened for each use. Threads may share it."""

    def __init__(
        self, folder: Path, *, history: int = HISTORY, unfinished: bool = False, reading: float = READING
    ) -> None:
        """``unfinished``: it is one that is still being copied (``index.transfer``), and not yet an index.

        ``reading``: for how many seconds a reader waits where the file is locked.
        """
        self.folder = folder
        self._history = history
        self._unfinished = unfinished
        self._file = _SqliteFile(folder, reading)
        self.path = self._file.path

    @property
    def name(self) -> str:
        """What the index is called in messages."""
        return str(self.folder)

    @property
    def exists(self) -> bool:
        """Whether there is an index; the file left by a process that was killed while creating one is none."""
        if not self.path.is_file():
            return False
        with self._file.errors(), closing(self._file.reading()) as db:
            return has_tables(db)

    def create(self, embedder: str) -> None:
        """Create an empty store for vectors of ``embedder`` (a fingerprint); a store that is there stays as it is."""
        with self._file.errors():
            private.make_folder(self.folder)
            private.make_file(self.path)
            # SQLite gives its other files the mode of this one.
            private.keep([self.path, *self.folder.glob(f"{FILE}-*"), *self.folder.glob("vectors-*")])
            with closing(self._file.connect()) as db:
                _use_wal(db)
                db.execute("BEGIN IMMEDIATE")
                if not has_tables(db):
                    create_tables(db)
                    state = first_state(embedder)
                    rows: dict[str, int | str] = {
                        "format": FORMAT, "generation": 0, "embedder": embedder, "state": state
                    }  # fmt: skip
                    if self._unfinished:
                        rows[UNFINISHED] = ""
                    db.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
                    db.execute("INSERT INTO history VALUES (0, ?, 0)", (state,))
                db.execute("COMMIT")

    @contextmanager
    def snapshot(self, scope: Scope | None = None) -> Iterator[Snapshot]:  # noqa: ARG002
        """Read the store as it is now, whatever others write before the block ends.

        A database that can do so shows no more than ``scope`` may see (``Snapshot.limit_to``); None: everything.
        """
        with self._file.errors(), closing(self._open(self._file.reading)) as db:
            db.execute("BEGIN")
            yield Snapshot(db)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change the store; the change is kept when the block ends, and undone when it raises."""
        with self._file.errors(), closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            transaction = Transaction(db, self._history)
            yield transaction
            transaction.close()
            db.execute("COMMIT")

    def kept_open(self) -> AbstractContextManager[object]:
        """Keep a connection open: whenever the last one closes, SQLite copies its whole log into the file."""
        return self.snapshot()

    def searcher(self, snapshot: Snapshot) -> Searcher | None:  # noqa: ARG002
        """What searches the snapshot, where the store does so itself; None: the derived indexes do."""
        return None

    def refresh(self) -> bool:
        """Bring up to date what the store is searched by; False: the derived indexes are searched."""
        return False

    @property
    def is_scoped(self) -> bool:
        """Whether the database itself limits a snapshot to its scope; a file does not."""
        return False

    @property
    def is_open_to_functions(self) -> bool:
        """Whether others could define functions that the store's own statements call; in a file nobody can."""
        return False

    @property
    def writable(self) -> bool:
        """Whether this process may create files in the folder."""
        return self._file.is_writable

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep all other writers out while the block runs; changes nothing."""
        if not self.writable:
            yield
            return
        with self._file.errors(), closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            yield

    def copy_to(self, path: Path) -> None:
        """Copy the store as it is now to the new file ``path``, whatever others write meanwhile."""
        with self._file.errors(), closing(self._open(self._file.reading)) as db:
            private.make_file(path)
            with closing(sqlite3.connect(path)) as copy:
                db.backup(copy)  # in one step: in several, each change would make it begin again

    @property
    def size(self) -> int:
        """The bytes that the index takes, with what is kept beside it."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def hidden(self) -> frozenset[str]:
        """The collections that only some may see, as it is noted (``index.hidden``); none where there is no index."""
        if not self.path.is_file():
            return frozenset()
        with self._file.errors(), closing(self._file.reading()) as db:
            return hidden_in(db) if has_tables(db) else frozenset()

    def hide(self, collections: Iterable[str]) -> None:
        """Note that only some may see these collections, too; nothing where there is no index."""
        if (wanted := frozenset(collections) - self.hidden()) and self.exists:
            with self._noting() as db:
                note_hidden(db, hidden_in(db) | wanted)

    def share(self, collections: Iterable[str]) -> None:
        """Note that everyone may see these collections."""
        if shared := frozenset(collections) & self.hidden():
            with self._noting() as db:
                note_hidden(db, hidden_in(db) - shared)

    @contextmanager
    def _noting(self) -> Iterator[Database]:
        """What is noted beside the documents, to change: the state of the store stays what it is."""
        with self._file.errors(), closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    def migrate(self) -> tuple[int, int]:
        """Bring an index of an earlier version to this one; returns the versions before and after.

        Raises:
            StoreError: there is none, or it is of another version, from which no way leads to this one.
        """
        with self.snapshot():
            return FORMAT, FORMAT

    def partition(self, parts: int = 1, shards: Sequence[DatabaseUrl] = ()) -> None:  # noqa: ARG002
        """Keep what is searched in so many parts, or in one on each of the shards.

        Raises:
            StoreError: this is a folder, or a shard cannot be used.
        """
        raise StoreError(f"{self.name} is a folder: only an index in a database has parts")

    def vacuum(self) -> None:
        """Keep nothing in the file of what was deleted."""
        with self._file.errors(), closing(self._open()) as db:
            db.execute("VACUUM")

    def _open(self, connect: Callable[[], SqliteConnection] | None = None) -> SqliteConnection:
        """A connection to an index of this version."""
        missing = StoreError(f"there is no index in {self.folder}: make one with refdesk index PATH")
        if not self.path.is_file():  # connecting would make it
            raise missing
        db = (connect or self._file.connect)()
        try:
            if not has_tables(db):
                raise missing
            found = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('format', ?)", (UNFINISHED,)))
            if found.get("format") != FORMAT:
                raise StoreError(
                    f"the index in {self.folder} is of another version: delete it and run refdesk index PATH"
                )
            self._check_finished(UNFINISHED not in found)
        except BaseException:
            db.close()
            raise
        return db

    def _check_finished(self, is_finished: bool) -> None:
        """
        Raises:
            StoreError: it is an unfinished copy, or none where one is wanted.
        """
        if not (is_finished or self._unfinished):
            raise StoreError(f"{self.name} holds an unfinished copy of an index: run refdesk copy again, or delete it")
        if is_finished and self._unfinished:
            raise StoreError(f"there is an index in {self.name} already: copy to a new folder or an empty database")


def attempts() -> Iterator[AbstractContextManager[None]]:
    """Up to ``ATTEMPTS`` blocks for what may be done twice: where it was done, the loop over them is left.

    A block in which the server of a database went away ends and another begins; the last one raises. The store waits
    for a server by itself.
    """
    for left in reversed(range(ATTEMPTS)):
        yield suppress(ConnectionLostError) if left else nullcontext()


def first_state(embedder: str) -> str:
    """The state of an empty store for the vectors of ``embedder``."""
    return hashlib.sha256(embedder.encode()).hexdigest()


def _is(error: Exception, names: tuple[str, ...]) -> bool:
    """Whether SQLite gave the error with one of these result codes; errors of other origins have no code."""
    return getattr(error, "sqlite_errorname", "").startswith(names)


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite itself does not wait while another connection does the same."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not _is(error, _BUSY) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
