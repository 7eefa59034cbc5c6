"""Which index a system searches: one that exists, or one of the dataset's documents, shared by all runs that need it.

Such an index lies in a folder named after the documents, the embedder and the splitter, so that the same content is
indexed only once, and a text that another of them holds is not embedded again. An index left incomplete by an
interruption is continued.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.find import find
from index import private
from index.ingest import Ingest, Progress
from index.passage import Filter, Scope
from index.search import Index
from index.store import Store
from qa.assistant import compose
from qa.assistant.compose import Models, Searching
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.systems.held_vectors import COMPLETE, HeldVectors, complete_indexes
from qa.evaluation.systems.words_only import WordsOnly
from qa.settings import Settings

ModelLoader = Callable[[Settings, str | None], Models]
"""Settings, and the embedder to use where they name none -> models; ``qa.assistant.compose.load_models`` is one."""

NO_DOCUMENTS = "the dataset brings no documents: name them with --corpus PATH, or an index with --index DIR"
# Put before the names of documents that no question is about.
DISTRACTOR = "distractors/"


@dataclass(frozen=True, slots=True)
class IndexChoice:
    """Which index a system searches.

    - ``existing``: the folder of an index that exists; if None, the dataset's documents are indexed;
    - ``shared``: the folder in which such indexes lie, for all runs;
    - ``distractors``: further documents to index with the dataset's, by name.
    """

    existing: Path | None
    shared: Path
    distractors: Mapping[str, Document] = field(default_factory=dict)
    on_progress: Callable[[Progress], None] = lambda _: None


def opened_index(dataset: Dataset, settings: Settings, choice: IndexChoice, load: ModelLoader) -> tuple[Index, Models]:
    """The index that was chosen, and the models that search it.

    Raises:
        DatasetError: the dataset has no documents.
        StoreError, ModelError: the index or a model cannot be used.
    """
    if choice.existing is not None:
        store = Store(choice.existing)
        models = load(settings, settings.embedder or compose.embedder_of(store))
        return compose.index_over(store, models), models
    models = load(settings, None)
    documents = with_distractors(dataset, choice.distractors)
    return indexed(documents, choice.shared, models, choice.on_progress), models


def asked_among(item: Item, choice: IndexChoice) -> Sequence[str]:
    """The names of the documents that the item is asked of: its own, where it has some; empty: all.

    An index that was named, and distractors, are searched whole: they are there to make finding harder.
    """
    return item.among if choice.existing is None and not choice.distractors else ()


def scope_of(item: Item, dataset: Dataset, choice: IndexChoice) -> Scope:
    """The scope of the documents that the item is asked of."""
    names = asked_among(item, choice)
    return Scope(only=Filter(documents=tuple(dict.fromkeys(dataset.documents[name].id for name in names))))


def words_index(dataset: Dataset, choice: IndexChoice) -> Index:
    """The index that was chosen, to be searched for words alone: no model is loaded, and nothing embedded.

    Where the documents are indexed already, with whatever embedder, that index is searched.

    Raises:
        DatasetError: the dataset has no documents.
        StoreError: the index cannot be used.
    """
    if choice.existing is not None:
        store = Store(choice.existing)
        return compose.index_over(store, WordsOnly.of(store))
    documents = with_distractors(dataset, choice.distractors)
    embedders = dict.fromkeys([WordsOnly().fingerprint, *(embedder for _, embedder in complete_indexes(choice.shared))])
    made = (
        words for words in map(WordsOnly, embedders) if _complete(_store_of(documents, choice.shared, words)).exists()
    )
    return indexed(documents, choice.shared, next(made, WordsOnly()), choice.on_progress)


def indexed(
    documents: Mapping[str, Document], folder: Path, models: Searching, on_progress: Callable[[Progress], None]
) -> Index:
    """The index of ``documents``, by name, in a folder of its own below ``folder``; made if it does not exist.

    Raises:
        DatasetError: there are no documents.
        StoreError: the index cannot be written.
    """
    if not documents:
        raise DatasetError(NO_DOCUMENTS)
    store = _store_of(documents, folder, models)
    if not _complete(store).exists():
        _ingest(store, models).add(documents.items(), on_progress=on_progress)
        _complete(store).touch()
    return compose.index_over(store, models)


def indexed_folder(
    corpus: Path, folder: Path, models: Models, on_progress: Callable[[Progress], None]
) -> tuple[Index, list[str]]:
    """The index of the files in ``corpus`` as ``refdesk index`` makes it, and the reasons of files that it cannot read.

    Raises:
        StoreError: the index cannot be written.
    """
    files = sorted(find([corpus]))
    digest = hashlib.sha256(f"{_makers(models)}{corpus.resolve()}\n".encode("utf-8", "surrogateescape"))
    for file in files:
        digest.update(f"{file}\0{file.stat().st_mtime_ns}\0".encode("utf-8", "surrogateescape") + file.read_bytes())
    store = Store(folder / digest.hexdigest()[:16])
    if not _complete(store).exists():
        report = _ingest(store, models).update([corpus], on_progress=on_progress)
        private.make_file(_complete(store))
        _complete(store).write_text(json.dumps(list(report.failed.values())), "utf-8")
    return compose.index_over(store, models), json.loads(_complete(store).read_text("utf-8"))


def _store_of(documents: Mapping[str, Document], folder: Path, models: Searching) -> Store:
    """Where the index of the documents lies below ``folder``."""
    return Store(folder / digest_of(documents, models)[:16])


def _complete(store: Store) -> Path:
    """The file that is written when all documents are in; an index without it is incomplete."""
    return store.folder / COMPLETE


def _ingest(store: Store, models: Searching) -> Ingest:
    """What makes the index, with the vectors that the indexes beside it hold."""
    return Ingest(store, HeldVectors(models.embedder, store.folder.parent), models.splitter)


def digest_of(documents: Mapping[str, Document], models: Searching) -> str:
    """SHA-256 of everything that determines the content of an index of the documents."""
    named = (f"{name}\0{document.id}\0{document.title}\n" for name, document in sorted(documents.items()))
    return _sha256([_makers(models), *named])


def _makers(models: Searching) -> str:
    return f"{models.embedder.fingerprint}\n{models.splitter.fingerprint}\n"


def with_distractors(dataset: Dataset, distractors: Mapping[str, Document]) -> dict[str, Document]:
    """The dataset's documents, and the ``distractors`` whose text differs from all of theirs."""
    held = {document.id for document in dataset.documents.values()}
    others = {DISTRACTOR + name: document for name, document in distractors.items() if document.id not in held}
    return {**dataset.documents, **others}


def facts_of(store: Store) -> dict[str, Any]:
    """What a run's configuration records of an index: its size, its embedder, and SHA-256 of its content."""
    with store.snapshot() as snapshot:
        sources = [(source.path, source.document_id) for source in snapshot.sources()]
        chunks = snapshot.db.execute('SELECT document, "start", "end" FROM chunks ORDER BY 1, 2, 3').fetchall()
        return {
            "digest": _sha256(f"{row}\n" for row in [*sources, *chunks]),
            "documents": snapshot.count("documents"),
            "passages": len(chunks),
            "embedder": snapshot.embedder,
        }


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def facts_of_models(models: Models) -> dict[str, str]:
    """What a run's configuration records of the models."""
    calibration = asdict(models.calibration) if is_dataclass(models.calibration) else {}
    text = json.dumps(calibration, sort_keys=True, default=str)
    return {
        "embedder": models.embedder.fingerprint,
        "reranker": models.reranker.fingerprint,
        "reader": models.reader.fingerprint,
        "calibration": hashlib.sha256(text.encode()).hexdigest()[:12],
        "splitter": models.splitter.fingerprint,
    }
