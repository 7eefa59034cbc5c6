"""The commands of evaluation: ``refdesk eval``, ``compare`` and ``replay``; ``qa.cli.app`` registers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qa.cli.console import asking, echo, echo_table, indexing, note, print_json, read_settings
from qa.cli.options import BackendOption, BaseUrlOption, EmbedderOption, JsonOption, ModelOption, VerifierOption

if TYPE_CHECKING:
    from qa.evaluation import Dataset, Harness, Run

TaskOption = Literal["retrieval", "reading", "qa", "support"]
SystemOption = Literal["default", "bm25", "dense", "hybrid", "coverage", "reranker", "closed-book"]
_RUNS = Path("runs")


def evaluate(
    context: typer.Context,
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(help="Benchmark files and folders; the format is told by the content.", show_default=False),
    ] = None,
    task: Annotated[TaskOption | None, typer.Option(help="Default: what the dataset is made for.")] = None,
    system: Annotated[SystemOption, typer.Option(help="Refdesk itself, or a baseline.")] = "default",
    index: Annotated[Path | None, typer.Option(help="Ask this index, not one of the dataset's documents.")] = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder of runs; default: ./runs.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the latest run of the same name.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many questions, drawn with the seed.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the drawing and of the intervals.")] = 0,
    distractors: Annotated[
        list[Path] | None, typer.Option(help="Index also the documents of this file or folder; repeatable.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="The documents that an open-QA file asks about.")] = None,
    split: Annotated[str, typer.Option(help="Of a BEIR folder.")] = "test",
    answers: Annotated[
        Path | None, typer.Option(help="Score another system's answers from this JSON Lines file instead.")
    ] = None,
    make_template: Annotated[
        Path | None, typer.Option(help="Write a file of questions to fill in, about the documents of this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a system on benchmarks: figures with intervals, and a folder for each run that can be replayed."""
    if make_template is not None:
        _make_template(make_template, out_folder or Path(), as_json)
        return
    if not datasets:
        raise typer.BadParameter("name a dataset: a file or a folder", param_hint="DATASET")
    if answers is not None:
        _check_alone(len(datasets), system != "default", index, resume, distractors, backend)
    from qa.evaluation import distractor_documents, import_run, load_dataset
    from qa.evaluation.systems import check_system
    from qa.evaluation.tasks import task_of

    loaded = [load_dataset(path, split=split, corpus=corpus) for path in datasets]
    unread = [reason for dataset in loaded for reason in dataset.unread]
    note(*(remark for dataset in loaded for remark in dataset.notes), *unread)
    options: dict[str, Any] = {"task": task, "out": out_folder or _RUNS, "limit": limit, "seed": seed}
    options["harness"] = _harness(context)
    if answers is not None:
        _show_runs([import_run(answers, loaded[0], **options)], as_json)
        _end(unread)
        return
    settings = read_settings(embedder=embedder, backend=backend, model=model, base_url=base_url, verifier=verifier)
    for dataset in loaded:  # before the first of them is asked for an hour
        check_system(system, task_of(task, dataset), settings)
    others = distractors or []
    options |= {"settings": settings, "index": index, "resume": resume}
    options["distractors"], passed = distractor_documents(others)
    note(*passed)
    runs = [
        _ask(dataset, system, {**options, "origin": _origin(path, split, corpus, others)})
        for path, dataset in zip(datasets, loaded, strict=True)
    ]
    _show_runs(runs, as_json)
    _end([*unread, *passed])


def _check_alone(datasets: int, *others: object) -> None:
    if datasets > 1:
        raise typer.BadParameter("answers are of one dataset", param_hint="--answers")
    if any(others):
        raise typer.BadParameter(
            "another system's answers are only scored: leave out --system, --index, --resume, --distractors, --backend",
            param_hint="--answers",
        )


def _end(unread: Sequence[str]) -> None:
    """Exit code 3 where some files could not be read."""
    if unread:
        raise typer.Exit(3)


