"""Bringing the derived indexes up to date with the store: at the end of every change, and when they have aged."""

from __future__ import annotations

from index.lexical import LexicalIndex
from index.store import Store
from index.vectors import VectorIndex


def refresh(store: Store) -> None:
    """Bring the lexical and the vector index to the store's present state and save them; rebuild what is outdated.

    Raises:
        StoreError: they cannot be written.
    """
    if store.refresh():
        return
    LexicalIndex(store).catch_up(merge=True)
    with store.snapshot() as snapshot:
        vectors = VectorIndex.open(store.folder, snapshot)
        (VectorIndex.build(snapshot) if vectors.outdated else vectors).save(store.folder)
