"""What the stages of one run of ingestion share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from documents.document import Document, Edition, Source
from index.manifest import FileKey
from index.report import Meter, Report


@dataclass(frozen=True, slots=True)
class Run:
    """The collection and the owner (None: everyone) that a run fills, and where it reports."""

    collection: str
    owner: str | None
    report: Report
    meter: Meter

    def key(self, path: Path) -> FileKey:
        """The key of the file's record."""
        return FileKey(str(path), self.collection, self.owner)

    def own(self, document: Document) -> Document:
        """The document as one of this run's owner."""
        return replace(document, owner=self.owner) if self.owner else document

    def source(
        self,
        path: str,
        document_id: str,
        modified: float | None = None,
        metadata: tuple[tuple[str, str], ...] = (),
        edition: Edition = Edition(),  # noqa: B008 - frozen
    ) -> Source:
        """A source of this run's collection and owner."""
        return Source(path, document_id, self.collection, self.owner, modified, metadata, edition)
