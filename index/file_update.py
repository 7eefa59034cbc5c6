"""What a file that was read changes in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.document import Part
from index import near_duplicates
from index.changed import ChangedFile
from index.manifest import FileRecord, save_record
from index.paths import member_path
from index.run import Run
from index.transaction import Transaction
from index.write import IncomingDocument


@dataclass(frozen=True, slots=True)
class FileUpdate:
    """The documents that a file gave and, by ``finish``, all else that changes with them.

    ``reading`` is the ``manifest.reading_fingerprint``; ``held`` are the document ids, by source path, that the store
    has from the file. A member that cannot be read now keeps what it has.
    """

    file: ChangedFile
    parts: Sequence[Part]
    reading: str
    held: Mapping[str, str]
    run: Run

    @property
    def documents(self) -> list[IncomingDocument]:
        """The documents in the file, in its order."""
        return [
            IncomingDocument(
                self.run.source(
                    self._path_of(part.name), part.document.id, part.modified, part.metadata, part.prepared.edition
                ),
                part.document,
                part.prepared,
            )
            for part in self.parts
            if part.document and part.prepared
        ]

    @property
    def failed(self) -> dict[str, str]:
        """The reason for each member, by its name in the file, that gave no document."""
        return {part.name: part.reason for part in self.parts if part.document is None}

    def finish(self, transaction: Transaction) -> None:
        """Store and report what changes beside the documents: members that are gone, the record, near-duplicates."""
        report, documents = self.run.report, self.documents
        failed = {self._path_of(name): reason for name, reason in self.failed.items()}
        report.failed.update(failed)
        present = {incoming.source.path for incoming in documents} | (failed.keys() & self.held.keys())
        for path, document_id in self.held.items():
            if path not in present:
                transaction.remove(self.run.source(path, document_id))
                report.removed.append(path)
        if state := self.file.state:
            members = tuple(self.failed.items())
            record = FileRecord(state.digest, self.reading, state.modified, len(present), members)
            save_record(transaction, self.run.key(self.file.path), record)
        for source, document, prepared in documents:
            if self.held.get(source.path) != document.id:
                report.near_duplicates += near_duplicates.record(transaction, source, prepared.sketch)

    def _path_of(self, name: str) -> str:
        return member_path(self.file.path, name)
