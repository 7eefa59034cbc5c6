"""Reading the store: what an index holds at one moment, whatever others write meanwhile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.document import Chunk, Document, Edition, Source
from index.database import Database
from index.embeddings import Embeddings
from index.families import newest_first
from index.passage import Filter, Scope
from index.rows import DOCUMENT, SOURCE, document_of, found_row, ids_of, source_of_row
from index.visibility import visible

# Documents that a snapshot keeps in memory: more than the passages of a question come from.
_KEPT = 256
_MOST_OF_A_FAMILY = 1_000  # sources that are read to tell which is the newest


def embedding_text(chunk: Chunk) -> str:
    """The text that is embedded and lexically indexed for a chunk: its context, then its text as models read it."""
    text, context = chunk.linearised.text, chunk.context
    return f"{context}\n{text}" if context else text


def embedding_key(text: str) -> str:
    """The key of the embedding of ``text``: the text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since an earlier state: chunks with ids above ``last`` came, and chunks ``dropped`` went.

    ``vectors`` are those of the dropped ones that had an embedding.
    """

    last: int
    dropped: tuple[int, ...]
    vectors: tuple[int, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The chunks that a search is limited to: those of ``ids`` (sorted), or all others where these are ``hidden``.

    ``vectors`` is how many of ``ids`` have an embedding (None: all).
    """

    ids: NDArray[np.int64]
    hidden: bool = False
    vectors: int | None = None

    def keeps(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of ``ids`` is selected: shape (len(ids),)."""
        return np.isin(ids, self.ids, invert=self.hidden)


class Snapshot:
    """The store at one moment: what it reads stays as it was, whatever others write meanwhile."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.embeddings = Embeddings(db)
        self._documents: dict[str, Document] = {}

    def limit_to(self, scope: Scope) -> None:
        """Read nothing from now on but what the scope's owner and collections show, where the database sees to that.

        A second wall behind the conditions of each query (``visible``), which are there all the same.
        """

    def _meta(self, key: str) -> Any:
        return found_row(self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone(), f"its {key}")[0]

    @property
    def generation(self) -> int:
        """Raised by every change."""
        return int(self._meta("generation"))

    @property
    def state(self) -> str:
        """Identifies all that the store holds: see ``index.store``."""
        return str(self._meta("state"))

    @property
    def embedder(self) -> str:
        """Fingerprint of the embedder that made all vectors of the store."""
        return str(self._meta("embedder"))

    def count(self, table: str) -> int:
        """The number of rows of a table, such as "documents", "sources" or "chunks"."""
        return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    @property
    def has_chunks_without_embedding(self) -> bool:
        """Whether some chunks are found by their words alone."""
        return self.db.execute("SELECT 1 FROM chunks WHERE embedding IS NULL LIMIT 1").fetchone() is not None

    @property
    def is_empty(self) -> bool:
        """Whether there are no chunks."""
        return self.db.execute("SELECT 1 FROM chunks LIMIT 1").fetchone() is None

    def sources(self, scope: Scope | None = None, document_id: str | None = None) -> list[Source]:
        """The sources that ``scope`` may see (None: all), by path; of one document, where it is given."""
        where, values = ("true", {}) if scope is None else visible(scope)
        if document_id is not None:
            if "\0" in document_id:  # as no id does, and PostgreSQL takes none that does
                return []
            where, values = f"document = :document AND {where}", {**values, "document": document_id}
        rows = self.db.execute(f"SELECT {SOURCE} FROM sources WHERE {where} ORDER BY path, collection, owner", values)
        return [source_of_row(row) for row in rows]

    def family_of(self, source: Source, scope: Scope) -> list[Source]:
        """The sources of the source's family that ``scope`` may see, itself included, the newest first.

        Of a large family these are the ``_MOST_OF_A_FAMILY`` with the latest dates.
        """
        where, values = visible(scope)
        rows = self.db.execute(
            f"SELECT {SOURCE} FROM sources"
            f" WHERE collection = :own AND family = :family AND family <> '' AND {where}"
            " ORDER BY date DESC, path DESC, owner LIMIT :most",
            {**values, "own": source.collection, "family": source.family, "most": _MOST_OF_A_FAMILY},
        )
        return newest_first(map(source_of_row, rows))

    def version(self, source: Source) -> tuple[str, str, str, Edition] | None:
        """Document id, parser, splitter and edition that the store has under the source's path, if it has that path."""
        row = self.db.execute(
            "SELECT id, sources.parser, splitter, date, dated_by, version, name, sources.title"
            " FROM sources JOIN documents ON id = document WHERE path = ? AND collection = ? AND owner = ?",
            source_key(source),
        ).fetchone()
        return (row[0], row[1], row[2], Edition(*row[3:])) if row else None

    def document(self, document_id: str) -> Document | None:
        """The document of that id, or None."""
        if document_id not in self._documents:
            self._read(f"SELECT {DOCUMENT} FROM documents WHERE id = ?", document_id)
        return self._documents.get(document_id)

    def _read(self, query: str, value: str) -> None:
        """Keep the documents of the query's rows."""
        rows = self.db.execute(query, (value,)).fetchall()
        if len(self._documents) + len(rows) > _KEPT:
            self._documents.clear()
        self._documents.update((row[0], document_of(*row)) for row in rows)

    def chunk(self, chunk_id: int) -> Chunk:
        """The chunk of that id.

        Raises:
            DamageError: there is none.
        """
        row = self.db.execute('SELECT document, "start", "end" FROM chunks WHERE id = ?', (chunk_id,)).fetchone()
        document_id, start, end = found_row(row, f"passage {chunk_id}")
        return Chunk(self._required(document_id), start, end)

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks of those ids, in their order, read together.

        Raises:
            DamageError: one is missing.
        """
        found = self.db.execute(
            'SELECT id, document, "start", "end" FROM chunks'
            " WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        rows = {row[0]: row[1:] for row in found}
        unread = {row[0] for row in rows.values()} - self._documents.keys()
        self._read(
            f"SELECT {DOCUMENT} FROM documents WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(sorted(unread)),
        )
        ordered = [found_row(rows.get(i), f"passage {i}") for i in ids]
        return [Chunk(self._required(document_id), start, end) for document_id, start, end in ordered]

    def chunk_at(self, document_id: str, offset: int) -> Chunk | None:
        """The document's first chunk with the character at ``offset``, if there is one."""
        row = self.db.execute(
            'SELECT "start", "end" FROM chunks WHERE document = ?1 AND "start" <= ?2 AND "end" > ?2 ORDER BY "start"'
            " LIMIT 1",
            (document_id, offset),
        ).fetchone()
        return Chunk(self._required(document_id), *row) if row else None

    def _required(self, document_id: str) -> Document:
        return found_row(self.document(document_id), f"document {document_id[:19]}…")

    def source_of(self, document_id: str, scope: Scope) -> Source:
        """The first source, by path, through which ``scope`` sees the document."""
        return self.sources_of([document_id], scope)[document_id]

    def sources_of(self, document_ids: Collection[str], scope: Scope) -> dict[str, Source]:
        """The first source, by path, through which ``scope`` sees each document, by the document's id.

        Raises:
            DamageError: it sees one through none.
        """
        where, values = visible(scope)
        rows = self.db.execute(
            f"SELECT {SOURCE} FROM (SELECT *, row_number() OVER"
            " (PARTITION BY document ORDER BY path, collection, owner) AS place FROM sources"
            f" WHERE document IN (SELECT value FROM json_each(:documents)) AND {where}) AS seen WHERE place = 1",
            {"documents": json.dumps(sorted(document_ids)), **values},
        )
        sources = {source.document_id: source for source in map(source_of_row, rows)}
        return {one: found_row(sources.get(one), f"the source of document {one[:19]}…") for one in document_ids}

    def selection(self, scope: Scope) -> Selection | None:
        """The chunks that ``scope`` may see, or None when it may see all of them."""
        where, values = visible(scope)
        is_narrowed = scope.collection is not None or scope.only != Filter()
        if scope.collections.hidden and not is_narrowed:  # little is hidden: so name that
            hidden = _chunks_where(
                self.db,
                "document IN (SELECT document FROM sources WHERE owner <> '' AND owner <> :owner"
                " UNION SELECT document FROM sources WHERE collection IN (SELECT value FROM json_each(:collections)))"
                f" AND document NOT IN (SELECT document FROM sources WHERE document = chunks.document AND {where})",
                values,
            )
            return replace(hidden, hidden=True) if len(hidden.ids) else None
        return _chunks_where(self.db, f"document IN (SELECT document FROM sources WHERE {where})", values)

    def since(self, generation: int, state: str) -> Changes | None:
        """What changed since the generation of that ``state``; None where the store never had it or had it long ago."""
        row = self.db.execute(
            "SELECT last_chunk FROM history WHERE generation = ? AND state = ?", (generation, state)
        ).fetchone()
        if row is None:
            return None
        dropped = self.db.execute(
            "SELECT chunk, had_embedding FROM dropped WHERE generation > ? AND chunk <= ? ORDER BY chunk",
            (generation, row[0]),
        ).fetchall()
        return Changes(row[0], tuple(chunk for chunk, _ in dropped), tuple(chunk for chunk, had in dropped if had))

    def texts(self, after: int = 0) -> Iterator[tuple[int, str, str]]:
        """Id, ``embedding_text`` and language of each chunk with an id above ``after``, by id."""
        rows = self.db.execute(
            'SELECT chunks.id, document, "start", "end", language FROM chunks JOIN documents ON documents.id = document'
            " WHERE chunks.id > ? ORDER BY chunks.id",
            (after,),
        )
        for chunk_id, document_id, start, end, language in rows:
            yield chunk_id, embedding_text(Chunk(self._required(document_id), start, end)), language

    def existing(self, ids: Sequence[int]) -> set[int]:
        """Those of the chunks ``ids`` that exist."""
        found = self.db.execute(
            "SELECT id FROM chunks WHERE id IN (SELECT CAST(value AS bigint) FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        return {row[0] for row in found}


def _chunks_where(db: Database, where: str, values: Mapping[str, Any]) -> Selection:
    rows = db.execute(f"SELECT id, embedding IS NOT NULL FROM chunks WHERE {where}", values).fetchall()
    return Selection(ids_of(rows), vectors=sum(has for _, has in rows))


def source_key(source: Source) -> tuple[str, str, str]:
    return source.path, source.collection, source.owner or ""
