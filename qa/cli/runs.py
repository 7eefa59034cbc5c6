"""The commands about runs of evaluations: ``refdesk runs``, ``compare``, ``replay`` and ``export``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli.compared import show_comparison, wrapped
from qa.cli.console import asking, echo, echo_table, indexing, note, print_json
from qa.cli.evaluation_options import RUNS, harness_of
from qa.cli.figures import headline, shown
from qa.cli.options import JsonOption

if TYPE_CHECKING:
    from qa.evaluation import ListedRun


def runs(
    folder: Annotated[Path, typer.Argument(help="The folder of runs.")] = RUNS,
    as_json: JsonOption = False,
) -> None:
    """List the runs in a folder, the oldest first; exit 3 when some cannot be read."""
    from qa.evaluation import list_runs

    found, damaged = list_runs(folder)
    note(*damaged)
    if as_json:
        print_json({"folder": str(folder), "runs": [dataclasses.asdict(run) for run in found]})
    elif not found:
        echo(f"{folder}: holds no runs")
    else:
        head = ("run", "begun (UTC)", "asked", "failed", "figure")
        rows = [
            (
                Path(run.run).name,
                run.made[:16].replace("T", " "),
                str(run.items) if run.metrics is not None else f"{run.done} of {run.items}",
                str(run.errors or ""),
                _headline(run.task, run.metrics),
            )
            for run in found
        ]
        echo_table([str(folder)], head, rows, folded=True)
        _show_differing(found)
    if damaged:
        raise typer.Exit(3)


def _show_differing(found: Sequence[ListedRun]) -> None:
    """What tells runs on the same questions apart beyond what their folders are named after, a paragraph each."""
    from qa.evaluation.runs.naming import setting_shown

    lines = [
        (
            Path(run.run).name,
            [setting_shown(name, str(run.differing[name])) for name in run.differing.keys() - run.varied.keys()],
        )
        for run in found
    ]
    if any(settings for _, settings in lines):
        echo("what differs between runs on the same questions:")
    for name, settings in lines:
        if settings:
            echo(*wrapped(f"{name}: {', '.join(sorted(settings))}", indent="  "))


def _headline(task: str, metrics: Mapping[str, Any] | None) -> str:
    if not metrics:
        return "not finished" if metrics is None else ""
    name = headline(task, metrics)
    return f"{name} {shown(metrics[name]['value'])}"


def export(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    target: Annotated[Path, typer.Argument(help="The file: .csv, .parquet, or .json and .jsonl for ragas.")],
    as_json: JsonOption = False,
) -> None:
    """Write a finished run as a table of its questions, or as an EvaluationDataset of ragas."""
    from qa.evaluation import export_run

    count = export_run(run, target)
    if as_json:
        print_json({"run": str(run), "file": str(target), "questions": count})
    else:
        echo(f"{count} questions: {target}")


def compare(
    context: typer.Context,
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="RUN…", help="Folders of runs on the same questions; the first is the baseline."),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals and the randomisation.")] = 0,
    flips: Annotated[int, typer.Option(min=0, help="Show so many questions that only one run got right.")] = 10,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether runs on the same questions differ: settings, figures with tests, and the questions that flipped."""
    from qa.evaluation import Run, compare_all
    from qa.evaluation.comparison_page import comparison_page

    if len(folders) < 2:
        raise typer.BadParameter(
            "one run cannot be compared: name another one on the same questions", param_hint="RUN…"
        )
    compared = compare_all([Run.open(folder) for folder in folders], seed=seed, resamples=harness_of(context).resamples)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(comparison_page(compared), "utf-8")
    if not as_json:
        show_comparison(compared, flips)
        echo(*([f"{html}: the comparison as a page, with every question that flipped"] if html else []))
    else:
        print_json(compared["comparisons"][0] if len(folders) == 2 else compared)


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
    loaded = load_dataset(
        dataset or Path(origin["path"]), split=origin.get("split", "test"), corpus=corpus, indexed=True
    )
    others, _ = distractor_documents([Path(path) for path in origin.get("distractors", [])])
    with indexing() as on_index, asking(run.name) as on_ask:
        difference = replay_run(opened, loaded, others, Callbacks(on_index, on_ask), harness_of(context))
    if as_json:
        print_json({"run": str(run), "answers": len(opened.records), "difference": difference})
    elif difference is None:
        echo(f"{len(opened.records)} answers, all as they were")
    else:
        echo(f"not the same: {difference}")
    if difference is not None:
        raise typer.Exit(1)
