"""Files -> store, in stages: changed -> read -> split -> embed -> write (``Ingest._index``).

Only files that changed are read, and only text that is new is embedded. Small files are written together, in one
transaction, a file of many documents in several: a run that is interrupted keeps what it finished, and the next run
goes on from there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Protocol

from documents import workers
from documents.document import Document, DocumentError, Part, Prepared, Source
from documents.edition import edition_of
from documents.find import base_of, find
from documents.language import language_of
from documents.prepare import Preparing
from documents.split import Splitter
from documents.workers import Options, Outcome
from index.changed import ChangeDetector, ChangedFile
from index.embed import Embedder
from index.file_update import FileUpdate
from index.manifest import note_removed, reading_fingerprint, sources_in
from index.paths import is_gone, is_under, normal_path, path_text, size_of, wrong_name
from index.refresh import refresh
from index.report import Meter, Progress, Report
from index.run import Run
from index.store import Store, StoreError, attempts
from index.write import IncomingDocument, Portion, Writer

__all__ = ["FileReader", "Ingest", "Progress", "Report", "remove"]

CHARACTERS_AT_ONCE = 200_000  # of documents written in one transaction: some seconds of embedding
TEXTS_AT_ONCE = 32  # embedded between two reports of progress

Outcomes = Generator[tuple[Path, Outcome], None, None]


class FileReader(Protocol):
    """Reads and splits files in the order of ``paths``, which it takes ahead: see ``documents.workers.read``."""

    def __call__(
        self, paths: Iterable[Path], *, tick: Callable[[], None], options: Options, preparing: Preparing
    ) -> Outcomes: ...


class Ingest:
    """Brings a store up to date with files."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        splitter: Splitter,
        read: FileReader = workers.read,
        *,
        parsers: str | None = None,
        characters_at_once: int = CHARACTERS_AT_ONCE,
        texts_at_once: int = TEXTS_AT_ONCE,
    ) -> None:
        """``parsers`` names the parsers behind ``read``; None: the installed ones (``manifest.parsers_fingerprint``).

        Raises:
            StoreError: the store holds another embedder's vectors.
        """
        self._store = store
        self._embedder = embedder
        self._splitter = splitter
        self._read = read
        self._parsers = parsers
        self._characters_at_once = characters_at_once
        self._texts_at_once = texts_at_once
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
        options: Options = workers.NO_OPTIONS,
        most: int | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update the files and folders ``paths``; remove the sources below those folders whose file is gone.

        ``include`` and ``exclude`` choose files within folders (see ``find``); an indexed file that they now leave out
        stays. With ``only``, no other files are read than those at or below these paths. ``options`` go to what reads
        the files (``documents.workers``). A file of more than ``most`` chunks fails before any of them is embedded.
        Creates the store where there is none. Goes on where a database's server went away and another came.

        Raises:
            DocumentError: a path is missing or of no known format, or a pattern is wrong (nothing is changed then).
            StoreError: the store cannot be written.
        """
        report = Report()

        def once() -> None:
            found = _found(paths, include, exclude, report)
            self._create_store()
            files = [path for path in found if only is None or not {path, *path.parents}.isdisjoint(only)]
            sizes = {path: size_of(path) or 0 for path in files}
            meter = Meter(len(sizes), sum(sizes.values()), report, on_progress)
            run = Run(collection, owner, report, meter)
            read = partial(self._read, options=options, preparing=Preparing(self._splitter, most))
            with self._store.kept_open():
                self._index(sizes, read, reading_fingerprint(options, self._parsers), run)
            self._remove_missing(paths, found, run)
            refresh(self._store)
            meter.report()

        for attempt in attempts():
            with attempt:
                once()
                break
        report.count_once()
        return report

    def files(
        self, paths: Sequence[Path], *, collection: str = "default", include: Sequence[str], exclude: Sequence[str]
    ) -> tuple[list[Path], Report]:
        """The files that ``update`` would index, which does the rest here: removes the sources whose file is gone.

        Raises:
            DocumentError, StoreError: as ``update`` does.
        """
        report = Report()
        found = _found(paths, include, exclude, report)
        self._create_store()
        self._remove_missing(paths, found, Run(collection, None, report, Meter(0, 0, report, lambda _: None)))
        refresh(self._store)
        wrong = {path: reason for path in found if (reason := wrong_name(path))}
        report.failed.update((path_text(path), reason) for path, reason in wrong.items())
        return [path for path in found if path not in wrong], report

    def _index(self, sizes: Mapping[Path, int], read: Callable[..., Outcomes], reading: str, run: Run) -> None:
        """The pipeline, file by file in the order of ``sizes``: changed -> read -> split -> embed -> write."""
        detector = ChangeDetector(self._store, reading, self._splitter.fingerprint, run)
        writer = self._writer(run)

        def tick() -> None:  # while a file is awaited, what was read before it is written
            writer.flush()
            run.meter.report()

        with closing(_read_and_split(detector.changed(sizes), partial(read, tick=tick), run)) as files:
            for file, parts in files:
                update = FileUpdate(file, parts, reading, self._held(file, run), run)
                for portion in update.portions(self._characters_at_once):
                    writer.add(portion)
        writer.flush()
        detector.save_dates()

    def add(
        self,
        documents: Collection[tuple[str, Document]],
        *,
        collection: str = "default",
        owner: str | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Report:
        """Add or update documents that come from no file, each under a name that stands for its path.

        Documents under other names stay as they are. Creates the store where there is none.

        Raises:
            StoreError: the store cannot be written.
        """
        self._create_store()
        report = Report()
        meter = Meter(len(documents), sum(len(document.text) for _, document in documents), report, on_progress)
        run = Run(collection, owner, report, meter)
        writer = self._writer(run)
        for name, document in documents:
            writer.add(Portion(name, len(document.text), 1, [self._incoming(name, document, run)]))
        writer.flush()
        refresh(self._store)
        meter.report()
        return report

    def _create_store(self) -> None:
        self._store.create(self._embedder.fingerprint)
        self._check_embedder()

    @property
    def embedder(self) -> str:
        """The fingerprint of the embedder that makes the index's vectors."""
        return self._embedder.fingerprint

    def _check_embedder(self) -> None:
        with self._store.snapshot() as snapshot:
            if snapshot.embedder != self._embedder.fingerprint:
                raise StoreError(
                    f"{self._store.name} holds vectors of embedder {snapshot.embedder}, not "
                    f"{self._embedder.fingerprint}: name that one with --embedder, or make another index with --index"
                )

    def _writer(self, run: Run) -> Writer:
        return Writer(
            self._store, self._embedder, self._splitter.fingerprint, run,
            texts_at_once=self._texts_at_once, characters_at_once=self._characters_at_once,
        )  # fmt: skip

    def _held(self, file: ChangedFile, run: Run) -> dict[str, str]:
        """Document ids, by source path, that the store has from the file."""
        with self._store.snapshot() as snapshot:
            return {path: document for path, (document, _) in sources_in(snapshot, run.key(file.path)).items()}

    def _incoming(self, name: str, document: Document, run: Run) -> IncomingDocument:
        """A document that comes from no file; without a sketch, so that it is compared with no other."""
        document, language = run.own(document), language_of(document.text)
        edition = edition_of(document, name, language=language)
        prepared = Prepared(tuple(self._splitter.spans(document)), language, b"", edition)
        return IncomingDocument(run.source(name, document.id, edition=edition), document, prepared)

    def _remove_missing(self, roots: Sequence[Path], found: Iterable[Path], run: Run) -> None:
        """Remove the sources below the folders among ``roots``, and of their patterns, whose file is gone."""
        folders = {normal_path(root) for root in roots if root.is_dir()}
        patterns = [str(normal_path(root)) for root in roots if (base := base_of(root)) != root and base.is_dir()]
        # What lies below a folder that could not be read is not known to be gone.
        known = {*found, *(normal_path(Path(path)) for path in run.report.failed)}
        with self._store.snapshot() as snapshot:
            gone = [
                source
                for source in (snapshot.sources() if folders or patterns else [])
                if (source.collection, source.owner) == (run.collection, run.owner)
                and known.isdisjoint(above := (Path(source.path), *Path(source.path).parents))
                and (not folders.isdisjoint(above) or any(_fits(path, patterns) for path in above))
                and is_gone(Path(source.path))
            ]
        _remove(self._store, gone)
        run.report.removed.extend(source.path for source in gone)
        removed = set(run.report.removed)  # a file that was moved is no duplicate of itself
        run.report.near_duplicates = [pair for pair in run.report.near_duplicates if pair.other not in removed]


