"""The command ``refdesk eval``; ``qa.cli.runs`` has those about its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qa import settings as configuration
from qa.cli.console import asking, echo, indexing, note, print_json
from qa.cli.figures import show_runs
from qa.cli.known_formats import list_formats
from qa.cli.options import (
    BackendOption,
    BaseUrlOption,
    EmbedderOption,
    JsonOption,
    ModelOption,
    VerifierOption,
    index_folder,
)
from qa.cli.suite import run_suite
from qa.cli.variants import Variant, variants

if TYPE_CHECKING:
    from qa.evaluation import Dataset, Harness, Run

TaskOption = Literal["retrieval", "reading", "qa", "support", "visitors"]
RUNS = Path("runs")
SERVER = "openai:"  # before a server's address; that of qa.evaluation.systems, which takes long to import


def evaluate(
    context: typer.Context,
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(help="Benchmark files and folders; the format is told by the content.", show_default=False),
    ] = None,
    task: Annotated[TaskOption | None, typer.Option(help="Default: what the dataset is made for.")] = None,
    system: Annotated[
        str,
        typer.Option(
            help="Refdesk itself; a baseline (bm25, dense, hybrid, closed-book, coverage, reranker); or openai:URL, a "
            "server that answers from documents by OpenAI's chat completions."
        ),
    ] = "default",
    index: Annotated[
        Path | None,
        typer.Option(parser=index_folder, metavar="DIR", help="Ask this index, not one of the dataset's documents."),
    ] = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
    name: Annotated[str | None, typer.Option(help="Of the run, in its folder's name; default: the system's.")] = None,
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting; of several values, such as top_k=5,15, a run each. Repeatable.",
        ),
    ] = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder of runs; default: ./runs.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the latest run of the same name.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many questions, drawn with the seed.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the drawing and of the intervals.")] = 0,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Says whether quotes support statements: a cross-encoder's folder or hub name, or openai:URL#MODEL.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Ask a server so many questions at a time.")] = 1,
    distractors: Annotated[
        list[Path] | None, typer.Option(help="Index also the documents of this file or folder; repeatable.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="The documents that an open-QA file asks about.")] = None,
    split: Annotated[str, typer.Option(help="Of a BEIR folder.")] = "test",
    answers: Annotated[
        Path | None, typer.Option(help="Score another system's answers from this JSON Lines file instead.")
    ] = None,
    suite: Annotated[
        Literal["standard"] | None, typer.Option(help="Run the published benchmarks instead; needs --data.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The folder of the suite's public files.")] = None,
    only: Annotated[str, typer.Option(metavar="PATTERN", help="Of the suite, those whose name matches.")] = "*",
    make_template: Annotated[
        Path | None, typer.Option(help="Write a first draft of visitors' questions about the documents of this folder.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Tell which formats of datasets are known, and where their files come from.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a system on benchmarks: figures with intervals, and a folder for each run that can be replayed."""
    if listed:
        list_formats(as_json)
        return
    if make_template is not None:
        _make_template(make_template, out_folder or Path(), as_json)
        return
    if suite is not None:
        if data is None:
            raise typer.BadParameter("name the folder of its public files with --data", param_hint="--suite")
        others = (
            datasets, answers, index, resume, distractors, corpus, chosen, backend, model, base_url, embedder, verifier,
            name, judge, task, seed, system != "default", split != "test",
        )  # fmt: skip
        if any(others):
            raise typer.BadParameter("it takes only --data, --only, --out, --limit and --json", param_hint="--suite")
        _end(_failures(run_suite(data, out_folder or RUNS, only, limit, as_json, harness_of(context))))
        return
    if not datasets:
        raise typer.BadParameter("name a dataset: a file or a folder", param_hint="DATASET")
    if answers is not None:
        _check_alone(len(datasets), system != "default", index, resume, distractors, backend, chosen)
    from qa.evaluation import Callbacks, distractor_documents, import_run, load_dataset

    server = system.removeprefix(SERVER) if system.startswith(SERVER) else None
    if server is not None and (base_url or backend or index):
        raise typer.BadParameter(
            "the server has its own documents: leave out --base-url, --backend, --index", param_hint="--system"
        )
    # Of Refdesk's own systems, those that search say themselves what they lack.
    own = answers is None and server is None
    loaded = [load_dataset(path, split=split, corpus=corpus, indexed=own) for path in datasets]
    unread = [reason for dataset in loaded for reason in dataset.unread]
    note(*(remark for dataset in loaded for remark in dataset.notes), *unread)
    options: dict[str, Any] = {"task": task, "name": name, "out": out_folder or RUNS, "limit": limit, "seed": seed}
    options |= {"harness": harness_of(context), "support": judge}
    if answers is not None:
        told: list[str] = []
        origin = _origin(datasets[0], split, corpus, [])
        run = import_run(answers, loaded[0], callbacks=Callbacks(reading=told.append), origin=origin, **options)
        note(*told)
        show_runs([run], as_json)
        _end(unread)
        return
    flags = {
        "embedder": embedder,
        "backend": backend,
        "model": model,
        "base_url": server or base_url,
        "verifier": verifier,
    }
    chosen_settings = _settings(variants(chosen or [], flags, name is not None), flags)
    _check_systems(loaded, system, task, chosen_settings)
    options |= {"index": index, "resume": resume, "jobs": jobs}
    options["distractors"], passed = distractor_documents(distractors or [])
    note(*passed)
    runs = [
        _ask(dataset, system, {**options, **variant, "origin": _origin(path, split, corpus, distractors or [])})
        for variant in chosen_settings
        for path, dataset in zip(datasets, loaded, strict=True)
    ]
    show_runs(runs, as_json)
    left_out = list(dict.fromkeys(reason for run in runs for reason in run.config.get("unread", ())))
    note(*left_out)
    _end([*unread, *passed, *left_out, *_failures(runs)])


