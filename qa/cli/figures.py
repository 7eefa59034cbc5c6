"""The figures of runs on a terminal, and as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qa.cli.console import echo, echo_table, print_json

if TYPE_CHECKING:
    from qa.evaluation import Run


def show_runs(runs: Sequence[Run], as_json: bool) -> None:
    """One object or one table; of several datasets with each metric's mean over them."""
    from qa.evaluation.summary import macro_average

    summaries = [{**run.metrics, "run": str(run.folder), "varied": run.config.get("varied") or {}} for run in runs]
    tasks = sorted({summary["task"] for summary in summaries})
    # The mean over datasets means something, that over settings nothing.
    average = macro_average(summaries) if len(tasks) == 1 and not _is_matrix(summaries) else {}
    if as_json:
        several = {"task": ", ".join(tasks), "metrics": average, "runs": summaries}
        print_json(summaries[0] if len(runs) == 1 else several)
        return
    if len(runs) == 1:
        _show_one(summaries[0])
        _show_lost(runs[0])
    else:
        columns = {_column(summary, summaries): summary["metrics"] for summary in summaries}
        _show_columns(summaries, {**columns, **({"mean": average} if average else {})})
    for run in runs:
        _show_judge(run)
        _show_nuggets(run)
        echo(f"{run.folder}: report.html, metrics.json, answers.jsonl")


def _show_judge(run: Run) -> None:
    """How far a named judge of citations agrees with the default one."""
    found = run.metrics.get("judge")
    if found and found["statements"]:
        echo(
            f"judge {run.config['support']} agrees with the shipped verifier on {found['agreement']:.1%} of "
            f"{found['statements']} statements that are no quotations, Cohen's kappa {shown(found['kappa'])}"
        )
    elif found:
        echo(f"judge {run.config['support']} had nothing to read: every statement is a quotation, or cites nothing")


def _show_nuggets(run: Run) -> None:
    """How far the judge agrees with assignments of nuggets that came with the answers."""
    found = run.metrics.get("nuggets")
    if found:
        echo(
            f"{run.config['support']} agrees with {found['agreement']:.1%} of {found['assigned']} nuggets that came "
            f"assigned, on support or none; Cohen's kappa {shown(found['kappa'])}"
        )


def _is_matrix(summaries: Sequence[Mapping[str, Any]]) -> bool:
    return len({tuple(summary["varied"].items()) for summary in summaries}) > 1


def _column(summary: Mapping[str, Any], summaries: Sequence[Mapping[str, Any]]) -> str:
    """What tells a run from the others of this command: its dataset, its settings, or both."""
    from qa.evaluation.runs.naming import setting_shown

    names = [summary["dataset"]] if len({each["dataset"] for each in summaries}) > 1 else []
    differing = [name for name in summary["varied"] if len({each["varied"].get(name) for each in summaries}) > 1]
    return " ".join([*names, *(setting_shown(name, summary["varied"][name]) for name in differing)]) or summary["run"]


def _show_accuracies(points: Sequence[Mapping[str, Any]]) -> None:
    """How often the most confident answers are right."""
    if points:
        rows = [(f"{point['coverage']:.0%}", shown(point["value"]), between(point)) for point in points]
        echo_table(["of the most confident answers, so many of all"], ("answered", "right", "95% interval"), rows)


def _show_one(summary: Mapping[str, Any]) -> None:
    from qa.evaluation.cost import cost_shown

    rows = [(name, shown(row["value"]), between(row), str(row["count"])) for name, row in summary["metrics"].items()]
    title = [f"{summary['dataset']}, {summary['task']}, {summary['system']}"]
    echo_table(title, ("metric", "value", "95% interval", "questions"), rows)
    if "kind" in summary["slices"]:
        _show_kinds(summary)
    _show_accuracies(summary.get("selective_accuracy", ()))
    echo_table(["cost"], ("", ""), cost_shown(summary.get("cost"), summary["items"]))
    timing = summary["timing"]
    if timing:
        echo(
            f"seconds a question: median {timing['p50']:.2f}, 90% {timing['p90']:.2f}, 99% {timing['p99']:.2f}; "
            f"{timing['questions_per_second']:g} questions a second"
        )


def _show_lost(run: Run) -> None:
    """What became of the questions, by the place at which a passage with the evidence was found."""
    from qa.evaluation.report import where_lost

    rows = where_lost(run.metrics["task"], run.records)
    if rows:
        cells = [(place, *map(str, counts.values())) for place, counts in rows]
        echo_table(["where the evidence was found, and what became of the question"], ("place", *rows[0][1]), cells)


def _show_kinds(summary: Mapping[str, Any]) -> None:
    """The figures of each kind of question, and of all; of verdicts, how many questions have each."""
    from qa.evaluation.tasks import TASKS

    names = TASKS[summary["task"]].sliced
    rows = [(kind, _kind_row(row, names)) for kind, row in sorted(summary["slices"]["kind"].items())]
    rows.append(("all", _kind_row(summary, names)))
    echo_table([], ("kind", "questions", *names), [(kind, *cells) for kind, cells in rows])


def _kind_row(row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    from qa.evaluation.scoring.expectations import VERDICTS

    values = {name: figure["value"] for name, figure in row["metrics"].items()}
    counted = VERDICTS if "partly" in values else ()
    cells = (str(round(values[name] * row["items"])) if name in counted else shown(values.get(name)) for name in names)
    return [str(row["items"]), *cells]


def _show_columns(summaries: Sequence[Mapping[str, Any]], columns: Mapping[str, Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for metrics in columns.values() for name in metrics))
    rows = [
        (name, *(shown(metrics[name]["value"]) if name in metrics else "" for metrics in columns.values()))
        for name in names
    ]
    tasks, datasets = ({summary[part] for summary in summaries} for part in ("task", "dataset"))
    title = [*(sorted(datasets) if len(datasets) == 1 else []), *sorted(tasks), summaries[0]["system"]]
    echo_table([", ".join(title)], ("metric", *columns), rows, split=True)


def shown(value: float | None, *, signed: bool = False) -> str:
    """A figure as tables show it."""
    return "–" if value is None else f"{value:+.3f}" if signed else f"{value:.3f}"


def headline(task: str, metrics: Mapping[str, Any]) -> str:
    """The name of the figure by which a run is known: the task's first or, without it, the run's first."""
    from qa.evaluation.tasks import TASKS

    name = TASKS[task].headline  # type: ignore[index]
    return name if name in metrics else next(iter(metrics))


def between(row: Mapping[str, Any]) -> str:
    """The ends of a figure's interval as tables show them."""
    return "–" if row["low"] is None else f"{shown(row['low'])} to {shown(row['high'])}"
