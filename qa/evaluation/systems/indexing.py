"""The index of a dataset's documents, shared by all runs that need the same one.

It lies in a folder named after the documents, the embedder and the splitter, so that the same content is indexed only
once. An index left incomplete by an interruption is continued.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from index.ingest import Progress
from index.search import Index
from index.store import Store
from qa import compose
from qa.compose import Models
from qa.evaluation.datasets.dataset import Dataset, DatasetError

# Put before the names of documents that no question is about.
DISTRACTOR = "distractors/"


def indexed(
    documents: Mapping[str, Document], folder: Path, models: Models, on_progress: Callable[[Progress], None]
) -> Index:
    """The index of ``documents``, by name, in a folder of its own below ``folder``; made if it does not exist.

    Raises:
        DatasetError: there are no documents.
        StoreError: the index cannot be written.
    """
    if not documents:
        raise DatasetError(
            "the dataset brings no documents: name them with --corpus PATH, or an index with --index DIR"
        )
    store = Store(folder / digest_of(documents, models)[:16])
    # Written when all documents are in; an index without it is incomplete.
    complete = store.folder / "complete"
    if not complete.exists():
        compose.ingest_with(store, models).add(documents.items(), on_progress=on_progress)
        complete.touch()
    return compose.index_over(store, models)


def digest_of(documents: Mapping[str, Document], models: Models) -> str:
    """SHA-256 of everything that determines the content of an index of the documents."""
    digest = hashlib.sha256(f"{models.embedder.fingerprint}\n{models.splitter.fingerprint}\n".encode())
    for name, document in sorted(documents.items()):
        digest.update(f"{name}\0{document.id}\0{document.title}\n".encode())
    return digest.hexdigest()


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
