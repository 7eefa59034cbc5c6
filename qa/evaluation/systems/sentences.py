"""Baselines without any model: the sentence that BM25 ranks first answers a question, or bears a claim.

BM25 is that of the search for words: Okapi with k1 = 1.2 and b = 0.75 over stems, by tantivy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from documents.document import Document
from documents.normalise import normalise
from documents.sentences import sentences
from index.analyse import question_terms, terms
from index.bm25 import Bm25Searcher, schema
from index.snapshot import Selection
from index.store import Store
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.questions import read_documents
from qa.evaluation.systems.indexing import NO_DOCUMENTS, IndexChoice, asked_among, with_distractors
from qa.evaluation.systems.system import WORDS, OpenedSystem
from qa.evaluation.tasks import Task, passage_of
from qa.settings import Settings

# Where a BM25 score counts as a confidence of one half: any such number gives the same order.
_MIDDLE = 10.0


def best_sentence(task: Task, dataset: Dataset, settings: Settings, choice: IndexChoice) -> OpenedSystem:
    """The system: every question that shares a word with a sentence is answered.

    Raises:
        DatasetError: there are no documents.
        StoreError: the index cannot be read.
    """
    if choice.existing is not None:
        held = _indexed(choice.existing)
        searched = dict.fromkeys(dataset.corpora or [""], _Sentences(held, dataset.language))
    elif task.name == "visitors":
        read = {corpus: read_documents(folder) for corpus, folder in dataset.corpora.items()}
        searched = {corpus: _Sentences(documents, dataset.language) for corpus, (documents, _) in read.items()}
    elif dataset.documents:
        searched = {"": _Sentences(with_distractors(dataset, choice.distractors), dataset.language)}
    else:
        raise DatasetError(NO_DOCUMENTS)

    def ask(item: Item) -> object:
        passage = passage_of(item, dataset) if task.name == "reading" else None
        return searched[item.corpus].best(item.question, (passage[0],) if passage else asked_among(item, choice))

    return OpenedSystem(WORDS, ask, settings=settings)


def _indexed(folder: Path) -> dict[str, Document]:
    """The documents of an index by their sources' paths."""
    with Store(folder).snapshot() as snapshot:
        found = {source.path: snapshot.document(source.document_id) for source in snapshot.sources()}
        return {path: document for path, document in found.items() if document is not None}


def best_evidence(dataset: Dataset, settings: Settings) -> OpenedSystem:
    """The system for claims: the BM25 score of the sentence of the evidence that ranks first, 0.0 where none shares a
    word. How rare a word is, is counted over the evidence of all claims.
    """
    texts = list(dict.fromkeys(text for item in dataset.items for text in item.evidence))
    searched = _Texts(texts, dataset.language)
    numbers = {text: number for number, text in enumerate(texts)}

    def ask(item: Item) -> object:
        hits = searched.search(item.question, [numbers[text] for text in item.evidence])
        return hits[0][1] if hits else 0.0

    return OpenedSystem(WORDS, ask, settings=settings)


class _Texts:
    """Texts that are searched for words."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        self._language = language
        index = tantivy.Index(schema())
        writer = index.writer()
        for number, text in enumerate(texts):
            writer.add_document(tantivy.Document(id=number, terms=" ".join(terms(text, language))))
        writer.commit()
        index.reload()
        self._searcher = Bm25Searcher(index.searcher(), index.schema)

    def search(self, question: str, among: Sequence[int] | None) -> list[tuple[int, float]]:
        """The number and score of the best of the texts ``among`` these, or of all; empty: none shares a word."""
        asked = question_terms(normalise(question), [self._language])
        chosen = None if among is None else Selection(np.array(among, dtype=np.int64))
        return self._searcher.search(asked, 1, chosen)


class _Sentences:
    """The sentences of documents, searched for words."""

    def __init__(self, documents: Mapping[str, Document], language: str) -> None:
        self._places = [
            (name, start, end) for name, document in documents.items() for start, end in sentences(document.text)
        ]
        self._documents = documents
        self._of: dict[str, list[int]] = {}
        for number, (name, *_) in enumerate(self._places):
            self._of.setdefault(name, []).append(number)
        self._texts = _Texts((documents[name].text[start:end] for name, start, end in self._places), language)

    def best(self, question: str, among: Sequence[str]) -> Mapping[str, Any] | None:
        """The best sentence as a reply, of the documents ``among`` these or of all; None: none shares a word."""
        own = [number for name in among for number in self._of.get(name, ())]
        hits = self._texts.search(question, own if among else None)
        if not hits:
            return None
        number, score = hits[0]
        name, start, end = self._places[number]
        text = self._documents[name].text[start:end]
        citation = {"document": name, "start": start, "end": end}
        return {"text": text, "citations": [citation], "confidence": score / (score + _MIDDLE)}
