"""Changing the store in PostgreSQL: what is searched changes in the same transaction."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from psycopg import Connection

from documents.document import Document, Source
from index.analyse import terms
from index.embed import Vectors
from index.postgres.audiences import assign
from index.postgres.connection import PostgresConnection
from index.postgres.integrity import ELSEWHERE, LOST
from index.postgres.lexical import BETWEEN, counted, kept_length, runs
from index.postgres.schema import COUNT_TERMS
from index.transaction import Transaction

_PASSAGES = """
INSERT INTO passages SELECT chunk, near::halfvec, terms, audience
FROM unnest(%s::bigint[], %s::text[], %s::integer[], %s::integer[]) AS new (chunk, near, terms, audience)
"""
# In the order of their index, in which they are sooner written.
_POSTINGS = """
INSERT INTO postings SELECT chunk, frequency, length, term, audience
FROM unnest(%s::bigint[], %s::integer[], %s::integer[], %s::text[], %s::text[])
    AS new (chunk, length, audience, terms, frequencies),
    unnest(string_to_array(terms, ' '), string_to_array(frequencies, ' ')::integer[]) AS posting (term, frequency)
ORDER BY term COLLATE "C", chunk
"""
_AUDIENCES = "SELECT id, audience FROM chunks LEFT JOIN document_audiences USING (document) WHERE id = ANY(%s)"
# Of those that are looked for no more, their terms are in fewer passages.
_FORGET = f"""
WITH gone AS (DELETE FROM postings WHERE {BETWEEN} RETURNING term),
fewer AS (SELECT term, count(*) AS passages FROM gone GROUP BY term)
UPDATE occurrences SET passages = occurrences.passages - fewer.passages FROM fewer WHERE occurrences.term = fewer.term
"""
_OCCUR = """
INSERT INTO occurrences SELECT * FROM unnest(%s::text[], %s::bigint[])
ON CONFLICT (term) DO UPDATE SET passages = occurrences.passages + excluded.passages
"""
_READ_AT_ONCE, _WRITTEN_AT_ONCE = 2_000, 200  # chunks that are made searchable


class PostgresTransaction(Transaction):
    """A change in progress, which ends with making the chunks that came searchable; those that go take theirs along."""

    def __init__(self, raw: Connection[Any], history: int) -> None:
        super().__init__(PostgresConnection(raw), history)
        self.raw = raw
        self._first_new = self._last
        self._passages = self._terms = 0  # by which the totals change
        self._occur = Counter[str]()  # in how many of the passages that come each term is
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
        for table in ("postings", "passages", "occurrences"):
            self.db.execute(f"DELETE FROM {table}")
        super().clear(tables)
        self.db.execute("UPDATE totals SET passages = 0, terms = 0")
        self.db.execute("DELETE FROM document_audiences")
        self.db.execute("DELETE FROM audiences")

    def remove(self, source: Source) -> str:
        """As a transaction does."""
        document = super().remove(source)
        self._touched.add(document)
        return document

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
        """Let the chunks be found no more."""
        for run in runs(chunks):
            self.raw.execute(_FORGET.encode(), run)
        self.raw.execute("DELETE FROM passages WHERE chunk = ANY(%s)", (list(chunks),))

    def close(self) -> None:
        """As a transaction does, and let the new chunks be found."""
        super().close()
        assign(self.raw, self._touched)
        # What a shard may have kept of a change that was undone.
        self.raw.execute(f"DELETE FROM postings WHERE {BETWEEN}".encode(), (self._first_new + 1, math.inf))
        self.raw.execute("DELETE FROM passages WHERE chunk > %s", (self._first_new,))
        self._show(self.texts(self._first_new))
        occur = sorted(self._occur.items())
        self.raw.execute(_OCCUR, ([term for term, _ in occur], [count for _, count in occur]))
        self.raw.execute(
            "UPDATE totals SET passages = passages + %s, terms = terms + %s", (self._passages, self._terms)
        )

    def mend(self) -> None:
        """Let be found what is there, and nothing else."""
        wrong = {row[0] for query in (LOST, ELSEWHERE) for row in self.db.execute(query)}
        self._hide(list(wrong))
        self._show(row for row in self.texts() if row[0] in wrong)
        self.db.execute("DELETE FROM totals")
        self.db.execute("INSERT INTO totals SELECT count(*), coalesce(sum(terms), 0) FROM passages")
        self.db.execute("DELETE FROM occurrences")
        self.db.execute(COUNT_TERMS)
        self._occur.clear()
        self._passages = self._terms = 0

    def _show(self, texts: Iterator[tuple[int, str, str]]) -> None:
        """Let chunks be found by their texts, and by their embeddings where they have one."""
        while some := list(itertools.islice(texts, _READ_AT_ONCE)):
            ids = [number for number, *_ in some]
            embeddings = self.embeddings.stored(ids)
            audiences = dict(self.raw.execute(_AUDIENCES, (ids,)).fetchall())
            for start in range(0, len(some), _WRITTEN_AT_ONCE):
                self._write(some[start : start + _WRITTEN_AT_ONCE], embeddings, audiences)

    def _write(
        self, texts: Sequence[tuple[int, str, str]], embeddings: Mapping[int, bytes], audiences: Mapping[int, int]
    ) -> None:
        """Send what is searched of the chunks."""
        found = [(number, counted(terms(text, language))) for number, text, language in texts]
        for _, count in found:
            self._occur.update(count.keys())
        # By columns, since PostgreSQL's COPY does not go with row-level security.
        ids, lengths = [number for number, _ in found], [sum(count.values()) for _, count in found]
        near, seen_by = [_near(embeddings.get(number)) for number in ids], [audiences[number] for number in ids]
        self.raw.execute(_PASSAGES, (ids, near, lengths, seen_by))
        terms_of = [" ".join(count) for _, count in found]  # no term has a space in it
        frequencies = [" ".join(map(str, count.values())) for _, count in found]
        self.raw.execute(_POSTINGS, (ids, list(map(kept_length, lengths)), seen_by, terms_of, frequencies))
        self._passages, self._terms = self._passages + len(ids), self._terms + sum(lengths)


def _near(embedding: bytes | None) -> str | None:
    return None if embedding is None else halfvec(np.frombuffer(embedding, dtype=np.float32))


def halfvec(vector: Vectors) -> str:
    """A vector of shape (dimension,) as pgvector reads it: in units of 1e-8, since integers are soon written."""
    units = np.rint(1e8 * vector.astype(np.float16).astype(np.float64)).astype(np.int64)
    return f"[{'e-8,'.join(map(str, units.tolist()))}e-8]"
