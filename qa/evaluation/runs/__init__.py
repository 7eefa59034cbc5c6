"""Run folders: one folder for each evaluation, so that it can be resumed, verified, compared and replayed.

========================== ==================================================================================
config.json                task, system, settings, threshold, models, index, dataset digest, versions, machine
answers.jsonl              a line for each question: gold, full answer, metrics, seconds; written as they come
texts.jsonl                the documents that the answers cite, so that ``verify`` needs no index
metrics.json               figures with their intervals, slices, timing
run.trec                   rankings, for the task ``retrieval``
report.html                everything to read, in one file
========================== ==================================================================================

Apart from timings, the configuration determines everything in it.
"""

from qa.evaluation.runs.check import check_run
from qa.evaluation.runs.difference import first_difference
from qa.evaluation.runs.export import export_run
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.frame import load_run
from qa.evaluation.runs.listing import ListedRun, list_runs
from qa.evaluation.runs.run import ANSWERS, CONFIG, METRICS, SCHEMA, TEXTS, Run

__all__ = [
    "ANSWERS",
    "CONFIG",
    "METRICS",
    "SCHEMA",
    "TEXTS",
    "ListedRun",
    "Run",
    "RunError",
    "check_run",
    "export_run",
    "first_difference",
    "list_runs",
    "load_run",
]
