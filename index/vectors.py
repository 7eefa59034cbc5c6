"""Nearest-neighbour search with FAISS over the chunks' embeddings, derived from the store.

Chunks without an embedding (``index.embedding_policy``) are not in it.

A *base* is a file that never changes: its name carries the state of the store that it was built from and the digest of
its bytes, so that a stale, foreign or damaged base is never searched as if it were current. Chunks that came since are
read from the store and searched exactly; chunks that were dropped since are left out. When much has changed since, the
base is rebuilt. A small base is exact; a large one is an inverted file with scalar quantisation (Jégou et al. 2011),
whose best candidates are scored again with the store's vectors. ``python -m benchmarks.scale`` measures both.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index import private
from index.embed import Vectors
from index.snapshot import Selection, Snapshot
from index.store import StoreError

log = logging.getLogger(__name__)

# A base is outdated when more vectors than this, and than this share of it, have come or gone since.
STALE, STALE_SHARE = 1000, 0.1
# Candidates beyond those wanted, since the order of the last ones is only known once they are scored exactly.
_SPARE = 10

_NAME = re.compile("vectors-([0-9]+)-([0-9a-f]{64})-([0-9a-f]{16})[.]faiss")

Exact = Callable[[Sequence[int]], Vectors]


@dataclass(frozen=True, slots=True)
class Approximation:
    """From how many vectors on a base is approximate, and how closely.

    Up to ``exact`` vectors it is exact. Beyond, each list is trained on ``trained`` vectors, the share ``probed`` of
    the lists is searched, and ``refined`` candidates for each vector wanted are scored exactly.
    """

    exact: int = 100_000
    trained: int = 50
    probed: float = 1 / 32
    refined: int = 4


DEFAULT = Approximation()


@dataclass(frozen=True)
class _Base:
    """A FAISS index with chunk ids, built from one state of the store; ``path`` is None until it is saved."""

    generation: int
    state: str
    index: Any
    path: Path | None = None

    @property
    def lists(self) -> int:
        """The number of lists of an inverted file; 0 where the base is exact."""
        return int(self.index.nlist) if isinstance(self.index, faiss.IndexIVF) else 0


@dataclass(frozen=True)
class VectorIndex:
    """Nearest-neighbour search over the vectors of one state of the store.

    ``_ids`` and ``_vectors`` are of the chunks that came since the base was built, ``_dropped`` are ids of the base
    whose chunks are gone.
    """

    generation: int
    state: str
    _base: _Base
    _ids: NDArray[np.int64]
    _vectors: Vectors
    _dropped: NDArray[np.int64]
    _approximation: Approximation = DEFAULT

    def __len__(self) -> int:
        return int(self._base.index.ntotal) - len(self._dropped) + len(self._ids)

    @property
    def kind(self) -> str:
        """The type of FAISS index, in words."""
        lists = self._base.lists
        kind = f"inverted file of {lists} lists, 8-bit, refined" if lists else "exact (flat inner product)"
        return f"{kind}; {len(self._ids)} since" if len(self._ids) else kind

    @property
    def is_saved(self) -> bool:
        """Whether its base is a file, which another process need not build again."""
        return self._base.path is not None

    @property
    def outdated(self) -> bool:
        """Whether the base should be rebuilt."""
        changed = len(self._ids) + len(self._dropped)
        return changed > max(STALE, STALE_SHARE * int(self._base.index.ntotal))

    @classmethod
    def build(cls, snapshot: Snapshot, approximation: Approximation = DEFAULT) -> VectorIndex:
        """Build from every vector of the snapshot."""
        base = _Base(snapshot.generation, snapshot.state, _built(snapshot, approximation))
        return cls._over(base, approximation)

    @classmethod
    def open(cls, folder: Path, snapshot: Snapshot, approximation: Approximation = DEFAULT) -> VectorIndex:
        """The latest base saved in the folder, brought up to the snapshot; built where there is none."""
        for base in _saved(folder, snapshot):
            current = cls._over(base, approximation).following(snapshot)
            if current is not None:
                return current
        return cls.build(snapshot, approximation)

    @classmethod
    def _over(cls, base: _Base, approximation: Approximation) -> VectorIndex:
        """The base alone."""
        none = np.empty(0, dtype=np.int64)
        no_vectors = np.empty((0, base.index.d), dtype=np.float32)
        return cls(base.generation, base.state, base, none, no_vectors, none, approximation)

    def following(self, snapshot: Snapshot) -> VectorIndex | None:
        """This index brought up to the snapshot; None where that is not a later state of the same store."""
        if self.state == snapshot.state:
            return self
        changes = snapshot.since(self.generation, self.state)
        if changes is None or len(self) == 0:  # an empty index is rebuilt at once
            return None
        gone = np.array(changes.vectors, dtype=np.int64)
        kept = ~np.isin(self._ids, gone)
        ids, vectors = snapshot.embeddings.all(changes.last)
        return replace(
            self,
            generation=snapshot.generation,
            state=snapshot.state,
            _ids=np.concatenate([self._ids[kept], ids]),
            _vectors=np.concatenate([self._vectors[kept], vectors]) if len(ids) else self._vectors[kept],
            _dropped=np.union1d(self._dropped, gone[np.isin(gone, self._ids, invert=True)]),
        )

    def save(self, folder: Path) -> None:
        """Write the base to ``folder``, whole or not at all, and delete bases of earlier generations.

        Raises:
            StoreError: it cannot be written.
        """
        temporary = folder / f"{_stem(self._base)}.{os.getpid()}-{threading.get_ident()}.tmp"
        path = self._base.path
        try:
            if path is None:
                private.make_file(temporary)
                faiss.write_index(self._base.index, str(temporary))
                with suppress(FileNotFoundError):  # deleted by a process that saved a later generation meanwhile
                    path = folder / f"{_stem(self._base)}-{_digest(temporary)}.faiss"
                    temporary.replace(path)
            for other in folder.glob("vectors-[0-9]*-*"):
                if other != path and self._supersedes(other):
                    other.unlink(missing_ok=True)
        except (OSError, RuntimeError) as error:  # FAISS raises the latter
            temporary.unlink(missing_ok=True)
            reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
            raise StoreError(
                f"cannot write to {folder} ({reason}): free some space or choose another folder with --index"
            ) from error

    def _supersedes(self, path: Path) -> bool:
        """Whether ``path`` is of an earlier generation or damaged, and no file that another process is writing."""
        generation = int(path.name.split("-")[1])
        return generation < self._base.generation or (generation == self._base.generation and path.suffix == ".faiss")

    def search(
        self, query: Vectors, limit: int, exact: Exact, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The ``limit`` nearest ``(chunk id, cosine)`` to ``query`` of shape (dimension,), best first.

        Candidates are scored with their vectors as the store holds them, which ``exact`` reads where the base is
        approximate.
        """
        if limit == 0 or len(self) == 0:
            return []
        fresh = self._ids if selection is None else self._ids[selection.keeps(self._ids)]
        near = self._vectors[np.isin(self._ids, fresh)] @ query
        candidates = [*self._in_base(query, limit, selection), *fresh[np.argsort(-near)[: limit + _SPARE]].tolist()]
        if not candidates:
            return []
        # In one way for all: the same vector has the same cosine, whether it is found in the base or beside it.
        vectors = self._stored(candidates, exact)
        cosines = np.einsum("ij,j->i", vectors, query, dtype=np.float64).astype(np.float32)
        found = zip(candidates, cosines.tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def _in_base(self, query: Vectors, limit: int, selection: Selection | None) -> list[int]:
        """Ids of the nearest chunks of the base, somewhat more than ``limit``."""
        index, lists = self._base.index, self._base.lists
        selector = _selector(selection, self._dropped)
        parameters: Any = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        wanted = limit + _SPARE
        if lists:
            wanted *= self._approximation.refined
            # The fewer chunks are selected, the more lists are searched for them.
            chosen = int(index.ntotal)
            if selection and not selection.hidden:
                chosen = len(selection.ids) if selection.vectors is None else selection.vectors
            probed = min(lists, max(1, round(self._approximation.probed * lists * index.ntotal / max(1, chosen))))
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probed)  # type: ignore[call-arg]
        wanted = min(wanted, int(index.ntotal))
        if wanted == 0:
            return []
        with _one_thread():
            ids = index.search(query[None, :], wanted, params=parameters)[1][0]
        return [int(i) for i in ids if i != -1]

    def _stored(self, ids: Sequence[int], exact: Exact) -> Vectors:
        """The store's vectors of chunk ids, of shape (len(ids), dimension); an exact index holds them itself."""
        if self._base.lists:
            return exact(ids)
        wanted = np.array(ids, dtype=np.int64)
        is_later = np.isin(wanted, self._ids)
        vectors = np.empty((len(wanted), self._base.index.d), dtype=np.float32)
        vectors[is_later] = self._vectors[np.searchsorted(self._ids, wanted[is_later])]
        vectors[~is_later] = self._base.index.reconstruct_batch(wanted[~is_later])
        return vectors


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS on one thread: for a single query, waiting for a second takes many times longer than the search."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _selector(selection: Selection | None, dropped: NDArray[np.int64]) -> Any:
    """The ids that FAISS searches: those selected and not dropped; None: all."""
    parts = []
    if selection is not None:
        ids = faiss.IDSelectorBatch(selection.ids)
        parts.append(faiss.IDSelectorNot(ids) if selection.hidden else ids)
    if len(dropped):
        parts.append(faiss.IDSelectorNot(faiss.IDSelectorBatch(dropped)))
    if len(parts) == 2:
        return faiss.IDSelectorAnd(*parts)
    return parts[0] if parts else None


