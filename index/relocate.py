"""A store that becomes another: the copy that leaves visitors' files out, and the folder that has another place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from documents.document import Source
from index.manifest import delete_records_of_visitors, move_records
from index.passage import Scope
from index.snapshot import Snapshot
from index.store import Store
from index.transaction import Transaction


def copy_shared(store: Store, folder: Path) -> Store:
    """A copy of the store in the empty ``folder``, without a trace of what visitors brought to their conversations.

    Raises:
        StoreError: the store cannot be read, or the copy not be written.
    """
    copy = Store(folder)
    store.copy_to(copy.path)
    with copy.snapshot() as snapshot:
        owned = [source for source in snapshot.sources() if source.owner is not None]
    if owned:
        with copy.transaction() as transaction:
            for source in owned:
                transaction.remove(source)
            delete_records_of_visitors(transaction)
    copy.vacuum()
    return copy


def move_sources(store: Store, before: Path, now: Path) -> int:
    """Let the sources whose files lay in the folder ``before`` come from ``now``; how many they are.

    Raises:
        StoreError: the store cannot be written.
    """
    with store.snapshot() as snapshot:
        moved = _below(before, snapshot)
    if moved:
        with store.transaction() as transaction:
            move(transaction, before, now)
    return len(moved)


def move(transaction: Transaction, before: Path, now: Path, scope: Scope | None = None) -> None:
    """The same, in a transaction that is open; of what ``scope`` may see."""
    for source in _below(before, transaction, scope):
        path = str(now / Path(source.path).relative_to(before))
        document = transaction.document(source.document_id)
        assert document is not None  # whose source it is
        transaction.put(replace(source, path=path), document, (), *_splitting(transaction, document.id))
        transaction.remove(source)
    move_records(transaction, str(before), str(now))


def _below(folder: Path, snapshot: Snapshot, scope: Scope | None = None) -> list[Source]:
    return [source for source in snapshot.sources(scope) if folder in Path(source.path).parents]


def _splitting(snapshot: Snapshot, document_id: str) -> tuple[str, str]:
    """The splitter and the language of a document."""
    row = snapshot.db.execute("SELECT splitter, language FROM documents WHERE id = ?", (document_id,)).fetchone()
    return str(row[0]), str(row[1])