def _settings(chosen: Sequence[Variant], flags: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """For each variant the options of ``evaluate`` that it stands for."""
    found = [(configuration.read(**{**flags, **variant.settings}), variant.varied) for variant in chosen]
    note(*dict.fromkeys(line for settings, _ in found for line in settings.set_by_files))
    return [{"settings": settings, "varied": varied} for settings, varied in found]


def _check_systems(
    datasets: Sequence[Dataset], system: str, task: str | None, chosen: Sequence[Mapping[str, Any]]
) -> None:
    """Before the first of them is asked for an hour."""
    from qa.evaluation.systems import check_system
    from qa.evaluation.tasks import task_of

    for dataset in datasets:
        for own in chosen:
            check_system(system, task_of(task, dataset), own["settings"])


def _failures(runs: Sequence[Run]) -> list[str]:
    """A line on standard error for each run in which the system failed on some questions."""
    lines = [
        f"{run.folder}: {len(run.failures)} of {len(run.records)} questions failed, such as {run.failures[0]['id']} "
        f"({run.failures[0]['error']}); refdesk eval --resume asks them again"
        for run in runs
        if run.failures
    ]
    note(*lines)
    return lines


def _check_alone(datasets: int, *others: object) -> None:
    if datasets > 1:
        raise typer.BadParameter("answers are of one dataset", param_hint="--answers")
    if any(others):
        raise typer.BadParameter(
            "another system's answers are only scored: leave out --system, --index, --resume, --distractors, "
            "--backend, --set",
            param_hint="--answers",
        )


def _end(left_out: Sequence[str]) -> None:
    """Exit code 3 where some files could not be read, or some questions not be asked."""
    if left_out:
        raise typer.Exit(3)


def harness_of(context: typer.Context) -> Harness:
    """What ``main`` was given to evaluate with, else the default."""
    from qa.evaluation import Harness

    return context.obj or Harness()


def _make_template(folder: Path, target_folder: Path, as_json: bool) -> None:
    from qa.evaluation import make_template

    target = target_folder / f"{folder.resolve().name}.questions.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    drafted = make_template(folder, target)
    note(*drafted.unread, *drafted.notes)
    if as_json:
        print_json({"template": str(target), "questions": drafted.questions})
    else:
        echo(f"{drafted.questions} questions to edit: {target}; then refdesk eval {target} --corpus {folder}")
    _end(drafted.unread)


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
