"""The truth: one SQLite file with sources, documents, chunks and their embeddings.

Every change is one transaction that also raises the generation number, so that a process killed at any
moment leaves the state before it or the state after it. The lexical index is a table of the same file. What is
derived from the truth (``index.vectors``) carries the *state* it was built from: a hash chained over the embedder and
all changes, so that equal states hold equal chunks, and a store that was deleted and made anew is another.

Embeddings are kept by the SHA-256 of the text that was embedded: the same text is never embedded twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from documents.document import Chunk, Document, Page, Section, Source
from index import files, lexical, near
from index.embed import Vectors
from index.passage import Scope

FILE = "refdesk.sqlite3"
FORMAT = 5
TIMEOUT = 30  # seconds to wait for another writer

T = TypeVar("T")

_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT NOT NULL, sections TEXT NOT NULL, pages TEXT NOT NULL,
    parser TEXT NOT NULL, splitter TEXT NOT NULL
);
CREATE TABLE sources (
    path TEXT NOT NULL, collection TEXT NOT NULL, owner TEXT NOT NULL,
    document TEXT NOT NULL REFERENCES documents (id),
    parser TEXT NOT NULL,  -- that read this source (the same text elsewhere may have been read by another)
    modified REAL, metadata TEXT NOT NULL,
    PRIMARY KEY (path, collection, owner)
) WITHOUT ROWID;
CREATE INDEX sources_of_document ON sources (document);
CREATE TABLE embeddings (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL REFERENCES documents (id),
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, embedding TEXT NOT NULL REFERENCES embeddings (key)
);
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_embedding ON chunks (embedding);
{lexical.SCHEMA}
{files.SCHEMA}
{near.SCHEMA}
"""

_SOURCE = "path, document, collection, owner, modified, metadata"
_VISIBLE = "(:collection IS NULL OR collection = :collection) AND owner IN ('', :owner)"


class StoreError(Exception):
    """An index that cannot be used as asked. The message is one line: what is wrong and what to do."""


def embedding_text(chunk: Chunk) -> str:
    """What is embedded and lexically indexed for a chunk: its context, then its text."""
    return f"{chunk.context}\n{chunk.text}" if chunk.context else chunk.text


