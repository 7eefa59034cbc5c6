"""Evaluation: datasets, metrics, statistics, run files, reports.

>>> from qa.evaluation import evaluate, load_dataset
>>> run = evaluate(load_dataset(path), task="qa")
>>> run.metrics["metrics"]["F1"]

``docs/evaluation.md`` is the guide.
"""

from qa.evaluation.bench import Listener, Progress, evaluate, replay
from qa.evaluation.compare import ComparisonError, compare
from qa.evaluation.corpus import distractor_documents
from qa.evaluation.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.formats import load_dataset, make_template
from qa.evaluation.imported import import_run
from qa.evaluation.reply import ReplyError
from qa.evaluation.runs import Run, RunError
from qa.evaluation.systems import SystemChoiceError

__all__ = [
    "ComparisonError",
    "Dataset",
    "DatasetError",
    "GoldAnswer",
    "Item",
    "Listener",
    "Progress",
    "ReplyError",
    "Run",
    "RunError",
    "SystemChoiceError",
    "compare",
    "distractor_documents",
    "evaluate",
    "import_run",
    "load_dataset",
    "make_template",
    "replay",
]
