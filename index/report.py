"""What a run of ingestion tells: how far it is, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: files and bytes done of all, chunks embedded so far, and the file at hand.

    Of documents that come from no file, ``bytes`` counts the characters.
    """

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    embedded: int
    path: str


@dataclass(frozen=True, slots=True)
class Near:
    """The document of source ``path`` has nearly the same text as that of ``other``: ``similarity`` up to 1."""

    path: str
    other: str
    similarity: float


@dataclass(slots=True)
class Report:
    """What a run did, by source path; ``failed`` gives each file's one-line reason."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    near: list[Near] = field(default_factory=list)
    embedded: int = 0


class Meter:
    """Counts the files of a run, whose bytes ``sizes`` gives, and tells ``on_progress``."""

    def __init__(self, sizes: Mapping[Path, int], report: Report, on_progress: Callable[[Progress], None]) -> None:
        self._sizes = sizes
        self._report = report
        self._on_progress = on_progress
        self._total = sum(sizes.values())
        self._files = self._bytes = 0

    def tell(self, path: Path | None, share: float = 0.0) -> None:
        """``share`` of the file ``path`` is done beside those before."""
        now = self._bytes + int(share * self._sizes[path]) if path else self._bytes
        shown = str(path) if path else ""
        self._on_progress(Progress(self._files, len(self._sizes), now, self._total, self._report.embedded, shown))

    def done(self, path: Path) -> None:
        """The file ``path`` is done, however it went."""
        self._files += 1
        self._bytes += self._sizes[path]
