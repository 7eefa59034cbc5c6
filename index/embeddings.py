"""The embeddings that a store holds, by the chunks that they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from index.database import Database
from index.embed import Vectors
from index.rows import found_row, ids_of, matrix_of


class Embeddings:
    """The embeddings of a store at one moment (``index.snapshot``)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def count(self) -> int:
        """The number of chunks that have an embedding (``index.embedding_policy``)."""
        counts = "SELECT (SELECT count(*) FROM chunks) - (SELECT count(*) FROM chunks WHERE embedding IS NULL)"
        return int(self._db.execute(counts).fetchone()[0])

    @property
    def dimension(self) -> int:
        """How many numbers each has; 0 where there are none."""
        first = next(self.batches(size=1), None)
        return 0 if first is None else first[1].shape[1]

    def all(self, after: int = 0) -> tuple[NDArray[np.int64], Vectors]:
        """Ids and embeddings of the chunks with ids above ``after`` that have one, by id.

        Shapes (n,) and (n, dimension).
        """
        batches = list(self.batches(after))
        if not batches:
            return np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32)
        return np.concatenate([ids for ids, _ in batches]), np.concatenate([vectors for _, vectors in batches])

    def batches(self, after: int = 0, size: int = 50_000) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """What ``all`` returns, in batches of ``size``."""
        query = "SELECT id, vector FROM chunks JOIN embeddings ON key = embedding WHERE id > ? ORDER BY id"
        with closing(self._db.stream(query, (after,))) as found:
            while rows := found.fetchmany(size):
                yield ids_of(rows), matrix_of([row[1] for row in rows])

    def of(self, ids: Sequence[int]) -> Vectors:
        """The embeddings of the chunks ``ids``, which must have one, in their order: shape (len(ids), dimension)."""
        return vectors_in(self.stored(ids), ids)

    def stored(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        """Those of the chunks ``ids`` that have one, as they are stored, by id."""
        return dict(
            self._db.execute(
                "SELECT chunks.id, vector FROM json_each(?) AS wanted"
                " JOIN chunks ON chunks.id = CAST(wanted.value AS bigint)"
                " JOIN embeddings ON embeddings.key = embedding",
                (json.dumps(list(ids)),),
            )
        )

    def known(self, keys: Sequence[str]) -> set[str]:
        """Those of ``keys`` under which the store has an embedding."""
        found = self._db.execute(
            "SELECT key FROM embeddings WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
        )
        return {row[0] for row in found}

    def of_keys(self, keys: Sequence[str]) -> dict[str, Vectors]:
        """Those of ``keys`` that the store has, with their embeddings of shape (dimension,)."""
        found = self._db.execute(
            "SELECT key, vector FROM embeddings WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
        ).fetchall()
        return dict(zip((key for key, _ in found), matrix_of([vector for _, vector in found]), strict=True))

    def of_sources(self, collection: str, owner: str, keys: Sequence[str]) -> set[str]:
        """Those of ``keys`` under which documents of the collection and the owner ("": everyone) have an embedding."""
        found = self._db.execute(
            "SELECT DISTINCT embedding FROM chunks JOIN sources USING (document)"
            " WHERE embedding IN (SELECT value FROM json_each(?)) AND collection = ? AND owner = ?",
            (json.dumps(keys), collection, owner),
        )
        return {row[0] for row in found}


def vectors_in(embeddings: Mapping[int, bytes], ids: Sequence[int]) -> Vectors:
    """The embeddings of the chunks ``ids``, in their order: shape (len(ids), dimension).

    Raises:
        DamageError: one is missing.
    """
    return matrix_of([found_row(embeddings.get(i), f"the embedding of passage {i}") for i in ids])
