"""Changing the store: all that a transaction does is kept together, or none of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from documents.document import Chunk, Document, Source
from documents.language import language_of
from documents.structure_fields import structure_fields
from index import families
from index.database import Database
from index.embed import Vectors
from index.embedding_policy import is_embedded
from index.families import SourceKey
from index.snapshot import Snapshot, embedding_key, embedding_text, source_key


class Transaction(Snapshot):
    """A change in progress: it reads what it has written so far, and nobody else does before it ends.

    Derived indexes can catch up from each of the last ``history`` generations.
    """

    def __init__(self, db: Database, history: int) -> None:
        super().__init__(db)
        self._history = history
        self._changes = hashlib.sha256(self.state.encode())
        self._next = self.generation + 1
        self._last = self._last_chunk()
        self._joining: set[SourceKey] = set()  # sources that may belong to another family now
        self._left: set[tuple[str, str]] = set()  # collections and families that lost a source
        self._let_go: set[str] = set()  # keys of embeddings that lost a chunk

    def close(self) -> None:
        """Settle the families, drop what is left over, raise the generation and set the new state; the caller commits.

        An embedding that a document lets go may be that of another one which is put after it.
        """
        self.db.executemany(
            "DELETE FROM embeddings WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE embedding = ?1)",
            ((key,) for key in sorted(self._let_go)),
        )
        for collection, family in sorted(self._left):
            self._joining.update(families.dissolve(self.db, collection, family))
        for key in sorted(self._joining):
            families.join(self.db, key)
        state = self._changes.hexdigest()
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(self._next),))
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'state'", (state,))
        self.db.execute("INSERT INTO history VALUES (?, ?, ?)", (self._next, state, self._last))
        for table in ("history", "dropped"):
            self.db.execute(f"DELETE FROM {table} WHERE generation <= ?", (self._next - self._history,))

    def _last_chunk(self) -> int:
        """The highest id that a chunk ever had: ids are not used again."""
        return int(self.db.execute("SELECT coalesce(max(last_chunk), 0) FROM history").fetchone()[0])

    def _log(self, *change: str) -> None:
        """Chain the change into the new state."""
        self._changes.update(json.dumps(change).encode())

    def add_embeddings(self, embeddings: Mapping[str, Vectors]) -> None:
        """Keep embeddings by key, each of shape (dimension,)."""
        rows = ((key, vector.astype(np.float32).tobytes()) for key, vector in embeddings.items())
        self.db.executemany("INSERT INTO embeddings VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def clear(self, tables: Sequence[str]) -> None:
        """Delete all rows of the tables, each after those that refer to it."""
        self._log("clear", *tables)
        for table in tables:
            self.db.execute(f"DELETE FROM {table}")

    def add_rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows of a table as another store holds them; chunks in the order of their ids (``index.transfer``)."""
        self._log("rows", table, hashlib.sha256(repr(rows).encode()).hexdigest())
        self.db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        if table == "chunks":
            self._last = rows[-1][0]

    def put(
        self, source: Source, document: Document, chunks: Sequence[Chunk], splitter: str, language: str = ""
    ) -> None:
        """Make ``source`` lead to ``document``; the chunks' embeddings must be stored already.

        The language is detected unless it is given.
        """
        self._log("put", *source_key(source), document.id, document.parser, splitter)
        known = self.db.execute("SELECT splitter FROM documents WHERE id = ?", (document.id,)).fetchone()
        if known != (splitter,) or self.document(document.id) != document:
            outdated = self._chunks_of(document.id) if known else []
            self._put_document(document, chunks, splitter, language or language_of(document.text))
            if outdated:
                self._drop_chunks(outdated)
        before = self._put_source(source, document)
        if before and before != document.id:
            self._drop_if_orphan(before)

    def _put_source(self, source: Source, document: Document) -> str:
        """Store the source; returns the id of the document that it led to before ("": none)."""
        key, edition = source_key(source), source.edition
        before = self.db.execute(
            "SELECT document, family, name, title FROM sources WHERE path = ? AND collection = ? AND owner = ?", key
        ).fetchone() or ("", "", "", "")
        is_same = before[2:] == (edition.name, edition.title)  # a changed text alone leaves a source in its family
        if before[1] and not is_same:
            self._left.add((source.collection, before[1]))
        self._joining.add(key)
        self.db.execute("DELETE FROM sources WHERE path = ? AND collection = ? AND owner = ?", key)
        self.db.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*key, document.id, document.parser, source.modified, json.dumps(source.metadata), *astuple(edition),
             families.folder_of(source), before[1] if is_same else ""),
        )  # fmt: skip
        return str(before[0])

    def relate(self, source: Source, other: str) -> None:
        """Record that the source's document and the document ``other`` are near-duplicates."""
        pairs = ((source.document_id, other), (other, source.document_id))
        self.db.executemany("INSERT INTO alike VALUES (?, ?) ON CONFLICT DO NOTHING", pairs)
        self._joining.add(source_key(source))

    def remove(self, source: Source) -> str:
        """Remove ``source``, and its document when no other source leads to it.

        Returns the id of that document ("": there was no such source), which may no longer be the one that ``source``
        names: another process may have stored it anew since it was read.
        """
        self._log("remove", *source_key(source))
        found = self.db.execute(
            "SELECT collection, family, document FROM sources WHERE path = ? AND collection = ? AND owner = ?",
            source_key(source),
        ).fetchone()
        if found is None:
            return ""
        collection, family, document = found
        self._left.add((collection, family))
        self.db.execute("DELETE FROM sources WHERE path = ? AND collection = ? AND owner = ?", source_key(source))
        self._drop_if_orphan(document)
        return str(document)

    def _put_document(self, document: Document, chunks: Sequence[Chunk], splitter: str, language: str) -> None:
        structure = structure_fields(document)
        self.db.execute(
            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE"
            " SET title = ?3, sections = ?4, pages = ?5, blocks = ?6, tables = ?7,"
            " parser = ?8, splitter = ?9, language = ?10",
            (
                document.id,
                document.text,
                document.title,
                json.dumps([astuple(section) for section in document.sections], ensure_ascii=False),
                json.dumps([astuple(page) for page in document.pages]),
                json.dumps(structure["blocks"], ensure_ascii=False),
                json.dumps(structure["tables"]),
                document.parser,
                splitter,
                language,
            ),
        )
        self._documents.pop(document.id, None)
        self.db.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
            (
                (number, document.id, chunk.start, chunk.end, _key_of(chunk))
                for number, chunk in enumerate(chunks, self._last + 1)
            ),
        )
        self._last += len(chunks)

    def _drop_if_orphan(self, document_id: str) -> None:
        if self.db.execute("SELECT 1 FROM sources WHERE document = ?", (document_id,)).fetchone() is None:
            self._drop_chunks(self._chunks_of(document_id))
            self.db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            self._documents.pop(document_id, None)

    def _chunks_of(self, document_id: str) -> list[tuple[int, str | None]]:
        """Id of the document's chunks, and the key of their embedding where they have one."""
        return self.db.execute("SELECT id, embedding FROM chunks WHERE document = ?", (document_id,)).fetchall()

    def _drop_chunks(self, chunks: Sequence[tuple[int, str | None]]) -> None:
        """Drop chunks and, in the end, their embeddings where no other chunk has them then."""
        self.db.executemany("DELETE FROM chunks WHERE id = ?", ((chunk_id,) for chunk_id, _ in chunks))
        dropped = ((chunk_id, self._next, key is not None) for chunk_id, key in chunks)
        self.db.executemany("INSERT INTO dropped VALUES (?, ?, ?)", dropped)
        self._let_go.update(key for _, key in chunks if key is not None)


def _key_of(chunk: Chunk) -> str | None:
    """The key of the chunk's embedding; None where it has none."""
    return embedding_key(embedding_text(chunk)) if is_embedded(chunk) else None
