"""The composition root: settings -> the concrete store, models and assistant that they name.

Nothing else picks concrete classes; the command line, the chat and scripts all come through here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from documents.split import Splitter
from index.embed import Embedder, load_embedder
from index.ingest import Ingest
from index.rerank import Reranker, load_reranker
from index.search import Index
from index.store import Store
from qa.assistant import Assistant
from qa.calibrate import Calibration
from qa.extract import Extractor
from qa.reader import OnnxReader, SentenceReader
from qa.settings import Settings


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that reads text, loaded."""

    splitter: Splitter
    embedder: Embedder
    reranker: Reranker
    reader: SentenceReader
    calibration: Calibration


def load_models(settings: Settings, embedder: str | None = None) -> Models:
    """The models that the settings name; ``embedder`` is the one to take where they leave it open.

    Raises:
        ModelError: a model cannot be found or used; the message says what to do.
    """
    calibration = Calibration.load()
    if settings.threshold is not None:
        calibration = replace(calibration, threshold=settings.threshold)
    return Models(
        splitter=Splitter(),
        embedder=load_embedder(settings.embedder or embedder or settings.new_embedder),
        reranker=load_reranker(settings.reranker),
        reader=OnnxReader(),
        calibration=calibration,
    )


def open_assistant(settings: Settings) -> Assistant:
    """The assistant over the existing index.

    Raises:
        StoreError, ModelError: the index or a model cannot be used; the message says what to do.
    """
    store = Store(settings.index)
    models = load_models(settings, _embedder_of(store))
    index = Index(store, models.embedder, models.reranker)
    extractor = Extractor(models.reader, models.embedder, models.calibration)
    return Assistant(index, extractor, top_k=settings.top_k)


def open_ingest(settings: Settings) -> Ingest:
    """What brings the index up to date with files; makes the index where there is none."""
    store = Store(settings.index)
    embedder = settings.embedder or (_embedder_of(store) if store.exists else settings.new_embedder)
    return Ingest(store, load_embedder(embedder), Splitter())


def _embedder_of(store: Store) -> str:
    """The embedder the index was made with; that the one now loaded has the same weights, the index checks."""
    with store.snapshot() as snapshot:
        return snapshot.embedder.rpartition("@")[0]
