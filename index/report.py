"""What a run of ingestion reports: how far it is, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: files and bytes done of all, chunks embedded so far, and the path of the file at hand.

    Of documents that come from no file, ``bytes`` counts the characters.
    """

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    embedded: int
    path: str


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """The document of source ``path`` has nearly the same text as that of ``other``: ``similarity`` up to 1."""

    path: str
    other: str
    similarity: float


@dataclass(slots=True)
class Report:
    """What a run did, by source path; ``failed`` gives the one-line reason of each file that could not be read."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    near_duplicates: list[NearDuplicate] = field(default_factory=list)
    embedded: int = 0

    def add(self, other: Report) -> None:
        """Count also what another run did."""
        for name in ("added", "changed", "unchanged", "removed", "near_duplicates"):
            getattr(self, name).extend(getattr(other, name))
        self.failed.update(other.failed)
        self.embedded += other.embedded

    def count_once(self) -> None:
        """Keep of what was begun again what was done first."""
        done = {*self.added, *self.changed}
        self.unchanged = [path for path in dict.fromkeys(self.unchanged) if path not in done]
        self.removed = list(dict.fromkeys(self.removed))
        self.near_duplicates = list(dict.fromkeys(self.near_duplicates))


class Meter:
    """Counts how much of a run of ``files`` files and ``size`` bytes is done, and calls ``on_progress`` with it."""

    def __init__(self, files: int, size: int, report: Report, on_progress: Callable[[Progress], None]) -> None:
        self._of_files, self._of_bytes = files, size
        self._report = report
        self._on_progress = on_progress
        self._files = self._bytes = 0
        self._at = ("", 0)  # the path of the file at hand, and the bytes that are done with what is at hand

    def read(self, path: str) -> None:
        """The file is read now."""
        self._at = (path, 0)
        self.report()

    @contextmanager
    def writing(self, path: str, size: int, files: int = 1) -> Iterator[None]:
        """While ``size`` bytes are written, with which ``files`` files are done; they are reported under that path."""
        before, self._at = self._at, (path, size)
        self.report()
        yield
        self._count(files, size)
        self._at = before

    def report(self, share: float = 0.0) -> None:
        """``share`` of what is written now, from 0 to 1, is done."""
        path, size = self._at
        self._on_progress(
            Progress(
                self._files,
                self._of_files,
                self._bytes + int(share * size),
                self._of_bytes,
                self._report.embedded,
                path,
            )
        )

    def skip(self, size: int) -> None:
        """Another file, of ``size`` bytes, needs no work, or none can be done."""
        self._count(1, size)
        self._at = ("", 0)
        self.report()

    def _count(self, files: int, size: int) -> None:
        self._files += files
        self._bytes += size
