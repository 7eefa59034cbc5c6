"""A dataset and a system -> a run: ask every question, score and record what is returned, sum the records up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.document import Document
from index.ingest import Progress as IndexProgress
from qa import settings as configuration
from qa.assistant import compose
from qa.evaluation.asker import Asker
from qa.evaluation.cost import COST, cost
from qa.evaluation.datasets.dataset import Dataset, Item, sample
from qa.evaluation.datasets.distractors import distractors_digest
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.metrics.statistics import RESAMPLES
from qa.evaluation.plots import Plots, plots
from qa.evaluation.report import report
from qa.evaluation.runs.config import RunOptions, run_config
from qa.evaluation.runs.run import Run
from qa.evaluation.scoring.judges import EntailmentJudge, ShippedEntailment, open_judge
from qa.evaluation.scoring.rankings import trec_qrels, trec_run
from qa.evaluation.summary import summarise, timing
from qa.evaluation.systems.ahead import ahead
from qa.evaluation.systems.beside.endpoint import open_endpoint
from qa.evaluation.systems.beside.pipelines import open_pipeline
from qa.evaluation.systems.indexing import IndexChoice, ModelLoader
from qa.evaluation.systems.refdesk import open_system
from qa.evaluation.systems.system import (
    ENDPOINT,
    PIPELINES,
    SERVER,
    OpenedSystem,
    System,
    SystemChoiceError,
    callable_system,
    check_other,
)
from qa.evaluation.tasks import Task, task_of, usable
from qa.settings import Settings

TIMEOUT = 600.0  # seconds that a callable may take for a question


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is: questions done, the mean so far of the task's headline metric, seconds of the last answer."""

    done: int
    of: int
    metric: str
    mean: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Functions that are called as indexing and asking progress, and with what was read in a file of answers."""

    indexing: Callable[[IndexProgress], None] = lambda _: None
    asking: Callable[[RunProgress], None] = lambda _: None
    reading: Callable[[str], None] = lambda _: None


_SHIPPED = EntailmentJudge(ShippedEntailment())


@dataclass(frozen=True, slots=True)
class Harness:
    """What evaluations work with; tests pass small models and fewer resamples.

    - ``load``: loads the models of Refdesk's own systems;
    - ``resamples``: bootstrap resamples of each confidence interval;
    - ``judge``: judges whether quotes support a statement, and references an answer, where no other judge is named;
    - ``plots``: draws a run for its report, from the name of its task and its records.
    """

    load: ModelLoader = compose.load_models
    resamples: int = RESAMPLES
    judge: SupportJudge = _SHIPPED
    plots: Plots = plots

    def judge_of(self, named: SupportJudge | str | None, task: Task) -> SupportJudge:
        """The judge that is named or given, else the default one.

        Raises:
            SystemChoiceError: the task needs no judge.
            ModelError, GenerationError, SettingsError: the named judge cannot be used.
        """
        if isinstance(named, str):
            if task.name not in ("qa", "reading"):
                raise SystemChoiceError(
                    f"a judge reads citations and references: the task must be qa or reading, not {task.name}"
                )
            return open_judge(named, self.judge)
        return named or self.judge


def evaluate(
    dataset: Dataset,
    system: System = "default",
    *,
    task: str | None = None,
    out: Path | str = "runs",
    name: str | None = None,
    settings: Settings | None = None,
    index: Path | None = None,
    distractors: Mapping[str, Document] | None = None,
    limit: int | None = None,
    seed: int = 0,
    support: SupportJudge | str | None = None,
    resume: bool = False,
    origin: Mapping[str, Any] | None = None,
    varied: Mapping[str, str] | None = None,
    timeout: float | None = TIMEOUT,
    jobs: int = 1,
    python: str = sys.executable,
    callbacks: Callbacks = Callbacks(),
    harness: Harness = Harness(),
) -> Run:
    """Ask ``system`` the dataset's questions, and record everything in a new folder below ``out``.

    - ``system``: one of Refdesk's own by name (``SYSTEMS``), a server ("openai:ADDRESS"), an endpoint
      ("http:TEMPLATE.json"), a pipeline ("langchain:MODULE:ATTRIBUTE"), or a callable as ``qa.evaluation.tasks`` says;
    - ``name``: the callable's name in the run; of Refdesk's own systems, that of the run;
    - ``task``: one of ``qa.evaluation.tasks``; None: the default for the dataset's kind;
    - ``out``: the folder of runs and of the indexes that they share; ``index``: an existing one to search instead;
    - ``distractors``: further documents to index, by name, that no question is about;
    - ``limit``: the number of questions to ask, drawn at random with ``seed``; the seed determines the intervals too;
    - ``support``: judges whether a statement follows from its quotes: a callable, or the name of a judge
      (``qa.evaluation.scoring.judges``), beside which the default one judges too; None: the shipped verifier;
    - ``resume``: continue the latest run of that name and configuration, and ask again where the system failed;
    - ``origin``: the arguments of ``load_dataset`` ("path", "split", "corpus"), recorded for a replay;
    - ``varied``: the settings, by name, that tell this run from others; its folder's name shows them;
    - ``timeout``: the seconds after which a callable, pipeline or endpoint has failed on a question; None: never;
    - ``jobs``: how many questions a callable, server or endpoint is asked at a time; answers keep the questions' order;
    - ``python``: the interpreter of the environment that a pipeline is imported in.

    A question on which the system fails has an ``error`` in its record, and counts as wrong (``metrics["errors"]``).

    Raises:
        DatasetError, SystemChoiceError, RunError, PipelineError: the evaluation cannot be done.
        StoreError, ModelError, GenerationError: the index, a model or the judge cannot be used.
        JudgeError: the judge failed; ``resume`` goes on from there.
    """
    options = RunOptions(
        task, Path(out), index, distractors or {}, limit, seed, support if isinstance(support, str) else None, resume,
        origin or {}, name if isinstance(system, str) else None, varied or {}, jobs,
    )  # fmt: skip
    chosen = _checked_task(options, dataset)
    judge = harness.judge_of(support, chosen)
    if isinstance(system, str) and system.startswith((ENDPOINT, *PIPELINES)):
        opened = _open_other(system, chosen, dataset, options, python, timeout)
    elif isinstance(system, str):
        opened = open_own(system, chosen, dataset, settings or _settings_for(system), options, callbacks, harness)
    else:
        opened = callable_system(system, name or _called(system), chosen, dataset, timeout)
    return run_system(opened, dataset, options, callbacks, harness, judge)


def _settings_for(system: str) -> Settings:
    return configuration.read(base_url=system.removeprefix(SERVER) if system.startswith(SERVER) else None)


def _called(system: Callable[..., object]) -> str:
    return str(getattr(system, "__name__", type(system).__name__))


def _open_other(
    name: str, task: Task, dataset: Dataset, options: RunOptions, python: str, timeout: float | None
) -> OpenedSystem:
    """A pipeline of another framework, or an endpoint.

    Raises:
        SystemChoiceError: it cannot be asked the task, or is not described as it must be.
        PipelineError: it cannot be imported or built.
    """
    check_other(name, task)
    if options.index:
        raise SystemChoiceError(f"{name} searches no index of Refdesk's: leave it out")
    if name.startswith(ENDPOINT):
        if options.distractors:
            raise SystemChoiceError(f"{name} answers from documents of its own: leave the distractors out")
        return open_endpoint(name, Path(name.removeprefix(ENDPOINT)), task, dataset, timeout)
    return open_pipeline(name, task, dataset, options.distractors, python, timeout)


def _checked_task(options: RunOptions, dataset: Dataset) -> Task:
    """The task that the options choose for the dataset.

    Raises:
        DatasetError, SystemChoiceError: an option is out of range, or two do not go together.
    """
    task = task_of(options.task, dataset)
    if options.limit is not None and options.limit < 1:
        raise SystemChoiceError(f"a limit must be at least 1, not {options.limit}")
    if options.jobs < 1:
        raise SystemChoiceError(f"jobs must be at least 1, not {options.jobs}")
    if options.distractors and (options.index or task.name in ("reading", "support", "visitors")):
        other = "an existing index is asked" if options.index else f"the task {task.name} searches no others"
        raise SystemChoiceError(f"distractors cannot be added where {other}: leave them out")
    return task


def open_own(
    name: str,
    task: Task,
    dataset: Dataset,
    settings: Settings,
    options: RunOptions,
    callbacks: Callbacks,
    harness: Harness,
) -> OpenedSystem:
    """Refdesk's own system ``name``, with the index that the options name."""
    choice = IndexChoice(options.index, options.out / "indexes", options.distractors, callbacks.indexing)
    return open_system(name, task, dataset, settings, choice, harness.load)


