"""A dataset of documents that do not answer most questions: half of the articles are left out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from qa.evaluation.datasets.dataset import Dataset, Item


def silent_documents(datasets: Sequence[Dataset], name: str) -> Dataset:
    """All questions of the datasets, over the documents of every second article; the other articles' are unanswerable.

    A paragraph's name up to the last "/" is its article; an article in two datasets counts as one. The slice "kind" of
    a question says that it is answerable, that its article is not indexed, or that it was made unanswerable; where the
    datasets are in several languages, "kind by language" says the language, too.
    """
    several = len({dataset.language for dataset in datasets}) > 1
    articles = list(dict.fromkeys(_article(key) for dataset in datasets for key in dataset.documents))
    kept = set(articles[::2])
    documents = {
        f"{dataset.name}/{key}": document
        for dataset in datasets
        for key, document in dataset.documents.items()
        if _article(key) in kept
    }
    items = [
        _item(dataset.name, item, kept, dataset.language if several else "")
        for dataset in datasets
        for item in dataset.items
    ]
    digest = hashlib.sha256("".join(dataset.digest for dataset in datasets).encode()).hexdigest()
    return Dataset(name, "reading", documents, tuple(items), datasets[0].language, digest)


def _article(document: str) -> str:
    return document.rpartition("/")[0]


def _item(dataset: str, item: Item, kept: set[str], language: str) -> Item:
    """The item in the joint dataset; ``language`` where its slices are to say it, else ""."""
    (about,) = item.relevant
    group, identity = _article(about), f"{dataset}/{item.id}"
    indexed = group in kept
    kind = "article not indexed" if not indexed else "answerable" if item.answerable else "made unanswerable"
    slices = {**item.slices, "kind": kind}
    if language:
        slices |= {"language": language, "kind by language": f"{language}, {kind}"}
    if not indexed:
        return replace(item, id=identity, group=group, answers=(), answerable=False, relevant={}, slices=slices)
    answers = tuple(replace(answer, document=f"{dataset}/{answer.document}") for answer in item.answers)
    relevant = {f"{dataset}/{about}": 1}
    return replace(item, id=identity, group=group, answers=answers, relevant=relevant, slices=slices)