def compare(
    run_a: Annotated[Path, typer.Argument(help="A run's folder.")],
    run_b: Annotated[Path, typer.Argument(help="Another one, on the same questions.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals and the randomisation.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Say whether two runs on the same questions differ: paired differences with intervals and tests."""
    from qa.evaluation import Run
    from qa.evaluation import compare as compare_runs

    compared = compare_runs(Run.open(run_a), Run.open(run_b), seed=seed)
    if as_json:
        print_json(compared)
        return
    head = ("metric", "A", "B", "B - A", "low", "high", "p", "p Holm", "effect")
    rows = [
        (
            name,
            _shown(row["a"]),
            _shown(row["b"]),
            _shown(row["difference"], signed=True),
            _shown(row["low"], signed=True),
            _shown(row["high"], signed=True),
            "–" if row["p"] is None else f"{row['p']:.4f}",
            "–" if row["p_holm"] is None else f"{row['p_holm']:.4f}",
            _shown(row["effect"], signed=True),
        )
        for name, row in compared["metrics"].items()
    ]
    asked = f"{compared['task']}, {compared['items']} questions"
    title = (asked, f"A {compared['a']['run']}", f"B {compared['b']['run']}")
    echo_table(title, head, rows)
    if compared["unpaired"]:
        echo(f"over other questions in each run, so not compared: {', '.join(compared['unpaired'])}")


def replay(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    dataset: Annotated[Path | None, typer.Option(help="Where the dataset is now, if it was moved.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a run again; exit 1, and name the first difference, when an answer is not the same, timings aside."""
    from qa.evaluation import Callbacks, Run, RunError, distractor_documents, load_dataset
    from qa.evaluation import replay as replay_run

    opened = Run.open(run)
    note(*opened.settings().set_by_files)
    origin: Mapping[str, Any] = opened.config["origin"]
    if dataset is None and "path" not in origin:
        raise RunError(f"{run}: the run does not say where its dataset is: name it with --dataset")
    corpus = Path(origin["corpus"]) if origin.get("corpus") else None
    loaded = load_dataset(dataset or Path(origin["path"]), split=origin.get("split", "test"), corpus=corpus)
    others, _ = distractor_documents([Path(path) for path in origin.get("distractors", [])])
    with indexing() as on_index, asking(run.name) as on_ask:
        difference = replay_run(opened, loaded, others, Callbacks(on_index, on_ask), _harness(context))
    if as_json:
        print_json({"run": str(run), "answers": len(opened.records), "difference": difference})
    elif difference is None:
        echo(f"{len(opened.records)} answers, all as they were")
    else:
        echo(f"not the same: {difference}")
    if difference is not None:
        raise typer.Exit(1)


def _harness(context: typer.Context) -> Harness:
    """What ``main`` was given to evaluate with, else the default."""
    from qa.evaluation import Harness

    return context.obj or Harness()


def _make_template(folder: Path, target_folder: Path, as_json: bool) -> None:
    from qa.evaluation import make_template

    target = target_folder / f"{folder.resolve().name}.questions.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    count, unread = make_template(folder, target)
    note(*unread)
    if as_json:
        print_json({"template": str(target), "questions": count})
    else:
        echo(f"{count} questions to fill in: {target}; then refdesk eval {target} --corpus {folder}")
    _end(unread)


def _origin(path: Path, split: str, corpus: Path | None, distractors: Sequence[Path]) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "split": split,
        "corpus": str(corpus.absolute()) if corpus else None,
        "distractors": [str(path.absolute()) for path in distractors],
    }


def _ask(dataset: Dataset, system: str, options: Mapping[str, Any]) -> Run:
    from qa.evaluation import Callbacks, evaluate

    with indexing() as on_index, asking(dataset.name) as on_ask:
        return evaluate(dataset, system, callbacks=Callbacks(on_index, on_ask), **options)


def _show_runs(runs: Sequence[Run], as_json: bool) -> None:
    """One object or one table; of several runs with each metric's mean over them."""
    from qa.evaluation.summary import macro_average

    summaries = [{**run.metrics, "run": str(run.folder)} for run in runs]
    tasks = sorted({summary["task"] for summary in summaries})
    average = macro_average(summaries) if len(tasks) == 1 else {}
    if as_json:
        several = {"task": ", ".join(tasks), "metrics": average, "runs": summaries}
        print_json(summaries[0] if len(runs) == 1 else several)
        return
    if len(runs) == 1:
        (summary,) = summaries
        rows = [
            (name, _shown(row["value"]), _between(row), str(row["count"])) for name, row in summary["metrics"].items()
        ]
        title = [f"{summary['dataset']}, {summary['task']}, {summary['system']}"]
        echo_table(title, ("metric", "value", "95% interval", "questions"), rows)
        _print_timing(summary["timing"])
    else:
        names = list(dict.fromkeys(name for summary in summaries for name in summary["metrics"]))
        columns = [*(summary["metrics"] for summary in summaries), *([average] if average else [])]
        head = ["metric", *(summary["dataset"] for summary in summaries), *(["mean"] if average else [])]
        rows = [
            (name, *(_shown(metrics[name]["value"]) if name in metrics else "" for metrics in columns))
            for name in names
        ]
        echo_table([f"{', '.join(tasks)}, {summaries[0]['system']}"], head, rows)
    for run in runs:
        echo(f"{run.folder}: report.html, metrics.json, answers.jsonl")


def _print_timing(timing: Mapping[str, float]) -> None:
    if timing:
        echo(
            f"seconds a question: median {timing['p50']:.2f}, 90% {timing['p90']:.2f}, 99% {timing['p99']:.2f}; "
            f"{timing['questions_per_second']:g} questions a second"
        )


def _shown(value: float | None, *, signed: bool = False) -> str:
    return "–" if value is None else f"{value:+.3f}" if signed else f"{value:.3f}"


def _between(row: Mapping[str, Any]) -> str:
    return "–" if row["low"] is None else f"{_shown(row['low'])} to {_shown(row['high'])}"