def embedding_key(text: str) -> str:
    """The name an embedding of ``text`` is kept under."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Snapshot:
    """The store at one moment: what it reads stays as it was, whatever others write meanwhile."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self._documents: dict[str, Document] = {}

    def _meta(self, key: str) -> Any:
        return _found(self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone(), f"its {key}")[0]

    @property
    def generation(self) -> int:
        """Raised by every change."""
        return int(self._meta("generation"))

    @property
    def state(self) -> str:
        """Names all that the store holds; see the module's docstring."""
        return str(self._meta("state"))

    @property
    def embedder(self) -> str:
        """Fingerprint of the embedder that made every vector here."""
        return str(self._meta("embedder"))

    def count(self, table: str) -> int:
        """Rows of "documents", "sources", "chunks" or "embeddings"."""
        return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def sources(self, scope: Scope | None = None) -> list[Source]:
        """The sources that ``scope`` may see (None: all), by path."""
        where, values = ("1", {}) if scope is None else (_VISIBLE, _values(scope))
        rows = self.db.execute(f"SELECT {_SOURCE} FROM sources WHERE {where} ORDER BY path, collection, owner", values)
        return [_source(row) for row in rows]

    def made_of(self, source: Source) -> tuple[str, str, str] | None:
        """What ``source``'s place leads to now: document id, parser, splitter; None when it is not here."""
        row = self.db.execute(
            "SELECT id, sources.parser, splitter FROM sources JOIN documents ON id = document"
            " WHERE path = ? AND collection = ? AND owner = ?",
            _key(source),
        ).fetchone()
        return (row[0], row[1], row[2]) if row else None

    def document(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        if document_id not in self._documents:
            row = self.db.execute(
                "SELECT text, title, sections, pages, parser FROM documents WHERE id = ?", (document_id,)
            ).fetchone()
            if row is None:
                return None
            try:
                sections = tuple(Section(*fields) for fields in json.loads(row[2]))
                pages = tuple(Page(*fields) for fields in json.loads(row[3]))
                document = Document(row[0], row[1], sections, pages, row[4])
            except (TypeError, ValueError, AttributeError) as error:
                raise sqlite3.DatabaseError(f"document {document_id[:19]}… cannot be read") from error
            if document.id != document_id:
                raise sqlite3.DatabaseError(f"the text of document {document_id[:19]}… has changed")
            self._documents[document_id] = document
        return self._documents[document_id]

    def chunk(self, chunk_id: int) -> Chunk:
        """The chunk of that id, which must exist."""
        row = self.db.execute('SELECT document, "start", "end" FROM chunks WHERE id = ?', (chunk_id,)).fetchone()
        document_id, start, end = _found(row, f"passage {chunk_id}")
        return Chunk(_found(self.document(document_id), f"document {document_id[:19]}…"), start, end)

    def source_of(self, document_id: str, scope: Scope) -> Source:
        """The first source, by path, through which ``scope`` sees the document."""
        row = self.db.execute(
            f"SELECT {_SOURCE} FROM sources WHERE document = :document AND {_VISIBLE}"
            " ORDER BY path, collection, owner LIMIT 1",
            {"document": document_id, **_values(scope)},
        ).fetchone()
        return _source(_found(row, f"the source of document {document_id[:19]}…"))

    def visible_chunks(self, scope: Scope) -> NDArray[np.int64] | None:
        """Ids of the chunks that ``scope`` may see, or None when it may see all of them."""
        hidden = self.db.execute(f"SELECT 1 FROM sources WHERE NOT ({_VISIBLE}) LIMIT 1", _values(scope)).fetchone()
        if hidden is None:
            return None
        rows = self.db.execute(
            f"SELECT id FROM chunks WHERE document IN (SELECT document FROM sources WHERE {_VISIBLE})", _values(scope)
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def vectors(self) -> tuple[NDArray[np.int64], Vectors]:
        """Every chunk's id and embedding: shapes (n,) and (n, dimension)."""
        rows = self.db.execute(
            "SELECT id, vector FROM chunks JOIN embeddings ON key = embedding ORDER BY id"
        ).fetchall()
        ids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
        try:
            vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float32)
            return ids, vectors.reshape(len(rows), -1) if rows else vectors.reshape(0, 0)
        except (TypeError, ValueError) as error:
            raise sqlite3.DatabaseError("its vectors cannot be read") from error

    def known_embeddings(self, keys: Sequence[str]) -> set[str]:
        """Which of ``keys`` have been embedded before."""
        found = self.db.execute(
            "SELECT key FROM embeddings WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
        )
        return {row[0] for row in found}


class Transaction(Snapshot):
    """A change: all of it is kept, or none."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(db)
        self._changes = hashlib.sha256(self.state.encode())

    def close(self) -> None:
        """Raise the generation and move the state on."""
        self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'state'", (self._changes.hexdigest(),))

    def _note(self, *change: str) -> None:
        self._changes.update(json.dumps(change).encode())

    def add_embeddings(self, embeddings: Mapping[str, Vectors]) -> None:
        """Keep embeddings by key, each of shape (dimension,)."""
        rows = ((key, vector.astype(np.float32).tobytes()) for key, vector in embeddings.items())
        self.db.executemany("INSERT OR IGNORE INTO embeddings VALUES (?, ?)", rows)

    def put(self, source: Source, document: Document, chunks: Sequence[Chunk], splitter: str) -> None:
        """Make ``source`` lead to ``document``; its chunks' embeddings must be there already."""
        self._note("put", *_key(source), document.id, document.parser, splitter)
        known = self.db.execute("SELECT parser, splitter FROM documents WHERE id = ?", (document.id,)).fetchone()
        if known != (document.parser, splitter):
            outdated = self._indexed_chunks(document.id)
            self._put_document(document, chunks, splitter)
            self._drop_chunks(outdated)
        before = self.db.execute(
            "SELECT document FROM sources WHERE path = ? AND collection = ? AND owner = ?", _key(source)
        ).fetchone()
        self.db.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_key(source), document.id, document.parser, source.modified, json.dumps(source.metadata)),
        )
        if before and before[0] != document.id:
            self._drop_if_orphan(before[0])

    def remove(self, source: Source) -> None:
        """Forget ``source``, and its document when no other source has it."""
        self._note("remove", *_key(source))
        self.db.execute("DELETE FROM sources WHERE path = ? AND collection = ? AND owner = ?", _key(source))
        self._drop_if_orphan(source.document_id)

    def _put_document(self, document: Document, chunks: Sequence[Chunk], splitter: str) -> None:
        self.db.execute(
            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE"
            " SET title = ?3, sections = ?4, pages = ?5, parser = ?6, splitter = ?7",
            (
                document.id,
                document.text,
                document.title,
                json.dumps([astuple(section) for section in document.sections], ensure_ascii=False),
                json.dumps([astuple(page) for page in document.pages]),
                document.parser,
                splitter,
            ),
        )
        self._documents.pop(document.id, None)
        rows = []
        for chunk in chunks:
            text = embedding_text(chunk)
            cursor = self.db.execute(
                'INSERT INTO chunks (document, "start", "end", embedding) VALUES (?, ?, ?, ?)',
                (document.id, chunk.start, chunk.end, embedding_key(text)),
            )
            rows.append((int(cursor.lastrowid or 0), text))
        lexical.add(self.db, rows)

    def _drop_if_orphan(self, document_id: str) -> None:
        if self.db.execute("SELECT 1 FROM sources WHERE document = ?", (document_id,)).fetchone() is None:
            self._drop_chunks(self._indexed_chunks(document_id))
            self.db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            self._documents.pop(document_id, None)

    def _indexed_chunks(self, document_id: str) -> list[tuple[int, str, str]]:
        """Id, embedding key and indexed text of the document's chunks."""
        rows = self.db.execute("SELECT id, embedding FROM chunks WHERE document = ?", (document_id,)).fetchall()
        return [(chunk_id, key, embedding_text(self.chunk(chunk_id))) for chunk_id, key in rows]

    def _drop_chunks(self, chunks: Sequence[tuple[int, str, str]]) -> None:
        """Drop chunks, and their embeddings where no other chunk has them."""
        lexical.remove(self.db, ((chunk_id, text) for chunk_id, _, text in chunks))
        self.db.executemany("DELETE FROM chunks WHERE id = ?", ((chunk_id,) for chunk_id, _, _ in chunks))
        self.db.executemany(
            "DELETE FROM embeddings WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE embedding = ?1)",
            ((key,) for _, key, _ in chunks),
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
        with self._errors(), closing(self._connect()) as db:
            return _has_schema(db)

    def create(self, embedder: str) -> None:
        """Make an empty store for vectors of ``embedder`` (a fingerprint), unless one is there."""
        with self._errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as db:
                _use_wal(db)
                db.execute("BEGIN IMMEDIATE")
                if not _has_schema(db):
                    for statement in _SCHEMA.split(";"):
                        db.execute(statement)
                    state = hashlib.sha256(embedder.encode()).hexdigest()
                    rows = {"format": FORMAT, "generation": 0, "embedder": embedder, "state": state}
                    db.executemany("INSERT INTO meta VALUES (?, ?)", rows.items())
                db.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read the store as it is now."""
        with self._errors(), closing(self._open()) as db:
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

    def _connect(self) -> sqlite3.Connection:
        name, is_uri = str(self.path), False
        may_write = os.access(self.folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
        if not may_write and not self.path.with_name(f"{FILE}-wal").exists():
            # Nobody is writing, and SQLite could not make the files it reads a shared store with.
            name, is_uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", True
        db = sqlite3.connect(name, timeout=TIMEOUT, isolation_level=None, check_same_thread=False, uri=is_uri)
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    def _open(self) -> sqlite3.Connection:
        if not self.exists:
            raise StoreError(f"there is no index in {self.folder}: make one with refdesk index PATH")
        db = self._connect()
        found = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if found is None or found[0] != FORMAT:
            db.close()
            raise StoreError(f"the index in {self.folder} is of another version: delete it and run refdesk index PATH")
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
            if any(word in str(error) for word in ("full", "disk I/O")):
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


def _found(row: T | None, what: str) -> T:
    """``row``, which the store's own references lead to."""
    if row is None:
        raise sqlite3.DatabaseError(f"{what} is missing")
    return row


def _source(row: tuple[Any, ...]) -> Source:
    path, document, collection, owner, modified, metadata = row
    try:
        fields = tuple((str(name), str(value)) for name, value in json.loads(metadata))
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"the metadata of {path} cannot be read") from error
    return Source(path, document, collection, owner or None, modified, fields)


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


def _has_schema(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is not None


def _values(scope: Scope) -> dict[str, str | None]:
    return {"collection": scope.collection, "owner": scope.owner or ""}


def _key(source: Source) -> tuple[str, str, str]:
    return source.path, source.collection, source.owner or ""
