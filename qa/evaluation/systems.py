"""Refdesk's own systems, by name, ready to be asked; and any other callable.

Ours are asked with a threshold of 0, so that every question's best candidate is recorded with its confidence; the
decision to say it is the bench's, by the configured threshold. An outside system decides itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any

from documents.document import Document
from index.ingest import Progress as IndexProgress
from index.passage import Scope
from index.query import Query
from index.search import Index, Retriever
from index.store import Store
from qa import compose
from qa.assistant import Assistant, QuestionError, in_other_language
from qa.compose import Models
from qa.evaluation import score_claims
from qa.evaluation.corpus import among, facts_of, indexed
from qa.evaluation.dataset import Dataset, Item
from qa.evaluation.reply import prediction_of
from qa.evaluation.score_rankings import DEPTH, Ranking
from qa.evaluation.tasks import Task, TaskName, passage_of
from qa.generate import load_generator
from qa.prompt import load_prompt
from qa.settings import Settings
from qa.support import Verifier
from qa.write import declines

System = str | Callable[..., object]

RETRIEVERS: Mapping[str, tuple[Retriever, ...]] = {"bm25": ("bm25",), "dense": ("dense",), "hybrid": ("dense", "bm25")}
CLOSED_BOOK = "closed-book"
SYSTEMS: Mapping[TaskName, tuple[str, ...]] = {
    "retrieval": ("default", *RETRIEVERS),
    "reading": ("default", CLOSED_BOOK),
    "qa": ("default", CLOSED_BOOK),
    "support": ("default", "coverage", "reranker"),
}
# Passages retrieved, so that the best ``DEPTH`` documents are among them.
PASSAGES = 3 * DEPTH


class SystemChoiceError(Exception):
    """A system that there is not, or not for this task. The message is one line."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A system ready to be asked, the threshold of what it says, and what a run's config tells of it.

    ``seconds``: what an answer took, where that is known from elsewhere and not to be measured.
    """

    ask: Callable[[Item], object]
    threshold: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    seconds: Callable[[Item], float] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where documents are indexed: runs share ``indexes``; ``index`` is one that exists already."""

    indexes: Path
    index: Path | None = None
    distractors: Mapping[str, Document] = field(default_factory=dict)
    on_progress: Callable[[IndexProgress], None] = lambda _: None


def outside(system: Callable[..., object], task: Task, dataset: Dataset) -> Opened:
    """Someone else's system, called as ``qa.evaluation.tasks`` says."""

    def ask(item: Item) -> object:
        if task.name == "reading":
            passage = passage_of(item, dataset)
            assert passage is not None  # or the item would not fit the task
            return system(item.question, passage[1].text)
        return system(item.question, list(item.evidence)) if task.name == "support" else system(item.question)

    return Opened(ask)


def check_system(name: str, task: Task, settings: Settings) -> None:
    """
    Raises:
        SystemChoiceError: there is no such system for the task, or not with this backend.
    """
    if name not in SYSTEMS[task.name]:
        raise SystemChoiceError(f"there is no system {name} for the task {task.name}: {', '.join(SYSTEMS[task.name])}")
    if name == CLOSED_BOOK and settings.backend == "extractive":
        raise SystemChoiceError(
            "closed-book asks a language model without documents, and the backend extractive has none: name another"
        )


def open_system(name: str, task: Task, dataset: Dataset, settings: Settings, place: Place) -> Opened:
    """Refdesk's system ``name``, with the dataset's documents indexed where the task wants them.

    Raises:
        SystemChoiceError: there is no such system for the task.
        StoreError, ModelError, DatasetError: index, models or documents cannot be used.
    """
    check_system(name, task, settings)
    if task.name == "support":
        return _claims(name, settings)
    if name == CLOSED_BOOK:
        return _closed_book(settings)
    if task.name == "reading":
        return _reading(dataset, settings)
    if place.index is not None:
        store = Store(place.index)
        models = compose.load_models(settings, settings.embedder or compose.embedder_of(store))
        index = Index(store, models.embedder, models.reranker)
    else:
        models = compose.load_models(settings)
        index = indexed(among(dataset, place.distractors), place.indexes, models, place.on_progress)
    facts = {"models": _facts_of(models), "index": facts_of(index.store)}
    if task.name == "retrieval":
        return Opened(_retrieval(name, index, dataset, settings.top_k), None, facts)
    assistant = compose.assistant_over(index, _forced(models), settings)
    if assistant.writer:
        facts["models"] |= assistant.writer.facts
    return Opened(_asking(assistant), models.calibration.threshold, facts)


