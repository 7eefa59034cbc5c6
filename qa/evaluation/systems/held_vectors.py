"""Vectors of texts that another index holds already: silent documents and languages asked together share theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from index.embed import Embedder, Role, Vectors
from index.snapshot import embedding_key
from index.store import Store, StoreError

COMPLETE = "complete"  # the file in an index's folder that says so


class HeldVectors:
    """Embeds passages that no finished index of this embedder's below ``folder`` holds."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self.fingerprint = embedder.fingerprint
        self._embedder = embedder
        self._stores = [store for store, made_with in complete_indexes(folder) if made_with == embedder.fingerprint]

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role != "passage":
            return self._embedder.embed(texts, role)
        keys = [embedding_key(text) for text in texts]
        vectors = dict[str, Vectors]()
        for store in self._stores:
            with store.snapshot() as snapshot:
                vectors |= snapshot.embeddings.of_keys([key for key in keys if key not in vectors])
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        if new:
            vectors |= zip(new, self._embedder.embed(list(new.values()), role), strict=True)
        return np.stack([vectors[key] for key in keys])


def complete_indexes(folder: Path) -> Iterator[tuple[Store, str]]:
    """The finished indexes below ``folder`` that can be read, and the fingerprints of their embedders."""
    for complete in sorted(folder.glob(f"*/{COMPLETE}")):
        store = Store(complete.parent)
        try:
            with store.snapshot() as snapshot:
                yield store, snapshot.embedder
        except StoreError:  # of an older version, say: it is made anew where it is wanted
            continue
