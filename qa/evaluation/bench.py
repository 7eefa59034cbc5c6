"""A dataset and a system -> a run: ask, score, write down, sum up; and ask again: are the answers the same?"""

from __future__ import annotations

import json
import platform
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from documents.document import Document
from index.ingest import Progress as IndexProgress
from index.onnx import cores
from qa import settings as configuration
from qa.evaluation.dataset import Dataset, Item
from qa.evaluation.metrics import Support
from qa.evaluation.reply import ReplyError
from qa.evaluation.report import report
from qa.evaluation.runs import SCHEMA, Run, RunError, first_difference
from qa.evaluation.score_answers import verbatim
from qa.evaluation.score_rankings import trec_run
from qa.evaluation.summary import summarise, timing
from qa.evaluation.systems import Opened, Place, System, SystemChoiceError, open_system, outside
from qa.evaluation.tasks import Record, Scorer, Task, scorer_of, slices_of, task_of, usable
from qa.settings import Settings

_LIBRARIES = ("refdesk", "numpy", "scipy", "onnxruntime", "faiss-cpu", "tokenizers", "tiktoken", "ir-measures")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, the mean so far of the task's headline metric, and the seconds the last answer took."""

    done: int
    of: int
    metric: str
    mean: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how indexing and asking go on."""

    indexing: Callable[[IndexProgress], None] = lambda _: None
    asking: Callable[[Progress], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides a run besides the dataset, the system and its settings; see ``evaluate``."""

    task: str | None = None
    out: Path = Path("runs")
    index: Path | None = None
    distractors: Mapping[str, Document] = field(default_factory=dict)
    limit: int | None = None
    seed: int = 0
    support: Support = verbatim
    resume: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)


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
    support: Support = verbatim,
    resume: bool = False,
    origin: Mapping[str, Any] | None = None,
    listener: Listener = Listener(),
) -> Run:
    """Ask ``system`` the dataset's questions and keep all of it in a new folder below ``out``.

    - ``system``: one of Refdesk's by name (``SYSTEMS`` in ``qa.evaluation.systems``), or any callable: what
      it is called with and returns, ``qa.evaluation.tasks`` and ``qa.evaluation.reply`` say; ``name`` names it;
    - ``task``: "retrieval", "reading", "qa" or "support"; None: what the dataset is made for;
    - ``out``: the folder of runs; the indexes that they share lie in it too; ``index``: an existing one to ask instead;
    - ``distractors``: further documents to index, by name, that no question is about;
    - ``limit``: as many questions, drawn with ``seed``, which also decides the intervals;
    - ``support``: whether a statement follows from the quotes it cites; by default, when it stands in them;
    - ``resume``: continue the latest run of that name, which must have been made in the same way;
    - ``origin``: kept with the run: the arguments of ``load_dataset`` ("path", "split", "corpus"), to replay it.

    Raises:
        DatasetError, SystemChoiceError, ReplyError, RunError: what cannot be done, in one line.
        StoreError, ModelError: the index or a model cannot be used.
    """
    plan = Plan(task, Path(out), index, distractors or {}, limit, seed, support, resume, origin or {})
    chosen = task_of(task, dataset)
    _check(plan, chosen)
    if isinstance(system, str):
        settings = settings or configuration.read()
        opened = _open(system, chosen, dataset, settings, plan, listener)
        return run_opened(opened, system, dataset, plan, settings, listener)
    called = name or str(getattr(system, "__name__", type(system).__name__))
    return run_opened(outside(system, chosen, dataset), called, dataset, plan, None, listener)


def _check(plan: Plan, task: Task) -> None:
    """
    Raises:
        SystemChoiceError: two options do not go together, or one has no sense.
    """
    if plan.limit is not None and plan.limit < 1:
        raise SystemChoiceError(f"a limit must be at least 1, not {plan.limit}")
    if plan.distractors and (plan.index or task.name in ("reading", "support")):
        other = "an existing index is asked" if plan.index else f"the task {task.name} searches nothing"
        raise SystemChoiceError(f"distractors cannot be added where {other}: leave them out")


def run_opened(
    opened: Opened, called: str, dataset: Dataset, plan: Plan, settings: Settings | None, listener: Listener
) -> Run:
    """What ``evaluate`` does with a system that is open; ``settings`` are those of Refdesk's own, None of another's."""
    task = task_of(plan.task, dataset)
    items = sample(usable(dataset, task), plan.limit, plan.seed)
    config = _config(dataset, called, task, settings, plan, opened, len(items))
    run = (Run.resume if plan.resume else Run.start)(plan.out, config)
    known = {record["id"] for record in run.records}
    rest = [item for item in items if item.id not in known]
    if not rest and run.is_summed_up:
        return run
    if rest and settings:
        opened.ask(rest[0])  # models and indexes load at first use; that is no question's own time
    scorer = scorer_of(task, dataset, opened.threshold, plan.support)
    harness, asked = _ask_all(rest, opened, scorer, dataset, task, run, listener)
    finish(run, task, harness, asked)
    return run


def finish(run: Run, task: Task, harness: float | None = None, asked: float = 0.0) -> None:
    """Sum the run's records up: metrics, TREC run, report."""
    summary = {
        "task": task.name,
        "dataset": run.config["dataset"]["name"],
        "system": run.config["system"],
        "items": len(run.records),
        **summarise(run.records, task, run.config["seed"]),
        "timing": timing([record["seconds"] for record in run.records], harness, asked),
    }
    run.write_metrics(summary)
    if task.name == "retrieval":
        lines = (line for r in run.records for line in trec_run(r["id"], r["ranking"], run.config["system"]))
        run.write("run.trec", "".join(lines))
    run.write("report.html", report(run.config, run.records, summary))


