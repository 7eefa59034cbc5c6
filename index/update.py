"""One run over files and folders: what is as it was is passed over, the rest read and put, what is gone removed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

from documents.document import Document, DocumentError, Part, Prepared, Source, printable
from documents.prepare import Preparing
from documents.workers import Options, Outcome
from index import files, near
from index.files import Note, Place
from index.report import Meter, Near, Report
from index.store import Store, Transaction

# Characters of documents that are put in one transaction: some seconds of embedding.
BATCH = 200_000


class Sourced(NamedTuple):
    """A document with where it came from and what an index needs of it."""

    source: Source
    document: Document
    prepared: Prepared


class Reads(Protocol):
    """What reads files: see ``documents.workers.read``."""

    def __call__(
        self, paths: Iterable[Path], *, tick: Callable[[], None], options: Options, preparing: Preparing
    ) -> Generator[tuple[Path, Outcome], None, None]: ...


class Puts(Protocol):
    """What writes documents in one transaction, and does ``also`` what else belongs into it: see ``Ingest``."""

    def __call__(
        self,
        documents: Sequence[Sourced],
        report: Report,
        tell: Callable[[float], None],
        also: Callable[[Transaction], None] | None = None,
    ) -> None: ...


class Update:
    """Brings a store up to date with files of one collection and owner."""

    def __init__(
        self,
        store: Store,
        read: Reads,
        put: Puts,
        preparing: Preparing,
        meter: Meter,
        report: Report,
        collection: str,
        owner: str | None,
        options: Options,
    ) -> None:
        self._store = store
        self._read = read
        self._put = put
        self._preparing = preparing
        self._splitter = preparing.splitter.fingerprint
        self._meter = meter
        self._report = report
        self._collection = collection
        self._owner = owner
        self._options = options
        self._by = files.reading(options)
        self._reading = deque[tuple[Path, tuple[str, float] | None]]()
        self._dated: list[tuple[Place, float, float]] = []

    def files(self, paths: Sequence[Path]) -> None:
        """Read and put those of the files that are not as they were when they were last read."""
        changed = self._changed(paths)
        outcomes = self._read(changed, tick=self._tick, options=self._options, preparing=self._preparing)
        with closing(outcomes):
            for path, outcome in outcomes:
                _, seen = self._reading.popleft()
                self._meter.tell(path)
                if isinstance(outcome, DocumentError):
                    self._report.failed[str(path)] = str(outcome)
                else:
                    self._take(path, outcome, seen)
                self._meter.done(path)
        if self._dated:
            with self._store.transaction() as transaction:
                for place, before, now in self._dated:
                    files.date(transaction, place, before, now)

    def _tick(self) -> None:
        self._meter.tell(self._reading[0][0])

    def _changed(self, paths: Sequence[Path]) -> Iterator[Path]:
        for path in paths:
            if files.as_text(path) != str(path):
                shown = files.as_text(path)
                self._report.failed[shown] = f"{printable(shown)}: the name is not valid text; rename the file"
                self._meter.done(path)
                continue
            seen = files.look(path)
            if seen and self._is_as_it_was(path, *seen):
                self._meter.done(path)
                self._meter.tell(None)
                continue
            self._reading.append((path, seen))
            yield path

    def _is_as_it_was(self, path: Path, digest: str, modified: float) -> bool:
        place = self._place(path)
        with self._store.snapshot() as snapshot:
            note = files.note_of(snapshot, place)
            if note is None or (note.digest, note.reading) != (digest, self._by):
                return False
            held = files.sources_in(snapshot, place)
        if len(held) != note.parts or any(splitter != self._splitter for _, splitter in held.values()):
            return False
        self._report.unchanged += held
        self._report.failed.update({_member(path, name): reason for name, reason in note.failed})
        if modified != note.modified:
            self._dated.append((place, note.modified, modified))
        return True

    def _take(self, path: Path, parts: Sequence[Part], seen: tuple[str, float] | None) -> None:
        """Put what was read from the file, and forget the members that it has no more."""
        place = self._place(path)
        documents = [
            Sourced(self._source(path, part, part.document), part.document, part.prepared)
            for part in parts
            if part.document and part.prepared
        ]
        failed = {part.name: part.reason for part in parts if part.document is None}
        self._report.failed.update({_member(path, name): reason for name, reason in failed.items()})
        kept = {one.source.path for one in documents} | {_member(path, name) for name in failed}
        with self._store.snapshot() as snapshot:
            held = files.sources_in(snapshot, place)
        gone = [self._held(name, document) for name, (document, _) in held.items() if name not in kept]

        def also(transaction: Transaction) -> None:
            for source in gone:
                transaction.remove(source)
            if seen:
                now = len({one.source.path for one in documents} | (set(held) & kept))
                files.keep(transaction, place, Note(seen[0], self._by, seen[1], now, tuple(failed.items())))
            for source, document, prepared in documents:
                if held.get(source.path, ("",))[0] != document.id:
                    alike.extend(near.keep(transaction, source, prepared.sketch))

        alike: list[Near] = []
        done, total = 0, sum(len(one.document.text) for one in documents) or 1
        batches = list(batched(documents)) or [[]]
        for number, batch in enumerate(batches, start=1):
            size = sum(len(one.document.text) for one in batch)

            def tell(share: float, done: int = done, size: int = size) -> None:
                self._meter.tell(path, (done + share * size) / total)

            tell(0.0)
            self._put(batch, self._report, tell, also if number == len(batches) else None)
            done += size
        self._report.near += alike
        self._report.removed.extend(source.path for source in gone)

    def missing(self, roots: Sequence[Path], seen: set[str]) -> None:
        """Remove the sources below the folders among ``roots`` whose file is gone."""
        folders = {files.place(root) for root in roots if root.is_dir()}
        # Below a folder that could not be read, nobody knows.
        known = {*map(Path, seen), *(files.place(Path(path)) for path in self._report.failed)}
        with self._store.snapshot() as snapshot:
            gone = [
                source
                for source in (snapshot.sources() if folders else [])
                if (source.collection, source.owner) == (self._collection, self._owner)
                and known.isdisjoint(above := (Path(source.path), *Path(source.path).parents))
                and not folders.isdisjoint(above)
                and files.is_gone(Path(source.path))
            ]
        if gone:
            with self._store.transaction() as transaction:
                for source in gone:
                    transaction.remove(source)
                    files.forget(transaction, source)
        self._report.removed.extend(source.path for source in gone)
        removed = set(self._report.removed)  # what was moved is not like itself
        self._report.near = [pair for pair in self._report.near if pair.other not in removed]

    def _place(self, path: Path) -> Place:
        return Place(str(path), self._collection, self._owner)

    def _source(self, path: Path, part: Part, document: Document) -> Source:
        name = _member(path, part.name)
        return Source(name, document.id, self._collection, self._owner, part.modified, part.metadata)

    def _held(self, path: str, document_id: str) -> Source:
        return Source(path, document_id, self._collection, self._owner)


def batched(documents: Iterable[Sourced]) -> Iterator[list[Sourced]]:
    """The documents in order, some of ``BATCH`` characters together; a longer one is alone."""
    batch, characters = list[Sourced](), 0
    for one in documents:
        if batch and characters + len(one.document.text) > BATCH:
            yield batch
            batch, characters = [], 0
        batch.append(one)
        characters += len(one.document.text)
    if batch:
        yield batch


def _member(path: Path, name: str) -> str:
    """The path of what is called ``name`` within the file: never outside of it, whatever the file says."""
    steps = name.replace("\\", "/").split("/")
    return str(path.joinpath(*(step for step in steps if step.strip(". ") and ":" not in step)))
