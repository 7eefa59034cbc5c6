"""Refdesk's own systems, opened by name.

They are asked with a threshold of 0, so that a run records the best candidate for every question with its confidence;
the evaluation then decides by the configured threshold whether the candidate counts as said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from documents.split import Splitter
from index.query import Query
from index.search import Index
from qa.assistant import Assistant, QuestionError, compose, in_other_language
from qa.assistant.compose import Models
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.scoring import claims
from qa.evaluation.scoring.rankings import DEPTH, Ranking
from qa.evaluation.systems.by_itself import closed_book, unverified_writer_of
from qa.evaluation.systems.conversations import in_conversation, open_conversations
from qa.evaluation.systems.indexing import (
    IndexChoice,
    ModelLoader,
    facts_of,
    facts_of_models,
    opened_index,
    scope_of,
    words_index,
)
from qa.evaluation.systems.openai import open_server
from qa.evaluation.systems.sentences import best_evidence, best_sentence
from qa.evaluation.systems.system import CLOSED_BOOK, RETRIEVERS, SERVER, UNVERIFIED, WORDS, OpenedSystem, check_system
from qa.evaluation.systems.words_only import WordsOnly
from qa.evaluation.tasks import Task, passage_of
from qa.settings import Settings

# Passages to retrieve, enough for ``DEPTH`` different documents in most cases.
PASSAGES = 3 * DEPTH


def open_system(
    name: str, task: Task, dataset: Dataset, settings: Settings, choice: IndexChoice, load: ModelLoader
) -> OpenedSystem:
    """Refdesk's system ``name`` for the task, with the dataset's documents indexed if the task searches them.

    Raises:
        SystemChoiceError: the task has no such system, or the backend cannot run it.
        StoreError, ModelError, GenerationError, DatasetError: the index, a model or the documents cannot be used.
    """
    check_system(name, task, settings)
    if name.startswith(SERVER):
        return open_server(name, dataset, settings)
    if task.name == "support":
        return best_evidence(dataset, settings) if name == WORDS else _support(name, settings, load)
    if name == CLOSED_BOOK:
        return closed_book(dataset, settings)
    if name == WORDS and task.name != "retrieval":
        return best_sentence(task, dataset, settings, choice)
    writer_of = unverified_writer_of if name == UNVERIFIED else compose.writer_of
    if task.name == "visitors":
        return open_conversations(name, dataset, settings, choice, load, writer_of)
    if task.name == "reading":
        return _reading(name, dataset, settings, load)
    if name == WORDS:
        index = words_index(dataset, choice)
        held = facts_of(index.store)
        if choice.existing is None:  # whose vectors a shared index holds besides is nothing to it
            held["embedder"] = WordsOnly().fingerprint
        facts = {"models": {"splitter": Splitter().fingerprint}, "index": held}
        return OpenedSystem(name, _retrieval(name, index, dataset, settings.top_k, choice), None, facts, settings)
    index, models = opened_index(dataset, settings, choice, load)
    facts = {"models": facts_of_models(models), "index": facts_of(index.store)}
    if task.name == "retrieval":
        return OpenedSystem(name, _retrieval(name, index, dataset, settings.top_k, choice), None, facts, settings)
    assistant = compose.assistant_over(index, _always_answering(models), settings, writer_of)
    if assistant.writer:
        facts["models"] |= assistant.writer.facts
    return OpenedSystem(name, _answering(assistant, dataset, choice), models.calibration.threshold, facts, settings)


def _answering(assistant: Assistant, dataset: Dataset, choice: IndexChoice) -> Callable[[Item], object]:
    def ask(item: Item) -> object:
        try:
            return in_conversation(assistant, item, scope_of(item, dataset, choice))
        except QuestionError:  # too long, or no words: a visitor gets no answer either
            return None

    return ask


def _reading(name: str, dataset: Dataset, settings: Settings, load: ModelLoader) -> OpenedSystem:
    models = load(settings, None)
    reader = compose.document_reader(_always_answering(models), settings.top_k)
    # As with SQuAD 1.1, nothing is refused where every question of the dataset has an answer.
    refuses = any(item.answerable is False for item in dataset.items)

    def ask(item: Item) -> object:
        passage = passage_of(item, dataset)
        assert passage is not None  # or the item would not fit the task
        return reader.ask(item.question, passage[1], passage[0])

    threshold = models.calibration.threshold if refuses else 0.0
    return OpenedSystem(name, ask, threshold, {"models": facts_of_models(models)}, settings)


def _retrieval(name: str, index: Index, dataset: Dataset, top_k: int, choice: IndexChoice) -> Callable[[Item], Ranking]:
    names: dict[str, list[str]] = {}
    for document_name, document in dataset.documents.items():
        names.setdefault(document.id, []).append(document_name)
    retrievers = RETRIEVERS["hybrid"] if name == "default" else RETRIEVERS[name]

    def ask(item: Item) -> Ranking:
        """Documents in the order of their best passages; documents with the same text are adjacent."""
        query = Query.of(item.question)
        with index.view(scope_of(item, dataset, choice)) as view:
            passages = view.retrieve(query, PASSAGES, retrievers)
            best = view.candidates(query, top_k) if name == "default" else []
        if best:  # what the assistant reranks comes first, in that order
            passages = [*(best if in_other_language(query, best) else index.rerank(query.text, best)), *passages]
        ranking: dict[str, float] = {}
        for rank, passage in enumerate(passages, start=1):
            score = 1 / rank if name == "default" else passage.score
            for document_name in names.get(passage.document.id, [passage.source.path]):
                ranking.setdefault(document_name, score)
            if len(ranking) >= DEPTH:
                break
        return list(ranking.items())

    return ask


def _support(name: str, settings: Settings, load: ModelLoader) -> OpenedSystem:
    """The verifier that checks written answers; or a baseline: word coverage alone, the reranker alone."""
    if name == "coverage":
        return OpenedSystem(name, lambda item: claims.coverage(item.question, item.evidence), settings=settings)
    models = load(settings, None)
    if name == "reranker":
        reranker = models.reranker
        facts = {"models": {"reranker": reranker.fingerprint}}
        return OpenedSystem(
            name, lambda item: claims.reranked(reranker, item.question, item.evidence), None, facts, settings
        )
    verifier = compose.verifier_of(models)
    facts = {"models": {"verifier": verifier.fingerprint}}
    return OpenedSystem(name, lambda item: verifier.score(item.question, item.evidence), None, facts, settings)


def _always_answering(models: Models) -> Models:
    return replace(models, calibration=replace(models.calibration, threshold=0.0))
