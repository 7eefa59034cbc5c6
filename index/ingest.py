"""Files -> store: only what changed is written, and only new text is embedded.

One transaction a file, or a batch of documents that come from no file: a run that is interrupted keeps those it
finished, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from documents import workers
from documents.document import Chunk, Document, DocumentError, Prepared, Source
from documents.find import find
from documents.language import language_of
from documents.prepare import Preparing
from documents.split import Splitter
from index import files
from index.derived import refresh
from index.embed import Embedder, Vectors
from index.report import Meter, Progress, Report
from index.snapshot import Snapshot, embedding_key, embedding_text
from index.store import Store, StoreError, Transaction
from index.update import Reads, Sourced, Update, batched

__all__ = ["Ingest", "Progress", "Report", "remove"]

# Texts embedded between two reports of progress.
SLICE = 32


class _Entry(NamedTuple):
    """A document as it is to stand in the store; without chunks where it stands there so already."""

    document: Document
    splitter: str
    chunks: Sequence[Chunk] = ()
    language: str = ""


class Ingest:
    """Brings a store up to date with files."""

    def __init__(self, store: Store, embedder: Embedder, splitter: Splitter, read: Reads = workers.read) -> None:
        """
        Raises:
            StoreError: the store holds another embedder's vectors.
        """
        self._store = store
        self._embedder = embedder
        self._splitter = splitter
        self._read = read
        if store.exists:
            self._check_embedder()

    def update(
        self,
        paths: Sequence[Path],
        *,
        collection: str = "default",
        owner: str | None = None,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        only: Collection[Path] | None = None,
        options: workers.Options = workers.NO_OPTIONS,
        most: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update the files and folders ``paths``; sources under those folders whose file is gone go too.

        Of folders, what ``include`` and ``exclude`` say (see ``find``); what is indexed and is passed over now stays.
        With ``only``, no more is looked at than what lies at or below these paths. ``options`` are for what reads the
        files (``documents.workers``). A file that gives more than ``most`` chunks fails, before any is embedded.
        Makes the store where there is none.

        Raises:
            DocumentError: a path is missing or of no known format, or a pattern is wrong (nothing is changed then).
            StoreError: the store cannot be written.
        """
        report = Report()

        def passed_over(folder: Path, reason: DocumentError) -> None:
            report.failed[files.as_text(files.place(folder))] = str(reason)

        found = list(dict.fromkeys(map(files.place, find(paths, include, exclude, passed_over))))
        self._store.create(self._embedder.fingerprint)
        self._check_embedder()
        chosen = [path for path in found if only is None or not {path, *path.parents}.isdisjoint(only)]
        meter = Meter({path: files.size(path) or 0 for path in chosen}, report, on_progress)
        preparing = Preparing(self._splitter, most)
        update = Update(
            self._store, self._read, self._put, preparing, meter, report, collection, owner, options
        )  # fmt: skip
        with self._store.snapshot():  # a connection that stays: the last one to close copies the log, file after file
            update.files(chosen)
        update.missing(paths, {str(path) for path in found})
        refresh(self._store)
        meter.tell(None)
        return report

    def add(
        self,
        documents: Collection[tuple[str, Document]],
        *,
        collection: str = "default",
        owner: str | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update documents that come from no file, each under a name that stands for its path.

        Makes the store where there is none. What other names lead to stays.

        Raises:
            StoreError: the store cannot be written.
        """
        self._store.create(self._embedder.fingerprint)
        self._check_embedder()
        report, done, characters = Report(), 0, 0
        total = sum(len(document.text) for _, document in documents)
        sourced = (
            Sourced(Source(name, document.id, collection, owner), document, self._prepared(document))
            for name, document in documents
        )
        for batch in batched(sourced):
            size = sum(len(one.document.text) for one in batch)

            def tell(
                share: float, at: tuple[int, int, int, str] = (done, characters, size, batch[0].source.path)
            ) -> None:
                done, characters, size, name = at
                now = characters + int(share * size)
                on_progress(Progress(done, len(documents), now, total, report.embedded, name))

            tell(0.0)
            self._put(batch, report, tell)
            done, characters = done + len(batch), characters + size
        refresh(self._store)
        on_progress(Progress(done, done, total, total, report.embedded, ""))
        return report

    def _check_embedder(self) -> None:
        with self._store.snapshot() as snapshot:
            if snapshot.embedder != self._embedder.fingerprint:
                raise StoreError(
                    f"{self._store.folder} holds vectors of embedder {snapshot.embedder}, not "
                    f"{self._embedder.fingerprint}: name that one with --embedder, or make another index with --index"
                )

    def _put(
        self,
        documents: Sequence[Sourced],
        report: Report,
        tell: Callable[[float], None],
        also: Callable[[Transaction], None] | None = None,
    ) -> None:
        """Write, in one transaction, those whose source leads elsewhere or that were read or split in another way.

        ``also`` is done in the same transaction.
        """
        with self._store.snapshot() as snapshot:
            before = [snapshot.made_of(one.source) for one in documents]
            outdated = list[Sourced]()
            for one, known in zip(documents, before, strict=True):
                entry = self._entry(snapshot, one)
                if known == (entry.document.id, entry.document.parser, entry.splitter):
                    report.unchanged.append(one.source.path)
                else:
                    outdated.append(one)
        if not outdated and also is None:
            return
        with self._store.snapshot() as snapshot:
            unknown = _unknown([self._entry(snapshot, one) for one in outdated], snapshot)
        embeddings = self._embed(unknown, report, tell)
        with self._store.transaction() as transaction:
            entries = [self._entry(transaction, one) for one in outdated]
            transaction.add_embeddings(embeddings)
            # Those that another process dropped since.
            transaction.add_embeddings(self._embed(_unknown(entries, transaction), report, tell))
            for (source, *_), entry in zip(outdated, entries, strict=True):
                transaction.put(source, entry.document, entry.chunks, entry.splitter, entry.language)
            if also:
                also(transaction)
        changed = {source.path for (source, *_), known in zip(documents, before, strict=True) if known}
        for source, *_ in outdated:
            (report.changed if source.path in changed else report.added).append(source.path)

    def _entry(self, snapshot: Snapshot, one: Sourced) -> _Entry:
        """What is to stand in the store of a document: the same as before where it is others' too."""
        source, document, prepared = one
        if shared := files.as_others_have_it(snapshot, source, document):
            return _Entry(*shared)
        chunks = [Chunk(document, start, end) for start, end in prepared.chunks]
        return _Entry(document, self._splitter.fingerprint, chunks, prepared.language)

    def _prepared(self, document: Document) -> Prepared:
        """Of a document that comes from no file: nobody compares it with others."""
        return Prepared(tuple(self._splitter.spans(document)), language_of(document.text), b"")

    def _embed(self, texts: Mapping[str, str], report: Report, tell: Callable[[float], None]) -> dict[str, Vectors]:
        """The embeddings of ``texts``, by the same keys."""
        keys, embeddings = list(texts), dict[str, Vectors]()
        for start in range(0, len(keys), SLICE):
            part = keys[start : start + SLICE]
            embeddings.update(zip(part, self._embedder.embed([texts[key] for key in part], "passage"), strict=True))
            report.embedded += len(part)
            tell(len(embeddings) / len(keys))
        return embeddings


def remove(store: Store, paths: Sequence[Path], *, collection: str | None = None) -> list[str]:
    """Forget the sources at or below ``paths``; returns their paths. Needs no models."""
    with store.snapshot() as snapshot:
        doomed = [
            source
            for source in snapshot.sources()
            if collection in (None, source.collection) and any(files.is_under(source.path, path) for path in paths)
        ]
    if doomed:
        with store.transaction() as transaction:
            for source in doomed:
                transaction.remove(source)
                files.forget(transaction, source)
        refresh(store)
    return [source.path for source in doomed]


def _unknown(entries: Sequence[_Entry], snapshot: Snapshot) -> dict[str, str]:
    """The texts to embed, by key, whose embeddings the store lacks."""
    chunks = (chunk for entry in entries for chunk in entry.chunks)
    texts = {embedding_key(text): text for text in map(embedding_text, chunks)}
    known = snapshot.known_embeddings(list(texts))
    return {key: text for key, text in texts.items() if key not in known}
