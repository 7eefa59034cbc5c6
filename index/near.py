"""Which documents have nearly the same text: compared by small sketches that the store keeps.

A text's sketch is the smallest of the hashes of its runs of four words (Broder 1997: on the resemblance and containment
of documents); from two of them the share of common runs, Jaccard's, is estimated to within some .03, and exactly where
both texts are short. Texts that share few of their very smallest hashes are never compared.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from documents.document import Document, Source
from index.analyse import paired
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
RUN = 4  # words
SIZE = 256  # hashes of a sketch
PROBES = 16  # hashes by which texts worth a comparison are found,
SHARED = 4  # of which so many must be the same
COMPARED = 20  # documents at most that a new one is compared with
SHORTEST = 20  # words: of less, a word more or less makes another text

Hashes = NDArray[np.uint64]


def sketch(text: str) -> Hashes:
    """The smallest hashes of the text's runs of words, in order; none of a text that is too short."""
    words = re.findall(r"\w+", paired(text).casefold())
    if len(words) < SHORTEST:
        return np.empty(0, dtype=np.uint64)
    numbers = {word: _number(word) for word in set(words)}
    hashes = np.fromiter((numbers[word] for word in words), dtype=np.uint64, count=len(words))
    runs = np.zeros(len(words) - RUN + 1, dtype=np.uint64)
    for place in range(RUN):
        runs = _mixed(runs * np.uint64(31) + hashes[place : place + len(runs)])
    return np.unique(runs)[:SIZE]


def similarity(one: Hashes, other: Hashes) -> float:
    """The estimated share of the runs of words of either text that both have."""
    both = np.union1d(one, other)
    if max(len(one), len(other)) == SIZE:  # beyond the smallest of both, a hash may be missing in either
        both = both[:SIZE]
    shared = np.intersect1d(one, other, assume_unique=True)
    return np.count_nonzero(shared <= both[-1]) / len(both) if len(both) else 0.0


def keep(transaction: Transaction, source: Source, document: Document) -> Iterator[Near]:
    """Keep the document's sketch; yields what is nearly the same in the collection, of the owner's or everyone's."""
    twin = transaction.db.execute(
        "SELECT path FROM sources WHERE document = ? AND path != ? AND collection = ? AND owner IN ('', ?)"
        " ORDER BY path LIMIT 1",
        (document.id, source.path, source.collection, source.owner or ""),
    ).fetchone()
    if twin:
        yield Near(source.path, twin[0], 1.0)
        return
    hashes = sketch(document.text)
    if not len(hashes):
        return
    probes = [int(value) for value in hashes[:PROBES].astype(np.int64)]
    transaction.db.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (document.id, hashes.tobytes()))
    transaction.db.executemany("INSERT OR IGNORE INTO probes VALUES (?, ?)", ((p, document.id) for p in probes))
    rows = transaction.db.execute(
        "SELECT hashes, (SELECT min(path) FROM sources WHERE sources.document = sketches.document AND collection = ?1"
        " AND owner IN ('', ?2)) AS place FROM sketches JOIN (SELECT document, count(*) AS shared FROM probes"
        " WHERE hash IN (SELECT value FROM json_each(?3)) AND document != ?4 GROUP BY document HAVING shared >= ?5"
        " ORDER BY shared DESC, document LIMIT ?6) AS found ON found.document = sketches.document"
        " WHERE place IS NOT NULL ORDER BY place",
        (source.collection, source.owner or "", json.dumps(probes), document.id, SHARED, COMPARED),
    )
    for data, place in rows.fetchall():
        share = similarity(hashes, np.frombuffer(data, dtype=np.uint64))
        if share >= THRESHOLD:
            yield Near(source.path, place, round(share, 2))


def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big")


def _mixed(values: Hashes) -> Hashes:
    """Every bit of a value spread over all of them (splitmix64's last step), so that the smallest are a fair sample."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values
