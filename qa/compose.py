"""The composition root: settings -> the concrete store, models and assistant that they name.

Nothing else picks concrete classes; the command line, the chat and scripts all come through here.
"""

from __future__ import annotations

from dataclasses import replace

from index.embed import load_embedder
from index.ingest import Ingest
from index.rerank import load_reranker
from index.search import Index
from index.store import Store
from qa.assistant import Assistant
from qa.calibrate import Calibration
from qa.extract import Extractor
from qa.settings import Settings


def open_assistant(settings: Settings) -> Assistant:
    """The assistant over the existing index.

    Raises:
        StoreError, ModelError: the index or a model cannot be used; the message says what to do.
    """
    store = Store(settings.index)
    embedder = load_embedder(_embedder_name(settings, store))
    reranker = load_reranker(settings.reranker)
    calibration = Calibration.load()
    if settings.threshold is not None:
        calibration = replace(calibration, threshold=settings.threshold)
    index = Index(store, embedder, reranker)
    return Assistant(index, Extractor(reranker, embedder, calibration), top_k=settings.top_k)


def open_ingest(settings: Settings) -> Ingest:
    """What brings the index up to date with files; makes the index where there is none."""
    from documents.split import Splitter

    store = Store(settings.index)
    name = _embedder_name(settings, store) if store.exists else settings.new_embedder
    return Ingest(store, load_embedder(name), Splitter())


def _embedder_name(settings: Settings, store: Store) -> str:
    """The embedder that was asked for, else the one the index was made with; the index checks that they agree."""
    with store.snapshot() as snapshot:
        return settings.embedder or snapshot.embedder.rpartition("@")[0]
