"""Changing the store in PostgreSQL: what is searched changes in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg import Connection

from documents.document import Document, Source
from index.analyse import terms
from index.embed import Vectors
from index.postgres.audiences import assign
from index.postgres.connection import PostgresConnection
from index.postgres.lexical import counted, kept_length
from index.transaction import Transaction

_PASSAGES = """
INSERT INTO passages SELECT chunk, near::halfvec, terms, audience
FROM unnest(%s::bigint[], %s::text[], %s::integer[]) AS new (chunk, near, terms)
JOIN chunks ON chunks.id = chunk LEFT JOIN document_audiences USING (document)
"""
_POSTINGS = """
INSERT INTO postings SELECT chunk, frequency, length, term, audience
FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::text[]) AS new (chunk, frequency, length, term)
JOIN chunks ON chunks.id = chunk LEFT JOIN document_audiences USING (document)
"""


class PostgresTransaction(Transaction):
    """A change in progress, which ends with making the chunks that came searchable; those that go take theirs along."""

    def __init__(self, raw: Connection[Any], history: int) -> None:
        super().__init__(PostgresConnection(raw), history)
        self._raw = raw
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
        gone = self._raw.execute(
            "SELECT count(*), coalesce(sum(terms), 0)::bigint FROM passages WHERE chunk = ANY(%s)",
            ([number for number, _ in chunks],),
        ).fetchone()
        assert gone is not None  # an aggregate has a row
        self._passages, self._terms = self._passages - gone[0], self._terms - gone[1]
        super()._drop_chunks(chunks)

    def close(self) -> None:
        """As a transaction does, and let the new chunks be found."""
        super().close()
        assign(self._raw, self._touched)
        vectors = {
            int(number): vector
            for ids, batch in self.vector_batches(self._first_new)
            for number, vector in zip(ids, batch, strict=True)
        }
        found = [(number, counted(terms(text, language))) for number, text, language in self.texts(self._first_new)]
        self._raw.execute(
            "UPDATE totals SET passages = passages + %s, terms = terms + %s",
            (self._passages + len(found), self._terms + sum(count.total() for _, count in found)),
        )
        passages = [(number, _near(vectors.get(number)), count.total()) for number, count in found]
        postings = [
            (number, frequency, kept_length(count.total()), term)
            for number, count in found
            for term, frequency in count.items()
        ]
        for statement, rows in ((_PASSAGES, passages), (_POSTINGS, postings)):
            if rows:  # by columns: PostgreSQL's COPY does not go with row-level security
                self._raw.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def _near(vector: Vectors | None) -> str | None:
    return None if vector is None else halfvec(vector)


def halfvec(vector: Vectors) -> str:
    """A vector of shape (dimension,) as pgvector reads it."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"
