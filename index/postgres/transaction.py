"""Changing the store in PostgreSQL: what is searched changes in the same transaction."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from psycopg import Connection

from documents.document import Document, Source
from index.analyse import terms
from index.embed import Vectors
from index.postgres.audiences import assign
from index.postgres.connection import PostgresConnection
from index.postgres.integrity import ELSEWHERE, LOST
from index.postgres.lexical import counted, kept_length
from index.transaction import Transaction

_PASSAGES = """
INSERT INTO passages SELECT chunk, near::halfvec, terms, audience
FROM unnest(%s::bigint[], %s::text[], %s::integer[], %s::integer[]) AS new (chunk, near, terms, audience)
"""
# In the order of their index, in which they are sooner written.
_POSTINGS = """
INSERT INTO postings SELECT *
FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::text[], %s::integer[])
    AS new (chunk, frequency, length, term, audience)
ORDER BY term COLLATE "C", chunk
"""
_AUDIENCES = "SELECT id, audience FROM chunks LEFT JOIN document_audiences USING (document) WHERE id = ANY(%s)"
_AT_ONCE = 2_000  # chunks that are made searchable anew
_EMBEDDED = "SELECT id FROM chunks WHERE id = ANY(CAST(:ids AS bigint[])) AND embedding IS NOT NULL"


class PostgresTransaction(Transaction):
    """A change in progress, which ends with making the chunks that came searchable; those that go take theirs along."""

    def __init__(self, raw: Connection[Any], history: int) -> None:
        super().__init__(PostgresConnection(raw), history)
        self.raw = raw
        self._first_new = self._last
        self._passages = self._terms = 0  # by which the totals change
        self._touched = set[str]()  # documents whose sources changed

    def add_rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """As a transaction does; the chunks that came may have ids that others had before."""
        super().add_rows(table, rows)
        if table == "chunks":
            self._first_new = rows[0][0] - 1
        if table == "sources":
            self._touched.update(row[3] for row in rows)

    def clear(self, tables: Sequence[str]) -> None:
        """As a transaction does; with the chunks go the passages."""
        for table in ("postings", "passages"):
            self.db.execute(f"DELETE FROM {table}")
        super().clear(tables)
        self.db.execute("UPDATE totals SET passages = 0, terms = 0")
        self.db.execute("DELETE FROM document_audiences")
        self.db.execute("DELETE FROM audiences")

    def remove(self, source: Source) -> None:
        """As a transaction does."""
        super().remove(source)
        self._touched.add(source.document_id)

    def _put_source(self, source: Source, document: Document) -> str:
        before = super()._put_source(source, document)
        self._touched |= {document.id, before}
        return before

    def _drop_chunks(self, chunks: Sequence[tuple[int, str | None]]) -> None:
        gone = self.raw.execute(
            "SELECT count(*), coalesce(sum(terms), 0)::bigint FROM passages WHERE chunk = ANY(%s)",
            ([number for number, _ in chunks],),
        ).fetchone()
        assert gone is not None  # an aggregate has a row
        self._passages, self._terms = self._passages - gone[0], self._terms - gone[1]
        self._hide([number for number, _ in chunks])
        super()._drop_chunks(chunks)

    def _hide(self, chunks: Sequence[int]) -> None:
        """Let the chunks be found no more; PostgreSQL sees to that by itself only where all is on one server."""
        for table in ("postings", "passages"):
            self.raw.execute(f"DELETE FROM {table} WHERE chunk = ANY(%s)".encode(), (list(chunks),))

    def close(self) -> None:
        """As a transaction does, and let the new chunks be found."""
        super().close()
        assign(self.raw, self._touched)
        for table in ("postings", "passages"):  # what a shard may have kept of a change that was undone
            self.raw.execute(f"DELETE FROM {table} WHERE chunk > %s".encode(), (self._first_new,))
        vectors = {
            int(number): vector
            for ids, batch in self.vector_batches(self._first_new)
            for number, vector in zip(ids, batch, strict=True)
        }
        found = list(self.texts(self._first_new))
        terms = self._show(found, vectors)
        self.raw.execute(
            "UPDATE totals SET passages = passages + %s, terms = terms + %s",
            (self._passages + len(found), self._terms + terms),
        )

    def mend(self) -> None:
        """Let be found what is there, and nothing else."""
        wrong = {row[0] for query in (LOST, ELSEWHERE) for row in self.db.execute(query)}
        self._hide(list(wrong))
        there = (row for row in self.texts() if row[0] in wrong)
        while texts := list(itertools.islice(there, _AT_ONCE)):
            embedded = [row[0] for row in self.db.execute(_EMBEDDED, {"ids": [number for number, *_ in texts]})]
            self._show(texts, dict(zip(embedded, self.vectors_of(embedded), strict=True)))
        self.db.execute("DELETE FROM totals")
        self.db.execute("INSERT INTO totals SELECT count(*), coalesce(sum(terms), 0) FROM passages")

    def _show(self, texts: Iterable[tuple[int, str, str]], vectors: Mapping[int, Vectors]) -> int:
        """Let chunks be found by their texts and vectors; how many terms they have."""
        found = [(number, counted(terms(text, language))) for number, text, language in texts]
        if not found:
            return 0
        ids = [number for number, _ in found]
        audiences = dict(self.raw.execute(_AUDIENCES, (ids,)).fetchall())
        # By columns, since PostgreSQL's COPY does not go with row-level security.
        near, lengths = [_near(vectors.get(number)) for number in ids], [count.total() for _, count in found]
        self.raw.execute(_PASSAGES, (ids, near, lengths, [audiences[number] for number in ids]))
        sizes = [len(count) for _, count in found]
        postings = (
            _repeated(ids, sizes),
            [frequency for _, count in found for frequency in count.values()],
            _repeated(map(kept_length, lengths), sizes),
            [term for _, count in found for term in count],
            _repeated(map(audiences.__getitem__, ids), sizes),
        )
        self.raw.execute(_POSTINGS, postings)
        return sum(lengths)


def _repeated(values: Iterable[int], times: Sequence[int]) -> list[int]:
    return [value for value, count in zip(values, times, strict=True) for _ in range(count)]


def _near(vector: Vectors | None) -> str | None:
    return None if vector is None else halfvec(vector)


def halfvec(vector: Vectors) -> str:
    """A vector of shape (dimension,) as pgvector reads it."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"
