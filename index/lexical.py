"""BM25 over chunks, by tantivy, in a folder beside the store.

Chosen by ``python -m benchmarks.lexical``: at 100,000 passages a question takes a seventieth of the time that SQLite's
FTS5 takes, and a passage is added in milliseconds, where bm25s rebuilds its index. The index is derived from the store:
a marker file names the state of the store that the last commit holds. An index that is behind is brought up to date;
one that is damaged, half written, of another store or of another analysis is rebuilt. Scores are Okapi BM25 with
k1 = 1.2, b = 0.75 (Robertson et al. 1994) on the terms of ``index.analyse``. Dropped chunks count in tantivy's
statistics until the index is rebuilt: at the next change while it is small, else when they are a tenth of it.
"""

from __future__ import annotations

import errno
import json
import logging
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import tantivy

from index import analyse, private
from index.bm25 import Bm25Searcher, schema
from index.snapshot import Changes, Selection, Snapshot
from index.store import TIMEOUT, Store, StoreError

log = logging.getLogger(__name__)

FOLDER = ".lexical"  # hidden, so that it is not indexed itself where the index lies among the documents
_VERSION = f"tantivy/1 analyse/{analyse.VERSION}"
_MARKER = "refdesk.json"
_HEAP = 64_000_000  # bytes
_SMALL = 5_000  # chunks that are indexed in a fraction of a second


@dataclass(frozen=True, slots=True)
class Marker:
    """The state of the store that tantivy's commit ``opstamp`` holds.

    ``dropped`` is how many chunks were dropped from the store and still count in the statistics.
    """

    opstamp: int
    generation: int
    state: str
    version: str
    dropped: int


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_NOTHING = Marker(-1, -1, "", "", 0)


class _BusyError(StoreError):
    """Another process is writing the index."""


class _DamagedError(Exception):
    """Files of the index cannot be read."""