def _asking(assistant: Assistant) -> Callable[[Item], object]:
    def ask(item: Item) -> object:
        try:
            return assistant.ask(item.question)
        except QuestionError:  # too long, or no words: a visitor gets no answer either
            return None

    return ask


def _reading(dataset: Dataset, settings: Settings) -> Opened:
    models = compose.load_models(settings)
    reader = compose.document_reader(_forced(models), settings.top_k)
    # A dataset in which every question has an answer is read without refusing, as SQuAD 1.1 is.
    refuses = any(item.answerable is False for item in dataset.items)

    def ask(item: Item) -> object:
        passage = passage_of(item, dataset)
        assert passage is not None  # or the item would not fit the task
        return reader.ask(item.question, passage[1], passage[0])

    return Opened(ask, models.calibration.threshold if refuses else 0.0, {"models": _facts_of(models)})


def _retrieval(name: str, index: Index, dataset: Dataset, top_k: int) -> Callable[[Item], Ranking]:
    names: dict[str, list[str]] = {}
    for called, document in dataset.documents.items():
        names.setdefault(document.id, []).append(called)
    retrievers = RETRIEVERS["hybrid"] if name == "default" else RETRIEVERS[name]

    def ask(item: Item) -> Ranking:
        """Documents by their best passage; documents of equal text stand together."""
        query = Query.of(item.question)
        with index.view(Scope()) as view:
            passages = view.retrieve(query, PASSAGES, retrievers)
            best = view.candidates(query, top_k) if name == "default" else []
        if best:  # what the assistant ranks comes first, in its order
            passages = [*(best if in_other_language(query, best) else index.rerank(query.text, best)), *passages]
        ranking: dict[str, float] = {}
        for rank, passage in enumerate(passages, start=1):
            score = 1 / rank if name == "default" else passage.score
            for called in names.get(passage.chunk.document.id, [passage.source.path]):
                ranking.setdefault(called, score)
            if len(ranking) >= DEPTH:
                break
        return list(ranking.items())

    return ask


def _closed_book(settings: Settings) -> Opened:
    """What a language model knows by itself: what its answers from documents are to be compared with."""
    generator, prompt = load_generator(settings), load_prompt("closed_book")

    def ask(item: Item) -> object:
        text = "".join(generator.stream(prompt.messages(question=item.question), settings.max_tokens)).strip()
        return None if declines(text) else prediction_of(text)

    return Opened(ask, facts={"models": {"generator": generator.fingerprint, "prompt": prompt.fingerprint}})


def _claims(name: str, settings: Settings) -> Opened:
    """The verifier that answers are checked with; beside it what it is made of: the words alone, the reranker alone."""
    if name == "coverage":
        return Opened(lambda item: score_claims.coverage(item.question, item.evidence))
    reranker = compose.load_models(settings).reranker
    if name == "reranker":
        return Opened(
            lambda item: score_claims.reranked(reranker, item.question, item.evidence),
            facts={"models": {"reranker": reranker.fingerprint}},
        )
    verifier = Verifier(reranker)
    return Opened(
        lambda item: verifier.score(item.question, item.evidence),
        facts={"models": {"verifier": verifier.fingerprint}},
    )


def _forced(models: Models) -> Models:
    return replace(models, calibration=replace(models.calibration, threshold=0.0))


def _facts_of(models: Models) -> dict[str, str]:
    calibration = asdict(models.calibration) if is_dataclass(models.calibration) else {}
    text = json.dumps(calibration, sort_keys=True, default=str)
    return {
        "embedder": models.embedder.fingerprint,
        "reranker": models.reranker.fingerprint,
        "reader": models.reader.fingerprint,
        "calibration": hashlib.sha256(text.encode()).hexdigest()[:12],
        "splitter": models.splitter.fingerprint,
    }
