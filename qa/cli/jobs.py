"""The commands ``refdesk work`` and ``jobs``: ingestion by workers on many machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from qa.cli.console import echo, note_failed, print_json, read_settings
from qa.cli.options import IndexOption, JsonOption, Paths
from qa.settings import Settings

jobs = typer.Typer(name="jobs", help="Files that workers are to index: refdesk index --queue.", no_args_is_help=True)

SHOWN = 50  # jobs that are listed for people
COUNTED = ("added", "changed", "unchanged", "failed")
ChosenPaths = Annotated[
    list[Path] | None, typer.Argument(metavar="[PATH]…", help="Only what is at or below these.", show_default=False)
]


def work(
    index: IndexOption = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when all is done.")] = False,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A worker on each node of a Ray cluster, until all is done."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Index the files that refdesk index --queue names: any number of workers, where the files have these paths."""
    from index.report import Report

    if as_json and not (until_empty or ray):
        raise typer.BadParameter(
            "without --until-empty or --ray a line is printed for each step, not JSON: leave out --json"
        )
    settings, whole = read_settings(index=index), Report()
    for report in _steps(settings, until_empty=until_empty, ray=ray):
        whole.add(report)
        note_failed(report)
        if not as_json:
            echo(", ".join(f"{count} {name}" for name, count in _counts(report).items()))
    if as_json:
        print_json({"index": str(settings.index), **_counts(whole)})
    if whole.failed:
        raise typer.Exit(3 if sum(_counts(whole).values()) > len(whole.failed) else 1)


def _steps(settings: Settings, *, until_empty: bool, ray: str | None) -> Iterator[Any]:
    """What is done, step by step: here, or by workers on a cluster."""
    from index.opened import open_jobs
    from index.work import work as steps
    from qa.assistant.compose import open_ingest

    if ray is None:
        yield from steps(open_jobs(settings.index), open_ingest(settings), until_empty=until_empty)
        return
    from qa.serving.operations.ray_work import work_on

    yield from work_on(ray, settings)


def _counts(report: Any) -> dict[str, int]:
    return {name: len(getattr(report, name)) for name in COUNTED}


@jobs.command("list")
def listing(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say how many jobs there are, and list those that run and those that failed, with the reason."""
    queue = _queue(index)
    counts = queue.counts()
    if as_json:
        print_json({"counts": counts, "jobs": [asdict(job) for job in queue.listed()]})
        return
    echo(", ".join(f"{count} {status}" for status, count in counts.items()) or "no jobs")
    shown = queue.listed(["running", "failed"])
    for job in shown[:SHOWN]:
        echo(f"{job.status}  {job.path}  [{job.collection}]  {job.reason or f'by {job.host}'}")
    if len(shown) > SHOWN:
        echo(f"and {len(shown) - SHOWN} more: --json lists all")


@jobs.command()
def retry(paths: ChosenPaths = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Let jobs that failed be done again."""
    _tell("retried", _queue(index).retry(_normal(paths)), as_json)


@jobs.command()
def cancel(paths: ChosenPaths = None, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Forget jobs that wait, run or failed; what of them was indexed stays."""
    _tell("cancelled", _queue(index).cancel(_normal(paths)), as_json)


def add_jobs(settings: Settings, paths: Paths, collection: str, *, as_json: bool, **chosen: Any) -> None:
    """Leave what changed of ``paths`` to workers; what is gone is removed at once."""
    from index.opened import open_jobs
    from qa.assistant.compose import open_ingest

    queue, options = open_jobs(settings.index), chosen.pop("options")
    files, report = open_ingest(settings).files(paths, collection=collection, **chosen)
    queue.add(files, collection, options)
    note_failed(report)
    if as_json:
        found = {"queued": list(map(str, files)), "removed": report.removed, "failed": report.failed}
        print_json({"index": str(settings.index), **found})
    else:
        echo(f"{len(files)} files for refdesk work, {len(report.removed)} removed in {settings.index}")
    if report.failed:
        raise typer.Exit(3 if files else 1)


def _queue(index: str | None) -> Any:
    from index.opened import open_jobs

    return open_jobs(read_settings(index=index).index)


def _normal(paths: Sequence[Path] | None) -> list[Path]:
    from index.paths import normal_path

    return [normal_path(path) for path in paths or ()]


def _tell(what: str, count: int, as_json: bool) -> None:
    print_json({what: count}) if as_json else echo(f"{count} {what}")
