"""Evaluation of Refdesk and of other systems on question-answering and retrieval benchmarks.

>>> from qa.evaluation import evaluate, load_dataset
>>> run = evaluate(load_dataset(path), task="qa")
>>> run.metrics["metrics"]["F1"]

``docs/evaluation.md`` is the guide. Where to look:

- ``datasets/``: benchmark files -> Dataset; a module for each format;
- ``metrics/``: exact match, F1, citations, abstention; confidence intervals and tests;
- ``scoring/``: what a system returns for an item -> the item's record, with its metrics;
- ``tasks``: the five tasks, and what a system is called with and returns;
- ``systems/``: Refdesk's own systems and baselines, the index of a dataset, any other callable; in ``beside/``
  pipelines of other frameworks and HTTP endpoints;
- ``runs/``: run folders, their configuration, and checking them;
- ``asker``: a question asked and scored, or recorded as failed;
- ``evaluator``: dataset and system -> run; ``predictions``: a file of answers (``prediction_files``) -> run;
  ``replay``: the run again;
- ``summary``: records -> figures; ``compare``: two or more runs;
- ``report`` and ``comparison_page``: a run and a comparison as pages (``pages``, ``plots``, ``templates/``);
- ``suite/``: the published benchmarks by one command.
"""

from qa.evaluation.compare import ComparisonError, compare, compare_all
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.distractors import distractor_documents
from qa.evaluation.datasets.load import load_dataset
from qa.evaluation.datasets.template import make_template
from qa.evaluation.evaluator import Callbacks, Harness, RunProgress, evaluate
from qa.evaluation.predictions import import_run
from qa.evaluation.replay import replay
from qa.evaluation.runs.export import export_run
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.frame import load_run
from qa.evaluation.runs.listing import ListedRun, list_runs
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.systems.beside.process import PipelineError
from qa.evaluation.systems.system import SystemChoiceError

__all__ = [
    "Callbacks",
    "ComparisonError",
    "Dataset",
    "DatasetError",
    "GoldAnswer",
    "Harness",
    "Item",
    "ListedRun",
    "PipelineError",
    "ReplyError",
    "Run",
    "RunError",
    "RunProgress",
    "SystemChoiceError",
    "compare",
    "compare_all",
    "distractor_documents",
    "evaluate",
    "export_run",
    "import_run",
    "list_runs",
    "load_dataset",
    "load_run",
    "make_template",
    "replay",
]
