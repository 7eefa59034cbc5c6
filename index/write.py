"""The last stages of ingestion: embedding the texts that the store lacks, and writing documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from documents.document import Chunk, Document, Prepared, Source
from index.embed import Embedder, Vectors
from index.embedding_policy import is_embedded
from index.run import Run
from index.snapshot import Snapshot, embedding_key, embedding_text
from index.store import Store
from index.transaction import Transaction

PORTIONS_AT_ONCE = 100  # files, or parts of them, written in one transaction


class IncomingDocument(NamedTuple):
    """A document to be stored: where it came from, and the chunks and the language found by preparing it."""

    source: Source
    document: Document
    prepared: Prepared


class Portion(NamedTuple):
    """What is written together: documents and, by ``finish``, what else changes after them.

    Progress is reported under ``path``: ``size`` bytes, and ``files`` files that are done with it.
    """

    path: str
    size: int
    files: int
    documents: Sequence[IncomingDocument]
    finish: Callable[[Transaction], None] | None = None

    @property
    def characters(self) -> int:
        """How many characters the documents have together."""
        return characters_of(self.documents)


class _Stored(NamedTuple):
    """What the store is to hold of a document; no chunks where it holds them already."""

    document: Document
    splitter: str
    chunks: Sequence[Chunk] = ()
    language: str = ""


class Writer:
    """Embeds and writes the documents of one run; ``splitter`` is the fingerprint of what split them.

    Portions are collected until they have ``characters_at_once`` in all: small files share a transaction, which takes a
    database longer than its rows do.
    """

    def __init__(
        self, store: Store, embedder: Embedder, splitter: str, run: Run, *, texts_at_once: int, characters_at_once: int
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._splitter = splitter
        self._collection, self._owner = run.collection, run.owner or ""
        self._report = run.report
        self._meter = run.meter
        self._texts_at_once = texts_at_once  # embedded between two reports of progress
        self._characters_at_once = characters_at_once
        self._waiting, self._characters = list[Portion](), 0

    def add(self, portion: Portion) -> None:
        """Write the portion, soon: what it would make too much is written first."""
        self._characters += portion.characters
        if self._characters > self._characters_at_once or len(self._waiting) == PORTIONS_AT_ONCE:
            self.flush()
            self._characters = portion.characters
        self._waiting.append(portion)

    def flush(self) -> None:
        """Write what waits."""
        portions, self._waiting, self._characters = self._waiting, [], 0
        if portions:
            size, files = sum(portion.size for portion in portions), sum(portion.files for portion in portions)
            with self._meter.writing(portions[0].path, size, files):
                self._write(portions)

    def _write(self, portions: Sequence[Portion]) -> None:
        """Write the portions, in order, in one transaction, and report their documents."""
        with self._store.snapshot() as snapshot:
            portions = [portion._replace(documents=self._outdated(portion.documents, snapshot)) for portion in portions]
            documents = [incoming for portion in portions for incoming in portion.documents]
            # Who brings a text could tell by the time whether somebody else has it: it is embedded again for others.
            known = partial(snapshot.embeddings.of_sources, self._collection, self._owner)
            missing = self._missing_texts(map(self._wanted, documents), known)
        if not documents and not any(portion.finish for portion in portions):
            return
        embeddings = self._embedded(missing)
        with self._store.transaction() as transaction:
            wanted = [list(map(self._wanted, portion.documents)) for portion in portions]
            are_new = [transaction.version(incoming.source) is None for incoming in documents]
            transaction.add_embeddings(embeddings)
            # Another process may have dropped some that were stored when the texts were embedded.
            lost = self._missing_texts(chain.from_iterable(wanted), transaction.embeddings.known, 1.0)
            transaction.add_embeddings(self._embedded(lost))
            for portion, stored in zip(portions, wanted, strict=True):
                for (source, *_), (document, splitter, chunks, language) in zip(portion.documents, stored, strict=True):
                    transaction.put(source, document, chunks, splitter, language)
                if portion.finish:
                    portion.finish(transaction)
        for (source, *_), is_new in zip(documents, are_new, strict=True):
            (self._report.added if is_new else self._report.changed).append(source.path)

    def _outdated(self, documents: Sequence[IncomingDocument], snapshot: Snapshot) -> list[IncomingDocument]:
        """Those that the store lacks or that were read or split in another way; the others are reported unchanged."""
        outdated = list[IncomingDocument]()
        for incoming in documents:
            wanted = self._wanted(incoming)
            version = (wanted.document.id, wanted.document.parser, wanted.splitter, incoming.source.edition)
            if snapshot.version(incoming.source) == version:
                self._report.unchanged.append(incoming.source.path)
            else:
                outdated.append(incoming)
        return outdated

    def _wanted(self, incoming: IncomingDocument) -> _Stored:
        """What the store is to hold of the document."""
        _, document, prepared = incoming
        chunks = [Chunk(document, start, end) for start, end in prepared.chunks]
        return _Stored(document, self._splitter, chunks, prepared.language)

    def _missing_texts(
        self, wanted: Iterable[_Stored], known_among: Callable[[Sequence[str]], set[str]], share: float = 0.0
    ) -> dict[str, str]:
        """The texts of chunks whose embeddings are not known, by key; ``share`` of what is written now is done."""
        texts = dict[str, str]()
        for number, chunk in enumerate((chunk for stored in wanted for chunk in stored.chunks), start=1):
            if number % self._texts_at_once == 0:
                self._meter.report(share)  # which is where a run is cancelled
            if is_embedded(chunk):
                text = embedding_text(chunk)
                texts[embedding_key(text)] = text
        known = known_among(list(texts))
        return {key: text for key, text in texts.items() if key not in known}

    def _embedded(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        """The embeddings of ``texts``, by the same keys."""
        keys, embeddings = list(texts), dict[str, Vectors]()
        for start in range(0, len(keys), self._texts_at_once):
            part = keys[start : start + self._texts_at_once]
            embeddings.update(zip(part, self._embedder.embed([texts[key] for key in part], "passage"), strict=True))
            self._report.embedded += len(part)
            self._meter.report(len(embeddings) / len(keys))
        return embeddings


def characters_of(documents: Iterable[IncomingDocument]) -> int:
    """How many characters the documents have together."""
    return sum(len(incoming.document.text) for incoming in documents)
