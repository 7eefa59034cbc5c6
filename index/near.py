"""Which documents have nearly the same text: compared by small sketches that the store keeps.

From two sketches (``documents.sketch``) the share of common runs of words, Jaccard's, is estimated to within some .03,
and exactly where both texts are short. Texts that share few of their very smallest hashes are never compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from documents.document import Source
from documents.sketch import SIZE, Hashes
from index.report import Near

if TYPE_CHECKING:
    from index.store import Transaction

SCHEMA = """
CREATE TABLE sketches (document TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE, hashes BLOB NOT NULL);
CREATE TABLE probes (
    hash INTEGER NOT NULL, document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (hash, document)
) WITHOUT ROWID;
CREATE INDEX probes_of_document ON probes (document);
"""

# Two texts are nearly the same when they share so many of the runs of words that either has.
THRESHOLD = 0.8
PROBES = 16  # hashes by which texts worth a comparison are found,
SHARED = 4  # of which so many must be the same
COMPARED = 20  # documents at most that a new one is compared with


def similarity(one: Hashes, other: Hashes) -> float:
    """The estimated share of the runs of words of either text that both have."""
    both = np.union1d(one, other)
    if max(len(one), len(other)) == SIZE:  # beyond the smallest of both, a hash may be missing in either
        both = both[:SIZE]
    shared = np.intersect1d(one, other, assume_unique=True)
    return np.count_nonzero(shared <= both[-1]) / len(both) if len(both) else 0.0


def keep(transaction: Transaction, source: Source, sketch: bytes) -> Iterator[Near]:
    """Keep the sketch of the source's document (``Prepared.sketch``).

    Yields what is nearly the same in the collection, of the owner's or everyone's.
    """
    twin = transaction.db.execute(
        "SELECT path FROM sources WHERE document = ? AND path != ? AND collection = ? AND owner IN ('', ?)"
        " ORDER BY path LIMIT 1",
        (source.document_id, source.path, source.collection, source.owner or ""),
    ).fetchone()
    if twin:
        yield Near(source.path, twin[0], 1.0)
        return
    hashes = np.frombuffer(sketch, dtype=np.uint64)
    if not len(hashes):
        return
    probes = [int(value) for value in hashes[:PROBES].astype(np.int64)]
    transaction.db.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (source.document_id, sketch))
    transaction.db.executemany("INSERT OR IGNORE INTO probes VALUES (?, ?)", ((p, source.document_id) for p in probes))
    rows = transaction.db.execute(
        "SELECT hashes, (SELECT min(path) FROM sources WHERE sources.document = sketches.document AND collection = ?1"
        " AND owner IN ('', ?2)) AS place FROM sketches JOIN (SELECT document, count(*) AS shared FROM probes"
        " WHERE hash IN (SELECT value FROM json_each(?3)) AND document != ?4 GROUP BY document HAVING shared >= ?5"
        " ORDER BY shared DESC, document LIMIT ?6) AS found ON found.document = sketches.document"
        " WHERE place IS NOT NULL ORDER BY place",
        (source.collection, source.owner or "", json.dumps(probes), source.document_id, SHARED, COMPARED),
    )
    for data, place in rows.fetchall():
        share = similarity(hashes, np.frombuffer(data, dtype=np.uint64))
        if share >= THRESHOLD:
            yield Near(source.path, place, round(share, 2))
