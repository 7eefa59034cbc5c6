"""The last stages of ingestion: embedding the texts that the store lacks, and writing documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from documents.document import Chunk, Document, Prepared, Source
from index.embed import Embedder, Vectors
from index.embedded import is_embedded
from index.run import Run
from index.snapshot import Snapshot, embedding_key, embedding_text
from index.store import Store
from index.transaction import Transaction


class IncomingDocument(NamedTuple):
    """A document to be stored: where it came from, and the chunks and the language found by preparing it."""

    source: Source
    document: Document
    prepared: Prepared


class _Stored(NamedTuple):
    """What the store is to hold of a document; no chunks where it holds them already."""

    document: Document
    splitter: str
    chunks: Sequence[Chunk] = ()
    language: str = ""


class Writer:
    """Embeds and writes the documents of one run; ``splitter`` is the fingerprint of what split them."""

    def __init__(self, store: Store, embedder: Embedder, splitter: str, run: Run, texts_at_once: int) -> None:
        self._store = store
        self._embedder = embedder
        self._splitter = splitter
        self._report = run.report
        self._meter = run.meter
        self._texts_at_once = texts_at_once  # embedded between two reports of progress

    def outdated(self, documents: Sequence[IncomingDocument]) -> list[IncomingDocument]:
        """Those that the store lacks or that were read or split in another way; the others are reported unchanged."""
        outdated = list[IncomingDocument]()
        with self._store.snapshot() as snapshot:
            for incoming in documents:
                wanted = self._wanted(snapshot, incoming)
                version = (wanted.document.id, wanted.document.parser, wanted.splitter, incoming.source.edition)
                if snapshot.version(incoming.source) == version:
                    self._report.unchanged.append(incoming.source.path)
                else:
                    outdated.append(incoming)
        return outdated

    def embed(self, documents: Sequence[IncomingDocument]) -> dict[str, Vectors]:
        """The embeddings that the store lacks of the documents' chunks, by key, each of shape (dimension,)."""
        if not documents:
            return {}
        with self._store.snapshot() as snapshot:
            missing = _missing_texts([self._wanted(snapshot, incoming) for incoming in documents], snapshot)
        return self._embedded(missing)

    def write(
        self,
        documents: Sequence[IncomingDocument],
        embeddings: Mapping[str, Vectors],
        finish: Callable[[Transaction], None] | None = None,
    ) -> None:
        """Write the documents in one transaction, in which ``finish`` is called last, and report them."""
        if not documents and finish is None:
            return
        with self._store.transaction() as transaction:
            wanted = [self._wanted(transaction, incoming) for incoming in documents]
            are_new = [transaction.version(incoming.source) is None for incoming in documents]
            transaction.add_embeddings(embeddings)
            # Another process may have dropped some that were stored when the texts were embedded.
            transaction.add_embeddings(self._embedded(_missing_texts(wanted, transaction)))
            for (source, *_), (document, splitter, chunks, language) in zip(documents, wanted, strict=True):
                transaction.put(source, document, chunks, splitter, language)
            if finish:
                finish(transaction)
        for (source, *_), is_new in zip(documents, are_new, strict=True):
            (self._report.added if is_new else self._report.changed).append(source.path)

    def _wanted(self, snapshot: Snapshot, incoming: IncomingDocument) -> _Stored:
        """What the store is to hold: the document as it came, or as it is if others than its owner have it too.

        What one visitor brings must not change titles, sections and pages of everybody's document of the same text.
        """
        source, document, prepared = incoming
        shared = snapshot.shared_document(document.id, source.owner) if source.owner is not None else None
        if shared:
            return _Stored(*shared)
        chunks = [Chunk(document, start, end) for start, end in prepared.chunks]
        return _Stored(document, self._splitter, chunks, prepared.language)

    def _embedded(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        """The embeddings of ``texts``, by the same keys."""
        keys, embeddings = list(texts), dict[str, Vectors]()
        for start in range(0, len(keys), self._texts_at_once):
            part = keys[start : start + self._texts_at_once]
            embeddings.update(zip(part, self._embedder.embed([texts[key] for key in part], "passage"), strict=True))
            self._report.embedded += len(part)
            self._meter.report(len(embeddings) / len(keys))
        return embeddings


def batches(documents: Iterable[IncomingDocument], characters: int) -> Iterator[list[IncomingDocument]]:
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


def characters_of(documents: Iterable[IncomingDocument]) -> int:
    """How many characters the documents have together."""
    return sum(len(incoming.document.text) for incoming in documents)


def _missing_texts(wanted: Sequence[_Stored], snapshot: Snapshot) -> dict[str, str]:
    """The texts of chunks whose embeddings the store lacks, by key."""
    chunks = (chunk for stored in wanted for chunk in stored.chunks if is_embedded(chunk))
    texts = {embedding_key(text): text for text in map(embedding_text, chunks)}
    known = snapshot.known_embeddings(list(texts))
    return {key: text for key, text in texts.items() if key not in known}