def remove(store: Store, paths: Sequence[Path], *, collection: str | None = None) -> list[str]:
    """Remove the sources at or below ``paths``, of one collection or of all; returns their paths. Needs no models.

    Raises:
        StoreError: there is no store, or it cannot be written.
    """
    with store.snapshot() as snapshot:
        doomed = [
            source
            for source in snapshot.sources()
            if collection in (None, source.collection) and any(is_under(source.path, path) for path in paths)
        ]
    if doomed:
        _remove(store, doomed)
        refresh(store)
    return [source.path for source in doomed]


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(str(path), pattern) for pattern in patterns)


def _found(paths: Sequence[Path], include: Sequence[str], exclude: Sequence[str], report: Report) -> list[Path]:
    """The files that are named and lie in the folders; a folder that cannot be searched goes into the report."""

    def failed(folder: Path, reason: DocumentError) -> None:
        report.failed[path_text(normal_path(folder))] = str(reason)

    return list(dict.fromkeys(map(normal_path, find(paths, include, exclude, failed))))


def _remove(store: Store, sources: Sequence[Source]) -> None:
    """Remove the sources, and note it in the records of the files that gave them, in one transaction."""
    if sources:
        with store.transaction() as transaction:
            for source in sources:
                transaction.remove(source)
                note_removed(transaction, source)


def _read_and_split(
    changed: Iterator[ChangedFile],
    read: Callable[[Iterable[Path]], Outcomes],
    run: Run,
) -> Generator[tuple[ChangedFile, Sequence[Part]], None, None]:
    """Each file with its parts, split and in order; a file that cannot be read goes into the report instead."""
    changed, ahead = itertools.tee(changed)  # the reader takes files ahead of the one that it gives back
    with closing(read(file.path for file in ahead)) as outcomes:
        for file in changed:
            run.meter.read(str(file.path))
            _, outcome = next(outcomes)
            if isinstance(outcome, DocumentError):
                run.report.failed[str(file.path)] = str(outcome)
                run.meter.skip(file.size)
            else:
                yield file, outcome