def run_system(
    system: OpenedSystem,
    dataset: Dataset,
    options: RunOptions,
    callbacks: Callbacks,
    harness: Harness,
    support: SupportJudge,
) -> Run:
    """The run of an opened system; ``evaluate`` describes options and errors."""
    task = task_of(options.task, dataset)
    if options.jobs > 1 and not system.waits:
        raise SystemChoiceError(f"{system.name} computes its answers here, one at a time: leave out --jobs")
    items = sample(usable(dataset, task), options.limit, options.seed)
    config = run_config(
        dataset,
        options,
        task=task.name,
        system=system.name,
        settings=system.settings,
        threshold=system.threshold,
        facts={**system.facts, "distractors_digest": distractors_digest(options.distractors)},
        items=len(items),
        support=support,
    )
    run = (Run.resume if options.resume else Run.start)(options.out, config)
    known = {record["id"] for record in run.records}
    rest = [item for item in items if item.id not in known]
    if not rest and run.has_metrics:
        return run
    try:
        if rest and system.settings:
            with suppress(Exception):  # it will be recorded when the question is asked in its turn
                system.ask(rest[0])  # loads models and indexes, which should not count as the first question's time
        with ahead(system, rest, options.jobs) if options.jobs > 1 else nullcontext(system) as answering:
            asker = Asker(answering, task, dataset, support)
            own, asked = _ask_all(rest, asker, run, task.headline, callbacks)
    finally:
        run.discard_if_empty()
    run.put_in_order([item.id for item in items])
    _sum_up(run, task, own, asked, harness)
    return run


