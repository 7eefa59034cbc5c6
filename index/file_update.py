"""What a file that was read changes in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from documents.document import Part
from index import near_duplicates
from index.changed import ChangedFile
from index.manifest import FileRecord, save_record
from index.paths import member_path
from index.run import Run
from index.transaction import Transaction
from index.write import IncomingDocument, Portion, characters_of


@dataclass(frozen=True)
class FileUpdate:
    """The documents that a file gave, and all else that changes with them.

    ``reading`` is the ``manifest.reading_fingerprint``; ``held`` are the document ids, by source path, that the store
    has from the file. A member that cannot be read now keeps what it has.
    """

    file: ChangedFile
    parts: Sequence[Part]
    reading: str
    held: Mapping[str, str]
    run: Run

    def portions(self, characters: int) -> Iterator[Portion]:
        """What is to be written, at least one portion, of so many characters each; a longer document is alone."""
        batches = list(_batches(self._documents, characters)) or [[]]
        total, done, reported = characters_of(self._documents) or 1, 0, 0
        for batch in batches[:-1]:
            done += characters_of(batch)
            size = self.file.size * done // total - reported
            reported += size
            yield Portion(str(self.file.path), size, 0, batch)
        yield Portion(str(self.file.path), self.file.size - reported, 1, batches[-1], self._finish)

    @cached_property
    def _documents(self) -> list[IncomingDocument]:
        """The documents in the file, in its order."""
        found = list[IncomingDocument]()
        for part in self.parts:
            if part.document and part.prepared:
                document, edition = self.run.own(part.document), part.prepared.edition
                source = self.run.source(self._path_of(part.name), document.id, part.modified, part.metadata, edition)
                found.append(IncomingDocument(source, document, part.prepared))
        return found

    def _finish(self, transaction: Transaction) -> None:
        """Store and report what changes beside the documents: members that are gone, the record, near-duplicates."""
        report, members = self.run.report, {part.name: part.reason for part in self.parts if part.document is None}
        failed = {self._path_of(name): reason for name, reason in members.items()}
        report.failed.update(failed)
        present = {incoming.source.path for incoming in self._documents} | (failed.keys() & self.held.keys())
        for path, document_id in self.held.items():
            if path not in present:
                transaction.remove(self.run.source(path, document_id))
                report.removed.append(path)
        if state := self.file.state:
            record = FileRecord(state.digest, self.reading, state.modified, len(present), tuple(members.items()))
            save_record(transaction, self.run.key(self.file.path), record)
        for source, document, prepared in self._documents:
            if self.held.get(source.path) != document.id:
                report.near_duplicates += near_duplicates.record(transaction, source, prepared.sketch)

    def _path_of(self, name: str) -> str:
        return member_path(self.file.path, name)


def _batches(documents: Iterable[IncomingDocument], characters: int) -> Iterator[list[IncomingDocument]]:
    """The documents in order, some of ``characters`` in all together; a longer one is alone."""
    batch, size = list[IncomingDocument](), 0
    for incoming in documents:
        if batch and size + len(incoming.document.text) > characters:
            yield batch
            batch, size = [], 0
        batch.append(incoming)
        size += len(incoming.document.text)
    if batch:
        yield batch