def _built(snapshot: Snapshot, approximation: Approximation) -> Any:
    """A FAISS index of every vector of the snapshot."""
    count = snapshot.embeddings.count
    dimension = snapshot.embeddings.dimension or 1
    exact = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
    index = exact if count <= approximation.exact else _trained(snapshot, count, dimension, approximation.trained)
    for ids, vectors in snapshot.embeddings.batches():
        index.add_with_ids(vectors, ids)
    return index


def _trained(snapshot: Snapshot, count: int, dimension: int, vectors_a_list: int) -> Any:
    """An empty inverted file of about 4 √count lists, trained on a sample of the vectors."""
    lists = 4 * round(math.sqrt(count))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension), dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    step = max(1, count // (vectors_a_list * lists))
    sample = np.concatenate([vectors[::step].copy() for _, vectors in snapshot.embeddings.batches()])
    index.train(sample)
    index.parallel_mode = 0
    return index


def _saved(folder: Path, snapshot: Snapshot) -> Iterator[_Base]:
    """The undamaged bases in the folder that were built from states of this store, the latest first."""
    named = [(_NAME.fullmatch(path.name), path) for path in folder.glob("vectors-*.faiss")]
    for name, path in sorted(((name, path) for name, path in named if name), key=lambda pair: -int(pair[0][1])):
        if snapshot.since(int(name[1]), name[2]) is None:
            continue
        try:
            if _digest(path) == name[3]:
                yield _Base(int(name[1]), name[2], faiss.read_index(str(path)), path)
            else:
                log.warning("%s is damaged; rebuilding it from %s", path.name, folder)
        except FileNotFoundError:  # another process has just saved a later generation
            continue


def _stem(base: _Base) -> str:
    return f"vectors-{base.generation}-{base.state}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
