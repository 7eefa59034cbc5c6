"""A dataset's documents, and others among them -> an index that runs share.

The index lies in ``indexes/`` beside the runs, under a name made of the documents, the embedder and the splitter: what
is the same is indexed once, and an index that was left unfinished is gone on with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.document import Document
from index.ingest import Ingest, Progress
from index.search import Index
from index.store import Store
from qa.compose import Models
from qa.evaluation.dataset import Dataset, DatasetError
from qa.evaluation.formats import load_dataset
from qa.evaluation.formats.beir import CORPUS, read_corpus
from qa.evaluation.formats.files import Record, read, records
from qa.evaluation.formats.questions import read_documents

# Before the names of documents that no question is about.
DISTRACTOR = "distractors/"


def indexed(
    documents: Mapping[str, Document], folder: Path, models: Models, on_progress: Callable[[Progress], None]
) -> Index:
    """The index of ``documents``, each under its name, in a folder of its own below ``folder``.

    Raises:
        DatasetError: there are none.
        StoreError: the index cannot be written.
    """
    if not documents:
        raise DatasetError(
            "the dataset brings no documents: name them with --corpus PATH, or an index with --index DIR"
        )
    digest = digest_of(documents, models)
    store = Store(folder / digest[:16])
    # Written when all documents are in: an index without it was interrupted.
    complete = store.folder / "complete"
    if not complete.exists():
        Ingest(store, models.embedder, models.splitter).add(documents.items(), on_progress=on_progress)
        complete.touch()
    return Index(store, models.embedder, models.reranker)


def digest_of(documents: Mapping[str, Document], models: Models) -> str:
    """SHA-256 over all that decides what an index of the documents holds."""
    digest = hashlib.sha256(f"{models.embedder.fingerprint}\n{models.splitter.fingerprint}\n".encode())
    for name, document in sorted(documents.items()):
        digest.update(f"{name}\0{document.id}\0{document.title}\n".encode())
    return digest.hexdigest()


def among(dataset: Dataset, distractors: Mapping[str, Document]) -> dict[str, Document]:
    """The dataset's documents and those ``distractors`` whose text is none of theirs."""
    held = {document.id for document in dataset.documents.values()}
    others = {DISTRACTOR + name: document for name, document in distractors.items() if document.id not in held}
    return {**dataset.documents, **others}


def distractor_documents(paths: Sequence[Path]) -> tuple[dict[str, Document], tuple[str, ...]]:
    """The documents of benchmark files, of BEIR folders and corpora, or of files and folders in any known format.

    And the files of a folder that cannot be read, each with its reason.

    Raises:
        DatasetError: one of the paths cannot be read.
    """
    found: dict[str, Document] = {}
    unread: list[str] = []
    for path in paths:
        before = f"{path.name}/" if len(paths) > 1 else ""
        try:
            documents, own = _documents(path)
        except OSError as error:
            raise DatasetError(f"{error.filename or path}: cannot be read ({error.strerror})") from error
        found |= {before + name: document for name, document in documents.items()}
        unread += own
    return found, tuple(unread)


def _documents(path: Path) -> tuple[Mapping[str, Document], tuple[str, ...]]:
    corpus = next((path / name for name in CORPUS if (path / name).is_file()), path)
    endings = [suffix for suffix in corpus.suffixes if suffix != ".gz"][-1:]
    if endings == [".jsonl"]:
        data = read(corpus)
        if "question" not in next(records(data, corpus.name), Record("", {})).fields:
            return read_corpus(data, corpus.name), ()
    if endings not in ([".jsonl"], [".json"]):
        return read_documents(path)
    documents = load_dataset(corpus).documents
    if not documents:
        raise DatasetError(f"{path}: holds questions but no documents")
    return documents, ()


def facts_of(store: Store) -> dict[str, Any]:
    """What a run's config says of an index: its size, its embedder, and the SHA-256 of what it holds."""
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
