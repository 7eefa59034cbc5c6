"""FAISS over the chunks' embeddings: exact inner product, derived from the store and rebuilt from it at will.

The file's name carries the state of the store that it was built from and the digest of its bytes, so that a stale,
foreign or damaged file is never searched: it is rebuilt from the truth.
"""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.embed import Vectors
from index.store import Snapshot, StoreError

log = logging.getLogger(__name__)


class VectorIndex:
    """Exact search over the vectors of one state of the store (``faiss.IndexFlatIP``, ids are chunk ids)."""

    def __init__(self, generation: int, state: str, index: faiss.Index) -> None:
        self.generation = generation
        self.state = state
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def kind(self) -> str:
        """The FAISS index type, in words."""
        return "exact (flat inner product)"

    @classmethod
    def build(cls, snapshot: Snapshot) -> VectorIndex:
        """Build from every vector of the snapshot."""
        ids, vectors = snapshot.vectors()
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1] or 1))
        if len(ids):
            index.add_with_ids(vectors, ids)
        return cls(snapshot.generation, snapshot.state, index)

    @classmethod
    def open(cls, folder: Path, snapshot: Snapshot) -> VectorIndex:
        """The file saved for the snapshot's state; built anew where it is missing or damaged."""
        generation, state = snapshot.generation, snapshot.state
        for path in folder.glob(f"{_stem(generation, state)}-*.faiss"):
            try:
                data = path.read_bytes()
            except FileNotFoundError:  # a later generation was saved just now
                continue
            if _name(generation, state, data) == path.name:
                return cls(generation, state, faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))
            log.warning("%s is damaged; rebuilding it from %s", path.name, folder)
        return cls.build(snapshot)

    def save(self, folder: Path) -> None:
        """Write the index to ``folder`` whole or not at all, and delete those of earlier generations."""
        data = faiss.serialize_index(self._index).tobytes()
        path = folder / _name(self.generation, self.state, data)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            if not path.is_file() or path.read_bytes() != data:
                temporary.write_bytes(data)
                with suppress(FileNotFoundError):  # who saved a later generation meanwhile has cleared it away
                    temporary.replace(path)
            for other in folder.glob("vectors-[0-9]*-*"):
                if other != path and self._supersedes(other):
                    other.unlink(missing_ok=True)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StoreError(
                f"cannot write to {folder} ({error.strerror}): free some space or choose another folder with --index"
            ) from error

    def _supersedes(self, path: Path) -> bool:
        """Whether ``path`` is of an earlier generation, or damaged; what another process is writing now is neither."""
        generation = int(path.name.split("-")[1])
        return generation < self.generation or (generation == self.generation and path.suffix == ".faiss")

    def search(self, query: Vectors, limit: int, allowed: NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``limit`` nearest ``(chunk id, cosine)`` to ``query`` of shape (dimension,), best first.

        Only ids in ``allowed`` where it is given.
        """
        limit = min(limit, len(self) if allowed is None else len(allowed))
        if limit == 0:
            return []
        parameters = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]
        scores, ids = self._index.search(query[None, :], limit, params=parameters)
        found = [(int(i), float(score)) for i, score in zip(ids[0], scores[0], strict=True) if i != -1]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))


def _stem(generation: int, state: str) -> str:
    return f"vectors-{generation}-{state[:16]}"


def _name(generation: int, state: str, data: bytes) -> str:
    return f"{_stem(generation, state)}-{hashlib.sha256(data).hexdigest()[:16]}.faiss"
