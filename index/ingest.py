"""Files -> store: only what changed is written, and only new text is embedded.

One transaction a file, or a batch of documents that come from no file: a run that is interrupted keeps those it
finished, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from documents import workers
from documents.document import Chunk, Document, Source
from documents.find import find
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
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update the files and folders ``paths``; sources under those folders whose file is gone go too.

        Of folders, what ``include`` and ``exclude`` say (see ``find``); what is indexed and is passed over now stays.
        With ``only``, no more is looked at than what lies at or below these paths. ``options`` are for what reads the
        files (``documents.workers``).
        Makes the store where there is none.

        Raises:
            DocumentError: a path is missing or of no known format, or a pattern is wrong (nothing is changed then).
            StoreError: the store cannot be written.
        """
        found = list(dict.fromkeys(map(files.place, find(paths, include, exclude))))
        self._store.create(self._embedder.fingerprint)
        self._check_embedder()
        report = Report()
        chosen = [path for path in found if only is None or not {path, *path.parents}.isdisjoint(only)]
        meter = Meter({path: files.size(path) or 0 for path in chosen}, report, on_progress)
        splitter = self._splitter.fingerprint
        update = Update(
            self._store, self._read, self._put, splitter, meter, report, collection, owner, options
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
        sourced = [(Source(name, document.id, collection, owner), document) for name, document in documents]
        for batch in batched(sourced):
            size = sum(len(document.text) for _, document in batch)

            def tell(share: float, at: tuple[int, int, int, str] = (done, characters, size, batch[0][0].path)) -> None:
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
            before = [snapshot.made_of(source) for source, _ in documents]
            documents = [
                (source, files.as_others_have_it(snapshot, source, document)) for source, document in documents
            ]
        outdated: list[tuple[Source, Document, list[Chunk]]] = []
        for (source, document), known in zip(documents, before, strict=True):
            if known == (document.id, document.parser, self._splitter.fingerprint):
                report.unchanged.append(source.path)
            else:
                outdated.append((source, document, self._splitter.split(document)))
        if not outdated and also is None:
            return
        chunks = [chunk for *_, own in outdated for chunk in own]
        with self._store.snapshot() as snapshot:
            unknown = _unknown(chunks, snapshot)
        embeddings = self._embed(unknown, report, tell)
        with self._store.transaction() as transaction:
            transaction.add_embeddings(embeddings)
            # Those that another process dropped since.
            transaction.add_embeddings(self._embed(_unknown(chunks, transaction), report, tell))
            for source, document, own in outdated:
                transaction.put(source, document, own, self._splitter.fingerprint)
            if also:
                also(transaction)
        changed = {source.path for (source, _), known in zip(documents, before, strict=True) if known}
        for source, *_ in outdated:
            (report.changed if source.path in changed else report.added).append(source.path)

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


def _unknown(chunks: Sequence[Chunk], snapshot: Snapshot) -> dict[str, str]:
    """The texts to embed for ``chunks``, by key, whose embeddings the store lacks."""
    texts = {embedding_key(text): text for text in map(embedding_text, chunks)}
    known = snapshot.known_embeddings(list(texts))
    return {key: text for key, text in texts.items() if key not in known}
