"""The composition root: settings -> the concrete store, models and assistant that they name.

Nothing else picks concrete classes; the command line, the chat and scripts all come through here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from documents.split import Splitter
from documents.tokens import is_common
from documents.workers import Limits, read
from index.embed import Embedder, load_embedder
from index.ingest import Ingest
from index.models import ModelError, is_pinned, reads_english_only, resolve
from index.opened import open_store
from index.rerank import Reranker, load_reranker
from index.search import Index
from index.store import Store
from qa.assistant.assistant import Assistant
from qa.assistant.generators import LOCAL_DOCUMENTS, LOCAL_PROMPT, load_generator
from qa.check.cross_encoder import CrossEncoderEntailment
from qa.check.entailment import NAME as SHIPPED_VERIFIER
from qa.check.entailment import Entailment, OnnxEntailment
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.check.verifier import SupportVerifier
from qa.llm.base import GenerationError, Generator
from qa.llm.prompt import load_prompt
from qa.propose.document_reader import DocumentReader
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.judge import ENOUGH, Judge
from qa.read.reader import Reader
from qa.read.recogniser import OnnxRecogniser
from qa.read.rivals import Rivalry, Rivals
from qa.read.sentence_reader import CHOSEN, SentenceReader
from qa.read.tagger import OnnxTagger
from qa.settings import Settings
from qa.understand.question_type import shipped
from qa.understand.rewriter import Rewriter
from qa.understand.spelling import Speller
from qa.write.beyond import Beyond
from qa.write.several import MOST_DOCUMENTS
from qa.write.writer import Writer


class Searching(Protocol):
    """What an index is made and searched with; ``Models`` have it, too."""

    @property
    def splitter(self) -> Splitter: ...

    @property
    def embedder(self) -> Embedder: ...

    @property
    def reranker(self) -> Reranker: ...


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that reads text, loaded.

    ``is_word`` tells the words of its language (None: it knows none), ``recogniser`` what is an injected instruction.
    """

    splitter: Splitter
    embedder: Embedder
    reranker: Reranker
    reader: Reader
    calibration: Calibration
    entailment: Entailment
    is_word: Callable[[str], bool] | None = None
    recogniser: Recogniser = field(default_factory=Unchecked)


def load_models(settings: Settings, embedder: str | None = None) -> Models:
    """The models that the settings name; ``embedder`` is the one to take where they leave it open.

    Raises:
        ModelError: a model cannot be found or used; the message says what to do.
    """
    calibration = Calibration.load()
    if settings.threshold is not None:
        calibration = replace(calibration, threshold=settings.threshold)
    embeds = load_embedder(settings.embedder or embedder or settings.new_embedder)
    judge, entails = Judge.load(settings.judge), entailment_of(settings)
    ranks = reranker_of(settings, judge)
    calibration = calibration.used_with(embeds.fingerprint, ranks.fingerprint, judge.fingerprint, entails.fingerprint)
    return Models(Splitter(), embeds, ranks, judge, calibration, entails, judge.is_word, _recogniser_of(settings))


def _recogniser_of(settings: Settings) -> Recogniser:
    return OnnxRecogniser() if settings.defence else Unchecked()


def reranker_of(settings: Settings, judge: Judge | None = None) -> Reranker:
    """What orders passages: the cross-encoder that is named, or the judge, which is loaded where it is not given.

    Raises:
        ModelError: the model cannot be found or used; the message says what to do.
    """
    return load_reranker(settings.reranker) if settings.reranker else judge or Judge.load(settings.judge)


def open_assistant(settings: Settings) -> Assistant:
    """The assistant over the existing index.

    Raises:
        StoreError, ModelError, GenerationError: the index or a model cannot be used; the message says what to do.
    """
    store = open_store(settings.index)
    models = load_models(settings, settings.embedder or embedder_of(store))
    return assistant_over(index_over(store, models), models, settings)


def writer_of(generator: Generator, models: Models, settings: Settings) -> Writer:
    """What puts answers into a model's words and verifies them."""
    is_local = settings.backend == "local"
    is_brief = settings.prompt == "brief" or (settings.prompt is None and is_local)
    return Writer(
        generator,
        verifier_of(models),
        max_tokens=settings.max_tokens,
        unsupported=settings.unsupported,
        always=settings.write_always,
        beyond=Beyond(generator) if settings.beyond else None,
        recogniser=models.recogniser,
        prompt=load_prompt("answer_brief" if is_brief else "answer"),
        most_prompt=LOCAL_PROMPT if is_local else None,
        most_documents=LOCAL_DOCUMENTS if is_local else MOST_DOCUMENTS,
    )


