"""Whether an index holds what it should: its database, the texts that citations rest on, and its vectors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from index.database import DamageError
from index.postgres.integrity import not_searched
from index.snapshot import Snapshot
from index.vectors import VectorIndex

SHOWN = 3  # of many damaged documents
_OFF_UNIT = 1e-3  # by which a unit vector's length may differ from 1


def damage(snapshot: Snapshot) -> list[str]:
    """What is wrong with the store, a line each; empty where every citation and every vector holds.

    Reads all of it.
    """
    if isinstance(snapshot.db, sqlite3.Connection):
        broken = [str(row[0]) for row in snapshot.db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        if broken:  # then nothing else that is read means anything
            return [f"the database is damaged: {broken[0]}"]
        dangling = _dangling(snapshot)
    else:
        dangling = not_searched(snapshot)  # PostgreSQL itself lets nothing dangle
    return [*dangling, *_without_source(snapshot), *_damaged_documents(snapshot), *_damaged_vectors(snapshot)]


def missing_vectors(vectors: VectorIndex, snapshot: Snapshot) -> int:
    """How many passages with a vector the index of vectors lacks; below 0: how many it has too many."""
    return snapshot.embeddings.count - len(vectors)


def _dangling(snapshot: Snapshot) -> list[str]:
    """Rows that refer to others that are not there."""
    found = snapshot.db.execute("PRAGMA foreign_key_check").fetchall()
    return [f"{len(found):,} rows refer to others that are missing, the first in table {found[0][0]}"] if found else []


def _without_source(snapshot: Snapshot) -> list[str]:
    """Documents that no source leads to: a question that finds one of them fails."""
    query = "SELECT count(*) FROM documents WHERE id NOT IN (SELECT document FROM sources)"
    (count,) = snapshot.db.execute(query).fetchone()
    return [f"{count:,} documents have no source"] if count else []


def _damaged_documents(snapshot: Snapshot) -> list[str]:
    """Documents whose text is not the one that their id names, or whose passages lie outside of it."""
    found: list[str] = []
    query = (
        'SELECT documents.id, coalesce(min("start"), 0), coalesce(max("end"), 0), coalesce(min("end" - "start"), 1)'
        " FROM documents LEFT JOIN chunks ON document = documents.id GROUP BY documents.id ORDER BY documents.id"
    )
    with closing(snapshot.db.stream(query)) as outlines:
        for document_id, first, last, shortest in outlines:
            try:
                document = snapshot.document(document_id)
            except DamageError as error:
                found.append(str(error))
                continue
            if document is None or first < 0 or last > len(document.text) or shortest < 1:
                found.append(f"passages of document {document_id[:19]}… lie outside of its text")
    return [*found[:SHOWN], f"and {len(found) - SHOWN:,} documents more"] if len(found) > SHOWN else found


def _damaged_vectors(snapshot: Snapshot) -> Iterator[str]:
    """Vectors of another dimension than the others, or of another length than 1."""
    sizes = snapshot.db.execute("SELECT count(DISTINCT length(vector)) FROM embeddings").fetchone()[0]
    if sizes > 1:
        yield "vectors have different dimensions"
        return
    off = 0
    for _, vectors in snapshot.embeddings.batches():
        lengths = np.linalg.norm(vectors, axis=1)
        off += int(np.count_nonzero(~(np.abs(lengths - 1) < _OFF_UNIT)))  # so that NaN counts
    if off:
        yield f"{off:,} vectors are not of length 1"