def _ask_all(
    items: Sequence[Item], asker: Asker, run: Run, headline: str, callbacks: Callbacks
) -> tuple[float | None, float]:
    """Ask and record every item; the seconds of the evaluation itself (None without items), and of the system."""
    values = [record["metrics"][headline] for record in run.records if headline in record["metrics"]]
    total, count, asked = sum(values), len(values), 0.0
    began = time.perf_counter()
    for item in items:
        record, cited, elapsed = asker.ask(item)
        run.append(record, cited)
        asked += elapsed
        if headline in record["metrics"]:
            total, count = total + record["metrics"][headline], count + 1
        mean = total / count if count else None
        callbacks.asking(RunProgress(len(run.records), run.config["items"], headline, mean, record["seconds"]))
    return (time.perf_counter() - began - asked if items else None), asked


def _sum_up(run: Run, task: Task, own: float | None, asked: float, harness: Harness) -> None:
    """Write the files that are made of a run's records: metrics, TREC run, report."""
    summary = {
        "task": task.name,
        "dataset": run.config["dataset"]["name"],
        "system": run.config["system"],
        "items": len(run.records),
        "errors": len(run.failures),
        **summarise(run.records, task, run.config["seed"], harness.resamples),
        COST: cost(run.records),
        "timing": timing([record["seconds"] for record in run.records], own, asked),
    }
    run.write_metrics(summary)
    if task.name == "retrieval":
        lines = (line for r in run.records for line in trec_run(r["id"], r["ranking"], run.config["system"]))
        run.write("run.trec", "".join(lines))
        judged = (line for r in run.records for line in trec_qrels(r["id"], r["gold"]["relevant"]))
        run.write("qrels.trec", "".join(judged))
    run.write("report.html", report(run.config, run.records, summary, harness.plots))
