"""The command ``refdesk eval``; ``qa.cli.runs`` has those about its runs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qa import settings as configuration
from qa.cli.console import asking, echo, indexing, note, print_json
from qa.cli.evaluation_options import Given
from qa.cli.figures import show_runs
from qa.cli.suite import run_suite
from qa.cli.variants import Variant, variants

if TYPE_CHECKING:
    from qa.evaluation import Dataset, Run


def evaluate(**options: Any) -> None:
    """Measure a system on benchmarks: figures with intervals, and a folder for each run that can be replayed."""
    given = Given(**options)
    if given.listed:
        _list_formats(given.as_json)
    elif given.make_template is not None:
        _make_template(given.make_template, given.out_folder or Path(), given.as_json)
    elif given.suite is not None:
        folder = given.check_suite()
        _end(_failures(run_suite(folder, given.out, given.only, given.limit, given.as_json, given.harness)))
    else:
        _measure(given)


# So typer reads the command's options from the fields of ``Given``.
evaluate.__signature__ = inspect.signature(Given, eval_str=True)  # type: ignore[attr-defined]


def _list_formats(as_json: bool) -> None:
    """Print each format of datasets that is known: its files, what it measures, and where these come from."""
    from qa.evaluation.datasets.formats import FORMATS

    if as_json:
        print_json({"formats": [one._asdict() for one in FORMATS]})
        return
    for one in FORMATS:
        echo(one.name, f"  file      {one.file}", f"  measures  {one.measures}", f"  from      {one.origin}")


def _measure(given: Given) -> None:
    """Score a file of answers, or ask a system; tell what could not be read, and end with the exit code of that."""
    from qa.evaluation import load_dataset

    paths = given.check_datasets()
    loaded = [load_dataset(path, split=given.split, corpus=given.corpus, indexed=given.is_searched) for path in paths]
    unread = [reason for dataset in loaded for reason in dataset.unread]
    note(*(remark for dataset in loaded for remark in dataset.notes), *unread)
    if given.answers is not None:
        _score_answers(given.answers, loaded[0], {**given.options, "origin": given.origin(paths[0])}, given.as_json)
        _end(unread)
    else:
        _end([*unread, *_ask_all(given, paths, loaded)])


def _score_answers(answers: Path, dataset: Dataset, options: Mapping[str, Any], as_json: bool) -> None:
    from qa.evaluation import Callbacks, import_run

    told: list[str] = []
    run = import_run(answers, dataset, callbacks=Callbacks(reading=told.append), **options)
    note(*told)
    show_runs([run], as_json)


def _ask_all(given: Given, paths: Sequence[Path], loaded: Sequence[Dataset]) -> list[str]:
    """Make a run of each dataset and variant; the files and questions that were left out, a line each."""
    from qa.evaluation import distractor_documents

    chosen = _settings(variants(given.chosen or [], given.flags, given.name is not None), given.flags)
    _check_systems(loaded, given.system, given.task, chosen)
    options = {**given.options, "index": given.index, "resume": given.resume, "jobs": given.jobs}
    options |= {"python": given.python} if given.python else {}
    options["distractors"], passed = distractor_documents(given.distractors or [])
    note(*passed)
    runs = [
        _ask(dataset, given.system, {**options, **variant, "origin": given.origin(path)})
        for variant in chosen
        for path, dataset in zip(paths, loaded, strict=True)
    ]
    show_runs(runs, given.as_json)
    left_out = list(dict.fromkeys(reason for run in runs for reason in run.config.get("unread", ())))
    note(*left_out)
    return [*passed, *left_out, *_failures(runs)]


def _settings(chosen: Sequence[Variant], flags: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """For each variant the options of ``evaluate`` that it stands for."""
    found = [(configuration.read(**{**flags, **variant.settings}), variant.varied) for variant in chosen]
    note(*dict.fromkeys(line for settings, _ in found for line in settings.set_by_files))
    return [{"settings": settings, "varied": varied} for settings, varied in found]


def _check_systems(
    datasets: Sequence[Dataset], system: str, task: str | None, chosen: Sequence[Mapping[str, Any]]
) -> None:
    """Before the first of them is asked for an hour."""
    from qa.evaluation.systems.system import check_system
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


def _end(left_out: Sequence[str]) -> None:
    """Exit code 3 where some files could not be read, or some questions not be asked."""
    if left_out:
        raise typer.Exit(3)


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


def _ask(dataset: Dataset, system: str, options: Mapping[str, Any]) -> Run:
    from qa.evaluation import Callbacks, evaluate

    with indexing() as on_index, asking(dataset.name) as on_ask:
        return evaluate(dataset, system, callbacks=Callbacks(on_index, on_ask), **options)
