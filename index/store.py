"""The truth: one SQLite file with sources, documents, chunks and their embeddings.

Every change is one transaction that also raises the generation number, so that a process killed at any moment leaves
the state before it or the state after it. What is derived from the truth (``index.vectors``, ``index.lexical``) carries
the *state* it was built from: a hash chained over the embedder and all changes, so that equal states hold equal chunks,
and a store that was deleted and made anew is another. What is only behind catches up: ``history`` and ``dropped`` tell
what has changed since any of the last states.

Embeddings are kept by the SHA-256 of the text that was embedded: the same text is never embedded twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path

import numpy as np

from documents.document import Chunk, Document, Source
from documents.language import language_of
from index import files, near, private
from index.embed import Vectors
from index.snapshot import Snapshot, embedding_key, embedding_text, matches, source_key

FILE = "refdesk.sqlite3"
FORMAT = 6
TIMEOUT = 30  # seconds to wait for another writer
HISTORY = 10_000  # so many generations back, what is derived can catch up

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT NOT NULL, sections TEXT NOT NULL, pages TEXT NOT NULL,
    parser TEXT NOT NULL, splitter TEXT NOT NULL, language TEXT NOT NULL
);
CREATE TABLE sources (
    path TEXT NOT NULL, collection TEXT NOT NULL, owner TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents (id),
    parser TEXT NOT NULL,  -- that read this source (the same text elsewhere may have been read by another)
    modified REAL, metadata TEXT NOT NULL,
    PRIMARY KEY (path, collection, owner)
) WITHOUT ROWID;
CREATE INDEX sources_of_document ON sources (document);
CREATE INDEX owned_sources ON sources (owner) WHERE owner <> '';
CREATE TABLE embeddings (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL REFERENCES documents (id),
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, embedding TEXT NOT NULL REFERENCES embeddings (key)
);
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_embedding ON chunks (embedding);
CREATE TABLE history (generation INTEGER PRIMARY KEY, state TEXT NOT NULL, last_chunk INTEGER NOT NULL);
CREATE TABLE dropped (chunk INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE INDEX dropped_in_generation ON dropped (generation);
{files.SCHEMA}
{near.SCHEMA}
"""


class StoreError(Exception):
    """An index that cannot be used as asked. The message is one line: what is wrong and what to do."""


class Transaction(Snapshot):
    """A change: all of it is kept, or none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        self._changes = hashlib.sha256(self.state.encode())
        self._next = self.generation + 1

    def close(self) -> None:
        """Raise the generation and move the state on."""
        state = self._changes.hexdigest()
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (self._next,))
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'state'", (state,))
        self.db.execute(
            "INSERT INTO history SELECT ?, ?, coalesce(max(seq), 0) FROM sqlite_sequence", (self._next, state)
        )
        for table in ("history", "dropped"):
            self.db.execute(f"DELETE FROM {table} WHERE generation <= ?", (self._next - HISTORY,))

    def _note(self, *change: str) -> None:
        self._changes.update(json.dumps(change).encode())

    def add_embeddings(self, embeddings: Mapping[str, Vectors]) -> None:
        """Keep embeddings by key, each of shape (dimension,)."""
        rows = ((key, vector.astype(np.float32).tobytes()) for key, vector in embeddings.items())
        self.db.executemany("INSERT OR IGNORE INTO embeddings VALUES (?, ?)", rows)

    def put(
        self, source: Source, document: Document, chunks: Sequence[Chunk], splitter: str, language: str = ""
    ) -> None:
        """Make ``source`` lead to ``document``; its chunks' embeddings must be there already.

        Its language is detected where it is not given.
        """
        self._note("put", *source_key(source), document.id, document.parser, splitter)
        known = self.db.execute("SELECT splitter FROM documents WHERE id = ?", (document.id,)).fetchone()
        if known != (splitter,) or self.document(document.id) != document:
            outdated = self._chunks_of(document.id)
            self._put_document(document, chunks, splitter, language or language_of(document.text))
            self._drop_chunks(outdated)
        before = self.db.execute(
            "SELECT document FROM sources WHERE path = ? AND collection = ? AND owner = ?", source_key(source)
        ).fetchone()
        self.db.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*source_key(source), document.id, document.parser, source.modified, json.dumps(source.metadata)),
        )
        if before and before[0] != document.id:
            self._drop_if_orphan(before[0])

    def remove(self, source: Source) -> None:
        """Forget ``source``, and its document when no other source has it."""
        self._note("remove", *source_key(source))
        self.db.execute("DELETE FROM sources WHERE path = ? AND collection = ? AND owner = ?", source_key(source))
        self._drop_if_orphan(source.document_id)

    def _put_document(self, document: Document, chunks: Sequence[Chunk], splitter: str, language: str) -> None:
        self.db.execute(
            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE"
            " SET title = ?3, sections = ?4, pages = ?5, parser = ?6, splitter = ?7, language = ?8",
            (
                document.id,
                document.text,
                document.title,
                json.dumps([astuple(section) for section in document.sections], ensure_ascii=False),
                json.dumps([astuple(page) for page in document.pages]),
                document.parser,
                splitter,
                language,
            ),
        )
        self._documents.pop(document.id, None)
        self.db.executemany(
            'INSERT INTO chunks (document, "start", "end", embedding) VALUES (?, ?, ?, ?)',
            ((document.id, chunk.start, chunk.end, embedding_key(embedding_text(chunk))) for chunk in chunks),
        )

    def _drop_if_orphan(self, document_id: str) -> None:
        if self.db.execute("SELECT 1 FROM sources WHERE document = ?", (document_id,)).fetchone() is None:
            self._drop_chunks(self._chunks_of(document_id))
            self.db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            self._documents.pop(document_id, None)

    def _chunks_of(self, document_id: str) -> list[tuple[int, str]]:
        """Id and embedding key of the document's chunks."""
        return self.db.execute("SELECT id, embedding FROM chunks WHERE document = ?", (document_id,)).fetchall()

    def _drop_chunks(self, chunks: Sequence[tuple[int, str]]) -> None:
        """Drop chunks, and their embeddings where no other chunk has them."""
        self.db.executemany("DELETE FROM chunks WHERE id = ?", ((chunk_id,) for chunk_id, _ in chunks))
        self.db.executemany("INSERT INTO dropped VALUES (?, ?)", ((chunk_id, self._next) for chunk_id, _ in chunks))
        self.db.executemany(
            "DELETE FROM embeddings WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE embedding = ?1)",
            ((key,) for _, key in chunks),
        )


