"""Refdesk itself, asked as visitors ask: each question of the folder that it is about, after the earlier ones."""

from __future__ import annotations

from index.passage import Scope
from index.search import Index
from qa.answer import Answer
from qa.assistant import Assistant, compose
from qa.assistant.compose import Models, WriterMaker
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.systems.indexing import (
    IndexChoice,
    ModelLoader,
    facts_of,
    facts_of_models,
    indexed_folder,
    opened_index,
)
from qa.evaluation.systems.system import OpenedSystem, SystemChoiceError
from qa.saved.turns import turn_of
from qa.settings import Settings
from qa.understand.conversation import Turn


def open_conversations(
    name: str,
    dataset: Dataset,
    settings: Settings,
    choice: IndexChoice,
    load: ModelLoader,
    writer_of: WriterMaker,
) -> OpenedSystem:
    """Refdesk over an index of each of the dataset's corpora; unlike elsewhere, it refuses by itself.

    Where a language model writes, what ``writer_of`` makes does.

    Raises:
        SystemChoiceError: an existing index is named, and there are several corpora.
        StoreError, ModelError, GenerationError: an index or a model cannot be used.
    """
    indexes, models, unread = _indexes(dataset, settings, choice, load)
    first = compose.assistant_over(next(iter(indexes.values())), models, settings, writer_of)
    assistants = {corpus: first.over(index) for corpus, index in indexes.items()}
    facts = {
        "models": {**facts_of_models(models), **(first.writer.facts if first.writer else {})},
        "index": {corpus: facts_of(index.store) for corpus, index in indexes.items()},
        "unread": unread,
    }
    return OpenedSystem(name, lambda item: in_conversation(assistants[item.corpus], item), None, facts, settings)


def _indexes(
    dataset: Dataset, settings: Settings, choice: IndexChoice, load: ModelLoader
) -> tuple[dict[str, Index], Models, list[str]]:
    """The index of each corpus, the models that search them, and the reasons of files that cannot be read."""
    if choice.existing is not None:
        if len(dataset.corpora) > 1:
            raise SystemChoiceError(
                f"one index cannot be asked about {len(dataset.corpora)} corpora: leave --index out, or give a file "
                "with the questions about one corpus"
            )
        index, models = opened_index(dataset, settings, choice, load)
        return dict.fromkeys(dataset.corpora, index), models, []
    models = load(settings, None)
    indexes: dict[str, Index] = {}
    unread: list[str] = []
    for corpus, folder in dataset.corpora.items():
        indexes[corpus], failed = indexed_folder(folder, choice.shared, models, choice.on_progress)
        unread += failed
    return indexes, models, unread


def in_conversation(assistant: Assistant, item: Item, scope: Scope = Scope()) -> Answer:  # noqa: B008 - frozen
    """The answer to the item's question after the earlier ones, with the dataset's replies to them or else its own."""
    if item.replies:
        said = list(zip(item.after, item.replies, strict=True))
        return assistant.ask(item.question, scope, assistant.turns(said, scope))
    history: list[Turn] = []
    for question in item.after:
        history.append(turn_of(assistant.ask(question, scope, history).to_dict()))
    return assistant.ask(item.question, scope, history)
