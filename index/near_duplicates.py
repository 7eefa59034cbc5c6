"""Near-duplicates: documents of nearly the same text, found by small sketches that the store keeps.

From two sketches (``documents.sketch``) the share of common runs of words, the Jaccard index, is estimated to within
about .03, and exactly where both texts are short. Texts that share few of their smallest hashes are not compared.
"""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np

from documents.document import Source
from documents.sketch import SIZE, Hashes
from index.passage import Scope
from index.report import NearDuplicate
from index.snapshot import Snapshot
from index.transaction import Transaction
from index.visibility import visible

THRESHOLD = 0.8  # Jaccard index from which two texts are near-duplicates
PROBES = 16  # of the smallest hashes of a text, by which candidates are found
SHARED = 4  # of those that a candidate must have too
COMPARED = 20  # candidates at most that a document is compared with


def similarity(one: Hashes, other: Hashes) -> float:
    """The estimated Jaccard index of the two texts' runs of words, from 0 to 1."""
    both = np.union1d(one, other)
    if max(len(one), len(other)) == SIZE:  # beyond these, a sketch may lack a hash that its text has
        both = both[:SIZE]
    shared = np.intersect1d(one, other, assume_unique=True)
    return np.count_nonzero(shared <= both[-1]) / len(both) if len(both) else 0.0


def record(transaction: Transaction, source: Source, sketch: bytes) -> list[NearDuplicate]:
    """Store the sketch of the source's document (``Prepared.sketch``), find its near-duplicates and record them.

    They are looked for in the same collection, among the documents of the same owner and of everyone.
    """
    twin = transaction.db.execute(
        "SELECT path FROM sources WHERE document = ? AND path != ? AND collection = ? AND owner IN ('', ?)"
        " ORDER BY path LIMIT 1",
        (source.document_id, source.path, source.collection, source.owner or ""),
    ).fetchone()
    if twin:
        return [NearDuplicate(source.path, twin[0], 1.0)]
    hashes = np.frombuffer(sketch, dtype=np.uint64)
    if not len(hashes):
        return []
    probes = [int(value) for value in hashes[:PROBES].astype(np.int64)]
    transaction.db.execute(
        "INSERT INTO sketches VALUES (?, ?) ON CONFLICT (document) DO UPDATE SET hashes = excluded.hashes",
        (source.document_id, sketch),
    )
    rows = ((probe, source.document_id) for probe in probes)
    transaction.db.executemany("INSERT INTO probes VALUES (?, ?) ON CONFLICT DO NOTHING", rows)
    return _found(transaction, source, hashes, probes)


def near_duplicates(snapshot: Snapshot, scope: Scope) -> dict[str, list[str]]:
    """The near-duplicates of each document that has some, by id, as far as ``scope`` may see both."""
    where, values = visible(scope)
    seen = f"(SELECT document FROM sources WHERE {where})"
    rows = snapshot.db.execute(
        f"SELECT document, other FROM alike WHERE document IN {seen} AND other IN {seen} ORDER BY document, other",
        values,
    )
    found = defaultdict[str, list[str]](list)
    for document, other in rows:
        found[document].append(other)
    return found


def _found(transaction: Transaction, source: Source, hashes: Hashes, probes: list[int]) -> list[NearDuplicate]:
    """The near-duplicates among the documents that share enough of the probes, by path."""
    rows = transaction.db.execute(
        "SELECT * FROM (SELECT sketches.document, (SELECT min(path) FROM sources"
        " WHERE sources.document = sketches.document AND collection = ?1 AND owner IN ('', ?2)) AS place, hashes"
        " FROM sketches JOIN (SELECT document, count(*) AS shared FROM probes"
        " WHERE hash IN (SELECT CAST(value AS bigint) FROM json_each(?3)) AND document != ?4"
        " GROUP BY document HAVING count(*) >= ?5 ORDER BY shared DESC, document LIMIT ?6) AS found"
        " ON found.document = sketches.document) AS near WHERE place IS NOT NULL ORDER BY place",
        (source.collection, source.owner or "", json.dumps(probes), source.document_id, SHARED, COMPARED),
    )
    compared = ((*other, similarity(hashes, np.frombuffer(data, dtype=np.uint64))) for *other, data in rows.fetchall())
    near = [(document, path, share) for document, path, share in compared if share >= THRESHOLD]
    for document, _, _ in near:
        transaction.relate(source, document)
    return [NearDuplicate(source.path, path, round(share, 2)) for _, path, share in near]