WriterMaker = Callable[[Generator, Models, Settings], Writer]


def assistant_over(index: Index, models: Models, settings: Settings, writer_of: WriterMaker = writer_of) -> Assistant:
    """The assistant over an index that is open already; ``writer_of`` makes what writes, where a language model does.

    Raises:
        GenerationError: the language model that the settings name cannot be used; the message says what to do.
    """
    if settings.beyond and settings.backend == "extractive":
        raise GenerationError("beyond asks a language model, and none is named: choose one with --backend, or unset it")
    generator = load_generator(settings) if settings.backend != "extractive" else None
    return Assistant(
        index,
        extractor_of(models),
        multilingual=_multilingual(models, settings),
        writer=writer_of(generator, models, settings) if generator else None,
        rewriter=Rewriter(OnnxTagger(), generator),
        classifier=shipped(models.embedder.fingerprint),
        speller=Speller(models.is_word, is_common) if models.is_word else None,
        top_k=settings.top_k,
        enough=ENOUGH if isinstance(models.reranker, Judge) else math.inf,
    )


def _multilingual(models: Models, settings: Settings) -> Extractor | None:
    """What answers in other languages than English, where the embedder reads them."""
    if reads_english_only(models.embedder.fingerprint.rpartition("@")[0]):
        return None
    given = settings.threshold
    calibration = CHOSEN if given is None else replace(CHOSEN, threshold=given)
    return Extractor(SentenceReader(models.embedder), calibration, recogniser=models.recogniser)


def document_reader(models: Models, top_k: int) -> DocumentReader:
    """What answers from a document given with the question."""
    extractor = extractor_of(models)
    classifier = shipped(models.embedder.fingerprint)
    return DocumentReader(models.splitter, models.embedder, models.reranker, extractor, classifier, top_k=top_k)


def extractor_of(models: Models) -> Extractor:
    """The extractive backend of these models."""
    return Extractor(
        models.reader,
        models.calibration,
        entailment=models.entailment,
        recogniser=models.recogniser,
        rivals=Rivals(models.embedder, Rivalry.shipped()),
    )


def verifier_of(models: Models) -> SupportVerifier:
    """What decides whether passages support a statement."""
    return SupportVerifier(models.entailment, recogniser=models.recogniser)


def entailment_of(settings: Settings) -> Entailment:
    """What says whether a text entails a claim: the shipped model, or the one that the settings name.

    Raises:
        ModelError: the model cannot be found or used; the message says what to do.
    """
    if settings.verifier in (None, SHIPPED_VERIFIER):
        return OnnxEntailment()
    return CrossEncoderEntailment(resolve(settings.verifier, "verifier"))


def load_verifier(settings: Settings) -> SupportVerifier:
    """The same by itself, which saved answers are verified with again.

    Raises:
        ModelError: the model cannot be found or used.
    """
    return SupportVerifier(entailment_of(settings), recogniser=_recogniser_of(settings))


def index_over(store: Store, models: Searching) -> Index:
    """The search over a store, with these models."""
    return Index(store, models.embedder, models.reranker)


def ingest_with(store: Store, models: Searching) -> Ingest:
    """What adds documents to a store, with these models."""
    return Ingest(store, models.embedder, models.splitter)


def open_ingest(settings: Settings) -> Ingest:
    """What brings the index up to date with files; makes the index where there is none."""
    store = open_store(settings.index)
    embedder = settings.embedder or (embedder_of(store) if store.exists else settings.new_embedder)
    return ingest_over(store, load_embedder(embedder), settings)


def ingest_over(store: Store, embedder: Embedder, settings: Settings) -> Ingest:
    """What brings a store up to date with files, with an embedder that is loaded already."""
    return Ingest(store, embedder, Splitter(), partial(read, limits=limits_of(settings)))


def limits_of(settings: Settings) -> Limits:
    """What reading one file may take."""
    return Limits(seconds=settings.file_seconds, memory=settings.file_memory * 1024**2)


def embedder_of(store: Store) -> str:
    """The embedder the index was made with; that the one now loaded has the same weights, the index checks.

    Raises:
        ModelError: it is none that is pinned; an index, which may be somebody else's, makes us load no other.
    """
    with store.snapshot() as snapshot:
        name = snapshot.embedder.rpartition("@")[0]
    if not is_pinned(name):
        raise ModelError(
            f"the index in {store.name} was made with embedder {name}, which is none of Refdesk's own: if you trust "
            f"it, name it with --embedder {name} or REFDESK_EMBEDDER"
        )
    return name
