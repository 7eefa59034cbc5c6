"""The index folder: who can read it, whether it holds what it should, and whether the models fit it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embed import Embedder
from index.integrity import damage, missing_vectors
from index.lexical import saved_state
from index.private import readable_by_others
from index.searcher import Searcher
from index.snapshot import Snapshot, embedding_text
from index.store import Store, StoreError
from index.vectors import VectorIndex
from qa.serving.operations.finding import Finding

if TYPE_CHECKING:
    from index.postgres.jobs import Jobs

ALIKE = 0.99  # the cosine that the same text has at least, embedded again
AGAIN = "delete {folder} and run refdesk index PATH again, or restore a backup (refdesk restore FILE --force)"
RESTORE = (
    "run refdesk migrate if it is on shards; else restore a backup of the database,"
    " or drop its schema refdesk and run refdesk index PATH again"
)


def check_permissions(folder: Path) -> Finding:
    """Whether others on this machine can read the index, and whether we can change it."""
    if not folder.is_dir():
        return Finding("permissions", "ok", f"{folder} is not there yet: it will be for your user alone")
    opened = readable_by_others(folder)
    if opened:
        detail = f"{len(opened)} files can be read by other users, such as {opened[0]}"
        return Finding("permissions", "wrong", detail, f"chmod -R go-rwx {folder}")
    if not os.access(folder, os.W_OK):
        advice = f"give {folder} to the user that runs Refdesk, if documents are to be added or uploaded"
        return Finding("permissions", "caution", f"{folder} cannot be written to", advice)
    return Finding("permissions", "ok", f"{folder} is for your user alone")


def check_index(store: Store, embedder: Embedder | None) -> Iterator[Finding]:
    """The store and what is derived from it; ``embedder`` is the one in use (None: it could not be loaded)."""
    again = _again_of(store)
    try:
        if not store.exists:
            advice = "make one with refdesk index PATH; refdesk serve begins with the sample documents"
            yield Finding("index", "caution", f"there is no index in {store.name}", advice)
            return
        with store.snapshot() as snapshot:
            found = damage(snapshot)
            yield from (Finding("index", "wrong", line, again) for line in found)
            if not found:
                yield _held(store, snapshot)
                if searcher := store.searcher(snapshot):
                    yield _searched(searcher, snapshot, embedder, again)
                    yield _scoped(store)
                else:
                    yield _lexical_index(store, snapshot)
                    yield _vectors(store, snapshot, embedder, again)
    except StoreError as error:  # it says what to do
        yield Finding("index", "wrong", str(error))


def check_jobs(jobs: Jobs) -> Finding:
    """What is left for workers to index, and what they could not."""
    counts = jobs.counts()
    waiting, running, failed = (counts.get(status, 0) for status in ("waiting", "running", "failed"))
    detail = f"{waiting:,} files wait for workers, {running:,} are being indexed, {failed:,} failed"
    if failed:
        advice = "refdesk jobs list tells why; then refdesk jobs retry, or refdesk jobs cancel"
        return Finding("jobs", "caution", detail, advice)
    return Finding("jobs", "ok", detail)


def _again_of(store: Store) -> str:
    """What to do where the index does not hold what it should."""
    return AGAIN.format(folder=store.folder) if store.name == str(store.folder) else RESTORE


def _held(store: Store, snapshot: Snapshot) -> Finding:
    counts = ", ".join(f"{snapshot.count(table):,} {table}" for table in ("sources", "documents"))
    passages = f"{snapshot.count('chunks'):,} passages"
    return Finding("index", "ok", f"{store.name}: {counts}, {passages}, generation {snapshot.generation}, whole")


def _lexical_index(store: Store, snapshot: Snapshot) -> Finding:
    if saved_state(store) == snapshot.state:
        return Finding("words", "ok", "the lexical index holds the latest generation")
    return Finding("words", "caution", "the lexical index is behind", "nothing: the next question brings it up to date")


def _searched(searcher: Searcher, snapshot: Snapshot, embedder: Embedder | None, again: str) -> Finding:
    """The vectors where the store itself searches them: what it has of passages it can find (``damage``)."""
    return _other_vectors(snapshot, embedder, again) or Finding(
        "vectors", "ok", f"{snapshot.embeddings.count:,} of passages, {searcher.kind}"
    )


def _scoped(store: Store) -> Finding:
    """Whether the database itself keeps from a question what its scope may not see."""
    if store.is_open_to_functions:
        detail = "every user of the database may define functions in schema public, which Refdesk could be made to call"
        return Finding("row security", "caution", detail, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if store.is_scoped:
        return Finding("row security", "ok", "the database itself limits each question to what its scope may see")
    detail = "the database's user bypasses row-level security: Refdesk alone limits what a question sees"
    return Finding("row security", "caution", detail, "connect as a user who is no superuser and has no BYPASSRLS")


def _other_vectors(snapshot: Snapshot, embedder: Embedder | None, again: str) -> Finding | None:
    """That the embedder makes other vectors now, if it does."""
    if embedder is None or (cosine := _again(snapshot, embedder)) >= ALIKE:
        return None
    detail = f"{snapshot.embedder} does not make the same vectors any more (cosine {cosine:.3f})"
    return Finding("vectors", "wrong", detail, again)


def _vectors(store: Store, snapshot: Snapshot, embedder: Embedder | None, again: str) -> Finding:
    vectors = VectorIndex.open(store.folder, snapshot)
    missing = missing_vectors(vectors, snapshot)
    if missing:
        detail = f"{abs(missing):,} vectors {'missing' if missing > 0 else 'too many'}"
        return Finding("vectors", "wrong", detail, f"delete {store.folder}/vectors-*: they are made again")
    if other := _other_vectors(snapshot, embedder, again):
        return other
    detail = f"{len(vectors):,} of passages, {vectors.kind}"
    if not vectors.is_saved:
        return Finding("vectors", "caution", f"{detail}; not saved", "nothing: each start makes them, until a change")
    return Finding("vectors", "ok", detail)


def _again(snapshot: Snapshot, embedder: Embedder) -> float:
    """The cosine of the first passage's vector and the one that the embedder makes of it now; 1 where there is none."""
    if embedder.fingerprint != snapshot.embedder:
        raise StoreError(
            f"the index was made with embedder {snapshot.embedder}, not {embedder.fingerprint}: use that one, or make "
            "another index with --index"
        )
    for ids, vectors in snapshot.embeddings.batches(size=1):
        (now,) = embedder.embed([embedding_text(snapshot.chunk(int(ids[0])))], "passage")
        return float(np.dot(vectors[0], now))
    return 1.0
