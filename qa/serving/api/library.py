"""Changes to the documents that everyone may see: files are kept below the index, indexed, read again and removed."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from documents.document import Source
from index.ingest import Ingest, remove
from index.paths import is_under
from index.report import Report
from index.snapshot import Snapshot
from index.store import Store
from qa.serving.api.problems import RequestError
from qa.serving.library.originals import indexed_file
from qa.serving.uploads.conversations import MEGABYTE, UploadError
from qa.serving.uploads.receive import keeping
from qa.serving.uploads.uploads import is_readable, safe_name

PENDING = 4  # changes that are made or wait
RETRY_AFTER = 5  # seconds
# The folder of these files, in the index folder. Hidden, so that indexing a folder that holds the index does not index
# them twice.
FILES = ".files"
ABANDONED = 3600.0  # seconds after which a file that was being sent comes no more


class Library:
    """Changes what ``store`` holds for everyone, one change at a time. Safe to share between threads.

    A file comes in three steps: ``begin`` says where to write it, ``add`` indexes it, and ``release`` frees its place.
    The file is kept, under its name in its collection: another of that name takes its place.

    A change raises RequestError where too many wait already, and StoreError where the index cannot be written.
    """

    def __init__(self, store: Store, ingest: Ingest, most_bytes: int) -> None:
        """``most_bytes``: of one file; 0: none is taken."""
        self._store = store
        self._ingest = ingest
        self.most_bytes = most_bytes
        self._folder = store.folder.absolute() / FILES
        self._lock = threading.Lock()
        self._pending = threading.BoundedSemaphore(PENDING)
        for left in (self._folder / "coming").glob("*"):  # by a server that was killed
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)

    def begin(self, name: str, size: int) -> Path:
        """Where to write a file of ``size`` bytes that is called ``name``; ``release`` it in any case.

        Raises:
            UploadError: it is not taken.
        """
        safe = safe_name(name)
        if not (is_readable(name) and is_readable(safe)):
            raise UploadError("files of that format cannot be read: end the name with its suffix", 415)
        if size > self.most_bytes:
            raise UploadError(f"larger than {self.most_bytes // MEGABYTE} MB (REFDESK_UPLOAD_LIMIT)", 413)
        folder = self._folder / "coming" / secrets.token_hex(8)
        with keeping(folder):
            folder.mkdir(mode=0o700, parents=True)
        return folder / safe

    def release(self, path: Path) -> None:
        """Nothing more comes for ``path``."""
        shutil.rmtree(path.parent, ignore_errors=True)

    def add(self, path: Path, collection: str) -> tuple[Report, Path]:
        """Keep and index the file that was written to ``path``; the report, and where the file is kept.

        One that cannot be read or indexed is not kept, and leaves the file that it would replace.

        Raises:
            UploadError: the file cannot be kept.
        """
        kept = self._folder / hashlib.sha256(collection.encode()).hexdigest()[:16] / path.name
        before = path.with_name("before")
        with self._changing(), keeping(kept):
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if kept.exists():
                kept.replace(before)
            path.replace(kept)
            is_added = False
            try:
                report = self._ingest.update([kept], collection=collection)
                is_added = bool(report.added or report.changed or report.unchanged)
            finally:
                if not is_added:
                    kept.unlink()
                    if before.exists():
                        before.replace(kept)
        return report, kept

    def remove(self, sources: list[Source]) -> list[str]:
        """Take the sources out of the index, and delete the files kept here that no source comes from any more.

        Returns the paths of the sources.
        """
        with self._changing():
            removed: list[str] = []
            for source in sources:
                removed += remove(self._store, [Path(source.path)], collection=source.collection)
                file = _whole_file(source)
                if file and self._folder in file.parents and not self._has_others(file, source.collection):
                    file.unlink(missing_ok=True)
        return removed

    def _has_others(self, file: Path, collection: str) -> bool:
        """Whether anything in the collection comes from the file: another member of an archive, another attachment."""
        with self._store.snapshot() as snapshot:
            return any(own.collection == collection and is_under(own.path, file) for own in snapshot.sources())

    def reindex(self, sources: list[Source]) -> Report:
        """Read the files of the sources again, where they have changed.

        Raises:
            RequestError: a source comes from no file, or from one of which a member was deleted.
            DocumentError: a file is missing.
        """
        with self._store.snapshot() as snapshot:
            files = sorted({(_file_of(snapshot, source), source.collection) for source in sources})
        whole = Report()
        with self._changing():
            for file, collection in files:
                whole.add(self._ingest.update([file], collection=collection))
        return whole

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if not self._pending.acquire(blocking=False):
            raise RequestError("other changes are being made: try again in a moment", 503, RETRY_AFTER)
        try:
            with self._lock:
                yield
        finally:
            self._pending.release()


def _file_of(snapshot: Snapshot, source: Source) -> Path:
    """The file that the source is, or that it is a member of.

    Raises:
        RequestError: there is none, or reading it again would bring a member back that was deleted.
    """
    file = indexed_file(snapshot, source)
    if file is None:
        raise RequestError(f"{source.name} comes from no file: add it again", 409)
    path = Path(file.path)
    if not file.is_whole:
        raise RequestError(f"what was deleted of {path.name} would come back: add the file again", 409)
    return path


def _whole_file(source: Source) -> Path | None:
    """The file on the disk that the source is, or that it is a member of."""
    path = Path(source.path)
    return next((file for file in (path, *path.parents) if file.is_file()), None)
