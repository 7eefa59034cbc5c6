"""What is known of files is found by their paths, however many files a collection has."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from documents.document import Source
from index.database import Database
from index.manifest import FileKey, change_date, note_removed, sources_in
from index.store import Store

PATH = "/a/b.eml"


def trace(db: Database, say: Callable[[str], object] | None) -> None:
    assert isinstance(db, sqlite3.Connection)
    db.set_trace_callback(say)


def test_what_came_from_a_file_is_searched_by_its_path_and_never_through_its_whole_collection(tmp_path: Path) -> None:
    store, statements, key = Store(tmp_path), list[str](), FileKey(PATH, "own", None)
    store.create("no model")
    with store.snapshot() as snapshot:
        trace(snapshot.db, statements.append)
        sources_in(snapshot, key)
    with store.transaction() as transaction:
        trace(transaction.db, statements.append)
        change_date(transaction, key, 1.0, 2.0)
        note_removed(transaction, Source(PATH, "sha256:0", "own"))
        trace(transaction.db, None)
        of_sources = [statement for statement in statements if " sources " in statement]
        plans = [str(transaction.db.execute(f"EXPLAIN QUERY PLAN {each}").fetchall()) for each in of_sources]
    assert len(plans) == 5  # what it gave, its date, and whether anything is left of it, of /a and of /
    for plan in plans:
        assert "sources USING PRIMARY KEY (path" in plan
        assert "(collection=?)" not in plan
