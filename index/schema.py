"""All tables of the store, and the version of their format.

Offsets are Unicode code points of ``documents.text``; ``modified`` is in seconds since 1970, and ``date`` is ISO 8601
as far as it is known (``documents.document.Edition``); JSON columns are named as such.
"""

from __future__ import annotations

import sqlite3

FORMAT = 8  # raised when a table changes: an index of another format is refused

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

CREATE TABLE documents (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT NOT NULL,
    sections TEXT NOT NULL, pages TEXT NOT NULL, blocks TEXT NOT NULL, tables TEXT NOT NULL,  -- JSON
    parser TEXT NOT NULL, splitter TEXT NOT NULL, language TEXT NOT NULL
);

CREATE TABLE sources (
    path TEXT NOT NULL, collection TEXT NOT NULL, owner TEXT NOT NULL,  -- owner: empty where it is everyone's
    document TEXT NOT NULL REFERENCES documents (id),
    parser TEXT NOT NULL,  -- that read this source (the same text elsewhere may have been read by another)
    modified REAL, metadata TEXT NOT NULL,  -- JSON
    date TEXT NOT NULL, dated_by TEXT NOT NULL, version TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
    folder TEXT NOT NULL, family TEXT NOT NULL,  -- index.families
    PRIMARY KEY (path, collection, owner)
) WITHOUT ROWID;
CREATE INDEX sources_of_document ON sources (document);
CREATE INDEX sources_of_name ON sources (collection, folder, name, owner);
CREATE INDEX sources_of_title ON sources (collection, folder, title, owner) WHERE title <> '';
CREATE INDEX sources_of_family ON sources (collection, family);
CREATE INDEX owned_sources ON sources (owner) WHERE owner <> '';

-- The key is the SHA-256 of the embedded text, so that the same text is kept once, and embedded once for those who may
-- know of each other.
CREATE TABLE embeddings (key TEXT PRIMARY KEY, vector BLOB NOT NULL);

-- Rows of large tables have no embedding (index.embedding_policy).
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document TEXT NOT NULL REFERENCES documents (id),
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, embedding TEXT REFERENCES embeddings (key)
);
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_embedding ON chunks (embedding) WHERE embedding IS NOT NULL;
CREATE INDEX chunks_without_embedding ON chunks (id) WHERE embedding IS NULL;

-- The latest states of the store and the chunks dropped since, by which derived indexes catch up.
CREATE TABLE history (generation INTEGER PRIMARY KEY, state TEXT NOT NULL, last_chunk INTEGER NOT NULL);
CREATE TABLE dropped (
    chunk INTEGER PRIMARY KEY, generation INTEGER NOT NULL, had_embedding INTEGER NOT NULL  -- 0 or 1
);
CREATE INDEX dropped_in_generation ON dropped (generation);

-- The manifest (index.manifest): the files as they were when they were last read.
CREATE TABLE files (
    path TEXT NOT NULL, collection TEXT NOT NULL, owner TEXT NOT NULL,
    digest TEXT NOT NULL,  -- SHA-256 of the bytes
    reading TEXT NOT NULL,  -- names the parsers and their options
    modified REAL NOT NULL,
    parts INTEGER NOT NULL, failed TEXT NOT NULL,  -- documents in the file, and JSON [[member, reason], ...]
    PRIMARY KEY (path, collection, owner)
) WITHOUT ROWID;

-- Sketches of documents, the hashes that lead to them, and pairs of near-duplicates (index.near_duplicates).
CREATE TABLE sketches (document TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE, hashes BLOB NOT NULL);
CREATE TABLE probes (
    hash INTEGER NOT NULL, document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (hash, document)
) WITHOUT ROWID;
CREATE INDEX probes_of_document ON probes (document);
CREATE TABLE alike (
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    other TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (document, other)
) WITHOUT ROWID;
CREATE INDEX alike_of_other ON alike (other)
"""


def has_tables(db: sqlite3.Connection) -> bool:
    """Whether the tables were created; a process killed before that leaves a file without them."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is not None


def create_tables(db: sqlite3.Connection) -> None:
    """Create all tables, empty, in the transaction that is open."""
    for statement in _TABLES.split(";"):  # executescript would end the transaction
        db.execute(statement)
