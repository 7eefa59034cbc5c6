"""A dataset of documents that do not answer most questions: half of the articles are left out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from qa.evaluation.datasets.dataset import Dataset, Item


def silent_documents(datasets: Sequence[Dataset], name: str) -> Dataset:
    """All questions of the datasets, over the documents of every second article; the other articles' are unanswerable.

    A paragraph's name up to the last "/" is its article; an article in two datasets counts as one. The slice "kind" of
    a question says that it is answerable, that its article is not indexed, or that it was made unanswerable.
    """
    articles = list(dict.fromkeys(_article(key) for dataset in datasets for key in dataset.documents))
    kept = set(articles[::2])
    documents = {
        f"{dataset.name}/{key}": document
        for dataset in datasets
        for key, document in dataset.documents.items()
        if _article(key) in kept
    }
    items = [_item(dataset.name, item, kept) for dataset in datasets for item in dataset.items]
    digest = hashlib.sha256("".join(dataset.digest for dataset in datasets).encode()).hexdigest()
    return Dataset(name, "reading", documents, tuple(items), datasets[0].language, digest)


def _article(document: str) -> str:
    return document.rpartition("/")[0]


def _item(dataset: str, item: Item, kept: set[str]) -> Item:
    (about,) = item.relevant
    group, identity = _article(about), f"{dataset}/{item.id}"
    if group not in kept:
        slices = {**item.slices, "kind": "article not indexed"}
        return replace(item, id=identity, group=group, answers=(), answerable=False, relevant={}, slices=slices)
    answers = tuple(replace(answer, document=f"{dataset}/{answer.document}") for answer in item.answers)
    kind = "answerable" if item.answerable else "made unanswerable"
    slices, relevant = {**item.slices, "kind": kind}, {f"{dataset}/{about}": 1}
    return replace(item, id=identity, group=group, answers=answers, relevant=relevant, slices=slices)
