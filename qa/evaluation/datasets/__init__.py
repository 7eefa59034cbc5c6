"""Benchmark files -> Dataset.

``load_dataset`` recognises the format; each has a module: ``squad``, ``quac``, ``clapnq``, ``multispanqa``, ``yes_no``
(BoolQ, CondaQA), ``mtrag``, ``beir``, ``questions``, ``visitors``, ``claims``. ``paragraphs`` is what those about
single passages share.
"""

from qa.evaluation.datasets.dataset import Dataset, DatasetError, DatasetKind, GoldAnswer, Item, sample
from qa.evaluation.datasets.distractors import distractor_documents
from qa.evaluation.datasets.load import load_dataset
from qa.evaluation.datasets.template import make_template

__all__ = [
    "Dataset",
    "DatasetError",
    "DatasetKind",
    "GoldAnswer",
    "Item",
    "distractor_documents",
    "load_dataset",
    "make_template",
    "sample",
]
