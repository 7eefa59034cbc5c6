"""One store -> another, in a folder or in a database: the same rows, and the same chunk ids.

Each table is copied in the order of its key, some rows in a transaction, each going on after the last row that is
there: a copy that is interrupted goes on from there. Until all was read again and compared it is no index (``Store``,
``unfinished``). What visitors brought to their conversations is left out, as in a backup.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.integrity import damage
from index.snapshot import Snapshot
from index.store import UNFINISHED, Store, StoreError
from index.transaction import Transaction

Row = tuple[Any, ...]
AT_ONCE = 2_000  # rows of most tables

_EVERYONES = "EXISTS (SELECT 1 FROM sources WHERE sources.document = {} AND owner = '')"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with the columns of its key, which are its first, and which rows of it are copied.

    Of a table with long rows a ``share`` of the others' rows is taken at once.
    """

    name: str
    key: tuple[str, ...]
    where: str
    share: float = 1


_OF_FILE = ("path", "collection", "owner")

# Each after those that it refers to.
_TABLES = (
    _Table("documents", ("id",), _EVERYONES.format("documents.id"), 0.025),
    _Table("sources", _OF_FILE, "owner = ''"),
    _Table(
        "embeddings",
        ("key",),
        "EXISTS (SELECT 1 FROM chunks JOIN sources USING (document) WHERE embedding = embeddings.key AND owner = '')",
    ),
    _Table("chunks", ("id",), _EVERYONES.format("chunks.document")),
    _Table("files", _OF_FILE, "owner = ''"),
    _Table("sketches", ("document",), _EVERYONES.format("sketches.document")),
    _Table("probes", ("hash", "document"), _EVERYONES.format("probes.document")),
    _Table(
        "alike",
        ("document", "other"),
        f"{_EVERYONES.format('alike.document')} AND {_EVERYONES.format('alike.other')}",
    ),
)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a table holds: the number of its rows, and the SHA-256 over them in the order of their key."""

    rows: int
    sha256: str


def transfer(
    source: Store,
    target: Store,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    *,
    at_once: int = AT_ONCE,
) -> Mapping[str, Contents]:
    """Make ``target`` (an unfinished one) what ``source`` is now; what is in both now, by table.

    ``on_progress`` is called with how many rows are there, of how many, after each transaction with up to ``at_once``
    of them. The caller ends the copy with ``finish``.

    Raises:
        StoreError: a store cannot be used, or ``target`` is not a copy: then the next one begins anew.
    """
    with source.snapshot() as snapshot:
        target.create(snapshot.embedder)
        _begin(target, snapshot)
        total = sum(snapshot.count(f"{table.name} WHERE {table.where}") for table in _TABLES)
        for done in _copied(snapshot, target, at_once):
            on_progress(done, total)
        try:
            return _compared(snapshot, target)
        except StoreError:
            with target.transaction() as transaction:
                _mark(transaction, "")
            raise


def finish(transaction: Transaction) -> None:
    """Make the copy an index."""
    transaction.db.execute("DELETE FROM meta WHERE key = ?", (UNFINISHED,))


def _begin(target: Store, snapshot: Snapshot) -> None:
    """Empty the target, unless it holds the beginning of a copy of what is in the snapshot."""
    with target.transaction() as transaction:
        begun = transaction.db.execute("SELECT value FROM meta WHERE key = ?", (UNFINISHED,)).fetchone()
        if begun == (snapshot.state,):
            return
        transaction.clear([table.name for table in reversed(_TABLES)])
        transaction.db.execute("UPDATE meta SET value = ? WHERE key = 'embedder'", (snapshot.embedder,))
        _mark(transaction, snapshot.state)


def _mark(snapshot: Snapshot, state: str) -> None:
    """Say of which state the target is a copy."""
    snapshot.db.execute("UPDATE meta SET value = ? WHERE key = ?", (state, UNFINISHED))


def _copied(snapshot: Snapshot, target: Store, at_once: int) -> Iterator[int]:
    """Copy all that is missing; yields how many rows are there after each step."""
    done = 0
    for table in _TABLES:
        with target.snapshot() as held:
            done += held.count(table.name)
        while True:
            with target.transaction() as transaction:
                rows = _page(snapshot, table, _last_key(transaction, table), at_once)
                if rows:
                    transaction.add_rows(table.name, rows)
            if not rows:
                break
            done += len(rows)
            yield done


def _last_key(snapshot: Snapshot, table: _Table) -> Row | None:
    """The key of the table's last row."""
    order = ", ".join(f"{column} DESC" for column in table.key)
    found: Row | None = snapshot.db.execute(
        f"SELECT {', '.join(table.key)} FROM {table.name} ORDER BY {order} LIMIT 1"
    ).fetchone()
    return found


def _page(snapshot: Snapshot, table: _Table, after: Row | None, at_once: int = AT_ONCE) -> Sequence[Row]:
    """The next rows of the table after that key, as many as are taken at once."""
    key = ", ".join(table.key)
    beyond = f" AND ({key}) > ({', '.join('?' * len(table.key))})" if after else ""
    return snapshot.db.execute(
        f"SELECT * FROM {table.name} WHERE {table.where}{beyond} ORDER BY {key} LIMIT ?",
        (*(after or ()), max(1, round(at_once * table.share))),
    ).fetchall()


def _compared(snapshot: Snapshot, target: Store) -> Mapping[str, Contents]:
    """What both hold, by table.

    Raises:
        StoreError: it is not the same, or not whole.
    """
    with target.snapshot() as copy:
        if found := damage(copy):
            raise StoreError(f"the copy in {target.name} is damaged ({found[0]}): copy again, from the beginning")
        contents = {table.name: _contents(copy, table) for table in _TABLES}
    for table in _TABLES:
        if _contents(snapshot, table) != contents[table.name]:
            raise StoreError(f"the copy in {target.name} has other {table.name}: copy again, from the beginning")
    return contents


def _contents(snapshot: Snapshot, table: _Table) -> Contents:
    """What the snapshot holds of the table."""
    digest, count, after = hashlib.sha256(), 0, None
    while rows := _page(snapshot, table, after):
        for row in rows:
            digest.update(repr(tuple(row)).encode())
        count += len(rows)
        after = rows[-1][: len(table.key)]
    return Contents(count, digest.hexdigest())