class Store:
    """An index folder's SQLite file. Hold it as long as you like: connections are opened for each use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE

    @property
    def exists(self) -> bool:
        """Whether an index was made here; a file left by a process killed while making one does not count."""
        if not self.path.is_file():
            return False
        with self._errors(), closing(self._reading()) as db:
            return _has_schema(db)

    def create(self, embedder: str) -> None:
        """Make an empty store for vectors of ``embedder`` (a fingerprint), unless one is there."""
        with self._errors():
            private.make_folder(self.folder)
            private.make_file(self.path)
            # SQLite gives its other files the mode of this one.
            private.keep([self.path, *self.folder.glob(f"{FILE}-*"), *self.folder.glob("vectors-*")])
            with closing(self._connect()) as db:
                _use_wal(db)
                db.execute("BEGIN IMMEDIATE")
                if not _has_schema(db):
                    for statement in _SCHEMA.split(";"):
                        db.execute(statement)
                    state = hashlib.sha256(embedder.encode()).hexdigest()
                    rows = {"format": FORMAT, "generation": 0, "embedder": embedder, "state": state}
                    db.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
                    db.execute("INSERT INTO history VALUES (0, ?, 0)", (state,))
                db.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read the store as it is now."""
        with self._errors(), closing(self._open(self._reading)) as db:
            db.execute("BEGIN")
            yield Snapshot(db)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change the store; the change is kept when the block ends, and undone when it raises."""
        with self._errors(), closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            transaction = Transaction(db)
            yield transaction
            transaction.close()
            db.execute("COMMIT")

    @property
    def writable(self) -> bool:
        """Whether files may be made in the folder."""
        return os.access(self.folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other writers, of this process and others, out for a moment; changes nothing."""
        if not self.writable:
            yield
            return
        with self._errors(), closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            yield

    def _reading(self) -> sqlite3.Connection:
        """A connection to read with; on a full disk without the files that SQLite shares a store by."""
        try:
            return self._connect()
        except sqlite3.OperationalError as error:
            log = self.path.with_name(f"{FILE}-wal")
            if not _has_no_room(error) or (log.exists() and log.stat().st_size):
                raise
            return self._connect(alone=True)  # as there is no room for these files, nobody is writing

    def _connect(self, *, alone: bool = False) -> sqlite3.Connection:
        name, is_uri = str(self.path), False
        if alone or (not self.writable and not self.path.with_name(f"{FILE}-wal").exists()):
            # Nobody is writing, and SQLite could not make the files it reads a shared store with.
            name, is_uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", True
        db = sqlite3.connect(name, timeout=TIMEOUT, isolation_level=None, check_same_thread=False, uri=is_uri)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")  # an index may be somebody else's
            db.create_function("matches", 2, matches, deterministic=True)
            db.execute("PRAGMA synchronous = NORMAL")  # reads the file, and fails where it cannot be read
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _open(self, connect: Callable[[], sqlite3.Connection] | None = None) -> sqlite3.Connection:
        """A connection to an index of this version."""
        missing = StoreError(f"there is no index in {self.folder}: make one with refdesk index PATH")
        if not self.path.is_file():  # connecting would make it
            raise missing
        db = (connect or self._connect)()
        try:
            if not _has_schema(db):
                raise missing
            found = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
            if found is None or found[0] != FORMAT:
                raise StoreError(
                    f"the index in {self.folder} is of another version: delete it and run refdesk index PATH"
                )
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Tell the database's errors in one line that says what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreError(f"another process is writing to {self.folder}: try again when it is done") from error
            if any(word in str(error) for word in ("readonly", "unable to open")):
                raise StoreError(
                    f"no permission to write to {self.folder}: change it, or choose another folder with --index"
                ) from error
            if _has_no_room(error):
                raise StoreError(
                    f"cannot write to {self.folder} ({error}): free some space or choose another folder with --index"
                ) from error
            raise StoreError(self._damaged(error)) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise StoreError(self._damaged(error)) from error
        except OSError as error:
            raise StoreError(f"cannot use {self.folder}: {error.strerror or error}") from error

    def _damaged(self, error: Exception) -> str:
        return f"the index in {self.folder} is damaged ({error}): delete it and run refdesk index PATH again"


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. Where two switch at once SQLite does not wait but fails, so we wait."""
    patience = time.monotonic() + TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def _has_no_room(error: sqlite3.OperationalError) -> bool:
    return any(word in str(error) for word in ("full", "disk I/O"))


def _has_schema(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is not None
