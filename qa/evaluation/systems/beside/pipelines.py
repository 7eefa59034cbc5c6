"""A pipeline of another framework as a system: ``langchain:module:attribute``, asked in an environment of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

from documents.document import Document
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.scoring.corpora import Corpora
from qa.evaluation.scoring.reply import DocumentLookup
from qa.evaluation.systems.beside.process import WorkerProcess, interpreter
from qa.evaluation.systems.beside.replies import Documents, as_returned
from qa.evaluation.systems.indexing import NO_DOCUMENTS, with_distractors
from qa.evaluation.systems.system import OpenedSystem, in_turn
from qa.evaluation.tasks import Task


def open_pipeline(
    name: str, task: Task, dataset: Dataset, distractors: Documents, python: str, limit: float | None
) -> OpenedSystem:
    """The system ``name``, which is a framework's name and module:attribute; it has the first documents when it opens.

    ``python`` is the interpreter of its environment, ``limit`` the seconds that it may take for a question.

    Raises:
        SystemChoiceError: there is no such interpreter.
        PipelineError: it cannot be imported, or not be built from the documents.
        DatasetError: there are no documents.
    """
    framework, _, target = name.partition(":")
    process = WorkerProcess(interpreter(python), framework, target)
    pipeline = _Pipeline(process, task, dataset, distractors, limit)
    pipeline.prepare(dataset.items[0])
    facts = {"models": dict(process.facts)}
    return OpenedSystem(name, pipeline.ask, facts=facts, seconds=pipeline.seconds, process=lambda: process.number)


class _Pipeline:
    """Asks a worker about items, each of the documents that it is about."""

    def __init__(
        self, process: WorkerProcess, task: Task, dataset: Dataset, distractors: Documents, limit: float | None
    ) -> None:
        self._process, self._task, self._limit = process, task, limit
        self._documents = with_distractors(dataset, distractors)
        self._lookup = DocumentLookup(self._documents)
        self._corpora = Corpora(dataset) if task.name == "visitors" else None
        self._searched_whole = bool(distractors)
        self._seconds: dict[str, float] = {}

    def ask(self, item: Item) -> object:
        """What the pipeline answers to the item's question, after the earlier ones of its conversation."""
        self._seconds[item.id] = 0.0
        lookup = self._corpora.lookup(item.corpus) if self._corpora else self._lookup

        def answer(question: str, history: list[tuple[str, str]]) -> object:
            key = self.prepare(item)
            request = {"ask": key, "task": self._task.name, "question": question, "history": history}
            began = time.perf_counter()
            try:
                reply = self._process.call(request, self._limit)
            finally:
                self._seconds[item.id] += time.perf_counter() - began
            return as_returned(reply, self._task.name, lookup.documents)

        return in_turn(answer, item, lookup)

    def seconds(self, item: Item) -> float:
        """The time of the item's answer, without that of building."""
        return self._seconds[item.id]

    def prepare(self, item: Item) -> str:
        """Have the pipeline built that the item is asked of; its key.

        Raises:
            PipelineError: it cannot be imported or built.
            DatasetError: there are no documents.
        """
        self._process.start()
        key, documents = self._asked(item)
        if key not in self._process.built:
            if not documents:
                raise DatasetError(NO_DOCUMENTS)
            listed = [[name, document.title, document.text] for name, document in documents.items()]
            self._process.call({"build": key, "documents": listed, "alone": bool(item.among)})
            if item.among:
                self._process.built.clear()
            self._process.built.add(key)
        return key

    def _asked(self, item: Item) -> tuple[str, Mapping[str, Document]]:
        """The documents that the item is asked of, and a key for them."""
        if self._corpora:
            return item.corpus, self._corpora.lookup(item.corpus).documents
        if item.among and not self._searched_whole:
            return f"of {item.id}", {name: self._documents[name] for name in item.among}
        return "", self._documents
