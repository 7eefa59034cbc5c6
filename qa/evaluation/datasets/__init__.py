"""Benchmark files -> Dataset.

``load_dataset`` recognises the format; each has a module (``formats`` lists them). ``paragraphs`` is what those about
single passages share, ``pool`` what those whose questions have documents of their own do.
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