@contextmanager
def _damage_noticed() -> Iterator[None]:
    """Over damaged files tantivy raises ValueErrors, or its Rust code panics: both become ``_DamagedError``."""
    try:
        yield
    except ValueError as error:
        raise _DamagedError(str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # derived from BaseException, and importable from nowhere
            raise
        raise _DamagedError(str(error)) from error


class LexicalIndex:
    """The BM25 index of one store. Safe to share between threads."""

    def __init__(self, store: Store, searcher: Callable[[Any, Any], Bm25Searcher] | None = None) -> None:
        """``searcher`` makes a Bm25Searcher of tantivy's searcher and schema; another one is for tests.

        Raises:
            StoreError: its folder cannot be written.
        """
        self._store = store
        self._make_searcher = searcher or Bm25Searcher
        self._lock = threading.Lock()
        self._folder = store.folder / FOLDER
        if not store.writable:  # tantivy makes lock files even to read
            self._move_out()
        try:
            self._index = self._open()
        except StoreError:  # a full disk
            self._move_out()
            self._index = self._open()
        self._marker = _marker_in(self._folder)

    def _move_out(self) -> None:
        """The index cannot be written: search a copy among the temporary files, deleted together with this object.

        Raises:
            StoreError: that copy cannot be written either.
        """
        if self._is_copy:
            raise self._unwritable(OSError("nor is there room for a copy of it"))
        try:
            own = tempfile.mkdtemp(prefix="refdesk-")
            weakref.finalize(self, shutil.rmtree, own, ignore_errors=True)
            copy = Path(own) / FOLDER
            if self._folder.is_dir():
                shutil.copytree(self._folder, copy, copy_function=shutil.copyfile)
        except OSError as error:
            raise self._unwritable(error) from error
        self._folder = copy

    @property
    def _is_copy(self) -> bool:
        return self._folder.parent != self._store.folder

    def _open(self) -> Any:
        return self._existing() or self._create()

    def _existing(self) -> Any | None:
        """The index in the folder; None where there is none that can be opened."""
        if not (self._folder / "meta.json").is_file():
            return None
        try:
            with _damage_noticed():
                return tantivy.Index.open(str(self._folder))
        except _DamagedError as error:
            log.warning("%s is damaged; rebuilding it (%s)", self._folder, _first_line(error))
            return None

    def _create(self, *, replace: bool = False) -> Any:
        """An empty index; where another process has made one meanwhile, that one, unless it is to be replaced."""
        with nullcontext() if self._is_copy else self._store.exclusive():
            index = None if replace else self._existing()
            if index is not None:
                return index
            try:
                shutil.rmtree(self._folder, ignore_errors=True)
                private.make_folder(self._folder)
                return tantivy.Index(schema(), path=str(self._folder))
            except (OSError, ValueError) as error:
                raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> StoreError:
        reason = _first_line(error)
        return StoreError(
            f"cannot write to {self._folder} ({reason}): free some space or choose another folder with --index"
        )

    def search(
        self, snapshot: Snapshot, terms: Sequence[str], limit: int, selection: Selection | None = None
    ) -> list[tuple[int, float]]:
        """The ``limit`` best ``(chunk id, BM25 score)`` of the snapshot's selected chunks, best first.

        An index whose damage shows only now is rebuilt. Chunks dropped since the snapshot are not found.

        Raises:
            StoreError: the index cannot be brought up to date or rebuilt.
        """
        try:
            with _damage_noticed():
                found = self.searcher(snapshot).search(terms, limit, selection)
        except _DamagedError as error:
            log.warning("the lexical index cannot be searched; rebuilding it (%s)", _first_line(error))
            self._rebuild()
            found = self.searcher(snapshot).search(terms, limit, selection)
        existing = snapshot.existing([chunk_id for chunk_id, _ in found])
        return [hit for hit in found if hit[0] in existing]

    def searcher(self, snapshot: Snapshot) -> Bm25Searcher:
        """A searcher that holds the snapshot's chunks; it may hold later ones, and lack those dropped since.

        While another process is writing the index, it may lack the latest chunks.

        Raises:
            StoreError: the index cannot be brought up to date.
        """
        with self._lock:
            if self._marker.state != snapshot.state:
                with suppress(_DamagedError):  # catching up repairs it
                    self._reload()
            if self._marker.state != snapshot.state:
                try:
                    self._catch_up(patience=0.0 if self._marker != _NOTHING else TIMEOUT)
                except _BusyError:
                    log.info("%s is being written: searching its last state", self._folder)
                except StoreError:  # a full disk
                    self._move_out()
                    self._index = self._open()
                    self._catch_up(TIMEOUT)
            return self._make_searcher(self._index.searcher(), self._index.schema)

    def catch_up(self, *, merge: bool = False) -> None:
        """Bring the index to the store's present state; with ``merge``, wait until small segments are merged.

        Raises:
            StoreError: it cannot be written.
        """
        with self._lock:
            self._catch_up(TIMEOUT, merge)

    def _rebuild(self) -> None:
        with self._lock:
            try:
                self._index, self._marker = self._create(replace=True), _NOTHING
                self._catch_up(TIMEOUT)
            except StoreError:  # a full disk
                self._move_out()
                self._index, self._marker = self._create(replace=True), _NOTHING
                self._catch_up(TIMEOUT)

    def _catch_up(self, patience: float, merge: bool = False) -> None:
        """Bring the index up to date, and rebuild it where it is damaged; waits ``patience`` seconds for a writer."""
        try:
            with _damage_noticed():
                self._bring_up(patience, merge)
        except _DamagedError as error:  # or a killed process left the file that is to be written
            if any(f"os error {number})" in str(error) for number in _NO_ROOM):
                raise self._unwritable(error) from error
            log.warning("%s is damaged; rebuilding it (%s)", self._folder, _first_line(error))
            self._index = self._create(replace=True)
            try:
                with _damage_noticed():
                    self._bring_up(patience, merge)
            except _DamagedError as again:
                raise self._unwritable(again) from again

    def _bring_up(self, patience: float, merge: bool) -> None:
        with _writer(self._index, self._folder, patience) as writer, self._store.snapshot() as snapshot:
            self._reload()
            if self._marker.state != snapshot.state:
                self._write(writer, snapshot)
                self._reload()
            if merge:
                writer.wait_merging_threads()
            private.keep([self._folder, *self._folder.iterdir()])

    def _write(self, writer: Any, snapshot: Snapshot) -> None:
        changes = snapshot.since(self._marker.generation, self._marker.state)
        dropped = self._marker.dropped + (len(changes.dropped) if changes else 0)
        if changes is None or _too_many(dropped, snapshot):
            writer.delete_all_documents()
            changes, dropped = Changes(0, ()), 0
        for chunk_id in changes.dropped:
            writer.delete_documents_by_term("id", chunk_id)
        for chunk_id, text, language in snapshot.texts(changes.last):
            writer.add_document(tantivy.Document(id=chunk_id, terms=" ".join(analyse.terms(text, language))))
        marker = Marker(writer.commit(), snapshot.generation, snapshot.state, _VERSION, dropped)
        temporary = self._folder / f"{_MARKER}.tmp"
        temporary.write_text(json.dumps(astuple(marker)), "utf-8")
        temporary.replace(self._folder / _MARKER)

    def _reload(self) -> None:
        with _damage_noticed():
            self._index.reload()
        self._marker = _marker_in(self._folder)


@contextmanager
def _writer(index: Any, folder: Path, patience: float) -> Iterator[Any]:
    """The index's writer. All processes share one: it is waited for at most ``patience`` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            writer = index.writer(_HEAP, 1)
            break
        except ValueError as error:
            if "LockBusy" not in str(error):
                raise
            if time.monotonic() > until:
                raise _BusyError(f"another process is writing to {folder}: try again when it is done") from error
            time.sleep(0.02)
    try:
        yield writer
    finally:
        del writer  # releases the lock


def saved_state(store: Store) -> str:
    """The state of the store that its lexical index holds; "" where there is none that can be used. Only reads."""
    return _marker_in(store.folder / FOLDER).state


def _marker_in(folder: Path) -> Marker:
    """The marker of the present commit; ``_NOTHING`` where it has none."""
    try:
        commit = json.loads((folder / "meta.json").read_text("utf-8"))["opstamp"]
        marker = Marker(*json.loads((folder / _MARKER).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return _NOTHING
    return marker if (marker.opstamp, marker.version) == (commit, _VERSION) else _NOTHING


def _too_many(dropped: int, snapshot: Snapshot) -> bool:
    if dropped == 0:
        return False
    count = snapshot.count("chunks")
    return count <= _SMALL or dropped > count / 10


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
