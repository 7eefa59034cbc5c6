"""The first stage of ingestion: which files have to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from index.manifest import FileKey, FileState, change_date, record_of, sources_in, state_of
from index.paths import member_path, path_text, wrong_name
from index.run import Run
from index.store import Store


class ChangedFile(NamedTuple):
    """A file to read, of ``size`` bytes; ``state`` is None where reading it gives the reason for refusing it."""

    path: Path
    size: int
    state: FileState | None


class ChangeDetector:
    """Tells the files that changed since they were last read, for this collection and owner, from those that did not.

    A file also counts as changed when files are now read or split in another way: under another ``reading``
    (``manifest.reading_fingerprint``) or by another ``splitter`` (its fingerprint).
    """

    def __init__(self, store: Store, reading: str, splitter: str, run: Run) -> None:
        self._store = store
        self._reading = reading
        self._splitter = splitter
        self._run = run
        self._new_dates: list[tuple[FileKey, float, float]] = []

    def changed(self, sizes: Mapping[Path, int]) -> Iterator[ChangedFile]:
        """The files to read among those of ``sizes`` (bytes by path), in order; the others go into the report."""
        for path, size in sizes.items():
            if reason := wrong_name(path):
                self._run.report.failed[path_text(path)] = reason
                self._run.meter.skip(size)
                continue
            state = state_of(path)
            if state and self._is_unchanged(path, state):
                self._run.meter.skip(size)
                continue
            yield ChangedFile(path, size, state)

    def _is_unchanged(self, path: Path, state: FileState) -> bool:
        """Whether the store holds all that reading the file would give; if so, that is reported."""
        key = self._run.key(path)
        with self._store.snapshot() as snapshot:
            record = record_of(snapshot, key)
            if record is None or (record.digest, record.reading) != (state.digest, self._reading):
                return False
            held = sources_in(snapshot, key)
        if len(held) != record.parts or any(splitter != self._splitter for _, splitter in held.values()):
            return False
        self._run.report.unchanged += held
        self._run.report.failed.update({member_path(path, name): reason for name, reason in record.failed})
        if state.modified != record.modified:
            self._new_dates.append((key, record.modified, state.modified))
        return True

    def save_dates(self) -> None:
        """Store the dates of the files that have a new date and the same bytes."""
        if self._new_dates:
            with self._store.transaction() as transaction:
                for key, before, now in self._new_dates:
                    change_date(transaction, key, before, now)
