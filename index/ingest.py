"""Files -> store: only what changed is written, and only new text is embedded.

One transaction a file, or a batch of documents that come from no file: a run that is interrupted keeps those it
finished, and the next run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from documents import load
from documents.document import Chunk, Document, DocumentError, Source
from documents.split import Splitter
from index.derived import refresh
from index.embed import Embedder, Vectors
from index.snapshot import Snapshot, embedding_key, embedding_text
from index.store import Store, StoreError

# Texts embedded between two reports of progress.
SLICE = 32
# Characters of documents that are added in one transaction: some seconds of embedding.
BATCH = 200_000


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


@dataclass(slots=True)
class Report:
    """What a run did, by source path; ``failed`` gives each file's one-line reason."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    embedded: int = 0


class Ingest:
    """Brings a store up to date with files."""

    def __init__(self, store: Store, embedder: Embedder, splitter: Splitter) -> None:
        """
        Raises:
            StoreError: the store holds another embedder's vectors.
        """
        self._store = store
        self._embedder = embedder
        self._splitter = splitter
        if store.exists:
            self._check_embedder()

    def update(
        self,
        paths: Sequence[Path],
        *,
        collection: str = "default",
        owner: str | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update the files and folders ``paths``; sources under those folders whose file is gone go too.

        Makes the store where there is none.

        Raises:
            DocumentError: a path does not exist or has no known format (nothing is changed then).
            StoreError: the store cannot be written.
        """
        files = list(dict.fromkeys(map(_place, load.find(paths))))
        self._store.create(self._embedder.fingerprint)
        self._check_embedder()
        sizes = {path: _size(path) or 0 for path in files}
        report, done = Report(), 0
        for position, path in enumerate(files):

            def tell(share: float, position: int = position, path: Path = path, done: int = done) -> None:
                now = done + int(share * sizes[path])
                on_progress(Progress(position, len(files), now, sum(sizes.values()), report.embedded, str(path)))

            tell(0.0)
            try:
                self._update_file(path, collection, owner, report, tell)
            except DocumentError as error:
                report.failed[_text(path)] = str(error)
            done += sizes[path]
        self._remove_missing(paths, {str(path) for path in files}, collection, owner, report)
        refresh(self._store)
        on_progress(Progress(len(files), len(files), done, done, report.embedded, ""))
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
        for batch in _batches(documents):
            size = sum(len(document.text) for _, document in batch)

            def tell(share: float, at: tuple[int, int, int, str] = (done, characters, size, batch[0][0])) -> None:
                done, characters, size, name = at
                now = characters + int(share * size)
                on_progress(Progress(done, len(documents), now, total, report.embedded, name))

            tell(0.0)
            sourced = [(Source(name, document.id, collection, owner), document) for name, document in batch]
            self._put(sourced, report, tell)
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

    def _update_file(
        self, path: Path, collection: str, owner: str | None, report: Report, tell: Callable[[float], None]
    ) -> None:
        if _text(path) != str(path):
            raise DocumentError(f"{_text(path)}: the name is not valid text; rename the file")
        sourced = [
            (
                Source(str(path / part.name), part.document.id, collection, owner, part.modified, part.metadata),
                part.document,
            )
            for part in load.parts(path)
            if part.document
        ]
        self._put(sourced, report, tell)

    def _put(self, documents: Sequence[tuple[Source, Document]], report: Report, tell: Callable[[float], None]) -> None:
        """Write, in one transaction, those whose source leads elsewhere or that were read or split in another way."""
        with self._store.snapshot() as snapshot:
            before = [snapshot.made_of(source) for source, _ in documents]
        outdated: list[tuple[Source, Document, list[Chunk]]] = []
        for (source, document), known in zip(documents, before, strict=True):
            if known == (document.id, document.parser, self._splitter.fingerprint):
                report.unchanged.append(source.path)
            else:
                outdated.append((source, document, self._splitter.split(document)))
        if not outdated:
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

    def _remove_missing(
        self, roots: Sequence[Path], seen: set[str], collection: str, owner: str | None, report: Report
    ) -> None:
        folders = [root for root in roots if root.is_dir()]
        with self._store.snapshot() as snapshot:
            gone = [
                source
                for source in snapshot.sources()
                if (source.collection, source.owner) == (collection, owner)
                and source.path not in seen
                and _size(Path(source.path)) is None
                and any(_is_under(source.path, folder) for folder in folders)
                # Below a folder that could not be read, nobody knows.
                and not any(_is_under(source.path, Path(path)) for path in report.failed)
            ]
        if gone:
            with self._store.transaction() as transaction:
                for source in gone:
                    transaction.remove(source)
        report.removed.extend(source.path for source in gone)


def remove(store: Store, paths: Sequence[Path], *, collection: str | None = None) -> list[str]:
    """Forget the sources at or below ``paths``; returns their paths. Needs no models."""
    with store.snapshot() as snapshot:
        doomed = [
            source
            for source in snapshot.sources()
            if collection in (None, source.collection) and any(_is_under(source.path, path) for path in paths)
        ]
    if doomed:
        with store.transaction() as transaction:
            for source in doomed:
                transaction.remove(source)
        refresh(store)
    return [source.path for source in doomed]


def _batches(documents: Collection[tuple[str, Document]]) -> Iterator[list[tuple[str, Document]]]:
    """The documents in order, some of ``BATCH`` characters together; a longer one is alone."""
    batch, characters = list[tuple[str, Document]](), 0
    for name, document in documents:
        if batch and characters + len(document.text) > BATCH:
            yield batch
            batch, characters = [], 0
        batch.append((name, document))
        characters += len(document.text)
    if batch:
        yield batch


def _unknown(chunks: Sequence[Chunk], snapshot: Snapshot) -> dict[str, str]:
    """The texts to embed for ``chunks``, by key, whose embeddings the store lacks."""
    texts = {embedding_key(text): text for text in map(embedding_text, chunks)}
    known = snapshot.known_embeddings(list(texts))
    return {key: text for key, text in texts.items() if key not in known}


def _size(path: Path) -> int | None:
    """The file's bytes; None where there is no such file, or nobody may know."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _place(path: Path) -> Path:
    """The one way to write a path, from wherever it was named."""
    return Path(os.path.normpath(path.absolute()))


def _text(path: Path) -> str:
    """The path as text; bytes in it that are none become question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _is_under(source_path: str, path: Path) -> bool:
    return Path(source_path).is_relative_to(_place(path))
