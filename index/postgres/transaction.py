"""Changing the store in PostgreSQL: what is searched changes in the same transaction."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from psycopg import Connection

from index.analyse import terms
from index.embed import Vectors
from index.postgres.connection import PostgresConnection
from index.postgres.lexical import counted, kept_length
from index.transaction import Transaction


class PostgresTransaction(Transaction):
    """A change in progress, which ends with making the chunks that came searchable; those that go take theirs along."""

    def __init__(self, raw: Connection[Any], history: int) -> None:
        super().__init__(PostgresConnection(raw), history)
        self._raw = raw
        self._first_new = self._last
        self._passages = self._terms = 0  # by which the totals change

    def add_rows(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """As a transaction does; the chunks that came may have ids that others had before."""
        super().add_rows(table, rows)
        if table == "chunks":
            self._first_new = rows[0][0] - 1

    def clear(self, tables: Sequence[str]) -> None:
        """As a transaction does; with the chunks go the passages."""
        super().clear(tables)
        self.db.execute("UPDATE totals SET passages = 0, terms = 0")

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
        with self._raw.cursor() as cursor:
            with cursor.copy("COPY passages FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(("int8", "bytea", "int4"))  # a vector is written as its bytes
                for number, count in found:
                    vector = vectors.get(number)
                    copy.write_row((number, None if vector is None else halfvec_bytes(vector), count.total()))
            with cursor.copy("COPY postings FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(("int8", "int4", "int4", "text"))
                for row in sorted(_postings(found), key=itemgetter(3)):  # as the index has them: sooner written
                    copy.write_row(row)


def _postings(found: Iterable[tuple[int, Counter[str]]]) -> Iterator[tuple[int, int, int, str]]:
    """The rows of the table, of chunks and how often each of their terms occurs."""
    for number, count in found:
        length = kept_length(count.total())
        for term, frequency in count.items():
            yield number, frequency, length, term


def halfvec(vector: Vectors) -> str:
    """A vector of shape (dimension,) as pgvector reads it."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"


def halfvec_bytes(vector: Vectors) -> bytes:
    """A vector of shape (dimension,) as pgvector sends it: its dimension, 0, and the numbers, each in two bytes."""
    return struct.pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes()