def sample(items: Sequence[Item], limit: int | None, seed: int) -> list[Item]:
    """``limit`` of the items, in their order; the same ones for the same seed."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[number] for number in sorted(random.Random(seed).sample(range(len(items)), limit))]


def replay(run: Run, dataset: Dataset, distractors: Mapping[str, Document], listener: Listener) -> str | None:
    """Ask the run's questions again and sum them up; the first difference in words, timings aside, or None.

    Raises:
        RunError: it cannot be replayed: it is not finished, or its dataset, system or judge is another now.
    """
    config = run.config
    run.check_finished()
    if config["own"] is not True:
        raise RunError(f"{run.folder}: {config['system']} is not Refdesk's own system: it cannot be replayed")
    if dataset.digest != config["dataset"]["digest"]:
        raise RunError(f"{run.folder}: the dataset has changed since (digest {dataset.digest[:12]}…)")
    if config["support"] != _called(verbatim):
        raise RunError(f"{run.folder}: its citations were judged by {config['support']}: it cannot be replayed")
    folder = Path(config["index_folder"]) if config["index_folder"] else None
    plan = Plan(config["task"], run.folder.resolve().parent, folder, distractors, config["limit"], config["seed"])
    task = task_of(plan.task, dataset)
    opened = _open(config["system"], task, dataset, run.settings(), plan, listener)
    now = {"threshold": opened.threshold, **opened.facts}
    found = first_difference({name: config.get(name) for name in now}, now)
    if found:
        return found
    items = sample(usable(dataset, task), plan.limit, plan.seed)
    found = first_difference([record["id"] for record in run.records], [item.id for item in items], "its questions")
    if found:
        return found
    scorer = scorer_of(task, dataset, opened.threshold)
    for number, (record, item) in enumerate(zip(run.records, items, strict=True), start=1):
        again, _ = _record(item, opened.ask(item), 0.0, scorer, dataset)
        found = first_difference(_untimed(record), json.loads(json.dumps(_untimed(again))))
        if found:
            return f"question {record['id']}: {found}"
        listener.asking(Progress(number, len(run.records), "", None, 0.0))
    sums = json.loads(json.dumps(summarise(run.records, task, plan.seed)))
    return first_difference({name: run.metrics.get(name) for name in sums}, sums, "metrics.json")


def _untimed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without what the clock made of it."""
    untimed = {name: value for name, value in record.items() if name != "seconds"}
    if "answer" in record:
        untimed["answer"] = {**record["answer"], "timings_ms": None}
    return untimed


def _called(support: Support) -> str:
    return str(getattr(support, "__qualname__", type(support).__name__))


def _open(system: str, task: Task, dataset: Dataset, settings: Settings, plan: Plan, listener: Listener) -> Opened:
    place = Place(plan.out / "indexes", plan.index, plan.distractors, listener.indexing)
    return open_system(system, task, dataset, settings, place)


def _ask_all(
    items: Sequence[Item], opened: Opened, scorer: Scorer, dataset: Dataset, task: Task, run: Run, listener: Listener
) -> tuple[float | None, float]:
    """Ask, score and keep each; the seconds that the bench took for itself (None: none were asked) and the answers'."""
    headline = [record["metrics"][task.headline] for record in run.records if task.headline in record["metrics"]]
    total, count, asked = sum(headline), len(headline), 0.0
    began = time.perf_counter()
    for item in items:
        before = time.perf_counter()
        said = opened.ask(item)
        seconds = time.perf_counter() - before
        asked += seconds
        if opened.seconds:
            seconds = opened.seconds(item)
        record, cited = _record(item, said, seconds, scorer, dataset)
        run.append(record, cited)
        if task.headline in record["metrics"]:
            total, count = total + record["metrics"][task.headline], count + 1
        mean = total / count if count else None
        listener.asking(Progress(len(run.records), run.config["items"], task.headline, mean, seconds))
    return (time.perf_counter() - began - asked if items else None), asked


def _record(
    item: Item, said: object, seconds: float, scorer: Scorer, dataset: Dataset
) -> tuple[Record, Mapping[str, Document]]:
    try:
        fields, cited = scorer(item, said)
    except ReplyError as error:
        raise ReplyError(f"question {item.id}: {error}") from error
    record = {
        "id": item.id,
        "group": item.group,
        "slices": slices_of(item, dataset),
        "question": item.question,
        **fields,
        "seconds": round(seconds, 6),
    }
    return record, cited


def _config(
    dataset: Dataset, called: str, task: Task, settings: Settings | None, plan: Plan, opened: Opened, count: int
) -> dict[str, Any]:
    kept = {"embedder", "reranker", "top_k", "threshold", "backend"}
    if settings and settings.backend != "extractive":
        kept |= {"model", "base_url", "context", "max_tokens", "temperature", "seed", "unsupported", "write_always"}
    return {
        "schema": SCHEMA,
        "task": task.name,
        "system": called,
        "own": settings is not None,
        "dataset": {
            "name": dataset.name,
            "kind": dataset.kind,
            "language": dataset.language,
            "digest": dataset.digest,
            "notes": list(dataset.notes),
        },
        "origin": dict(plan.origin),
        "items": count,
        "limit": plan.limit,
        "seed": plan.seed,
        "distractors": len(plan.distractors),
        "support": _called(plan.support),
        "threshold": opened.threshold,
        "settings": settings.model_dump(mode="json", include=kept) if settings else {},
        "index_folder": str(plan.index.absolute()) if plan.index else None,
        "models": {},
        "index": None,
        **opened.facts,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores()},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # refdesk run from its source folder
        return None
