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
    else:
        columns = {_column(summary, summaries): summary["metrics"] for summary in summaries}
        _show_columns(summaries, {**columns, **({"mean": average} if average else {})})
    for run in runs:
        echo(f"{run.folder}: report.html, metrics.json, answers.jsonl")


def _is_matrix(summaries: Sequence[Mapping[str, Any]]) -> bool:
    return len({tuple(summary["varied"].items()) for summary in summaries}) > 1


def _column(summary: Mapping[str, Any], summaries: Sequence[Mapping[str, Any]]) -> str:
    """What tells a run from the others of this command: its dataset, its settings, or both."""
    from qa.evaluation.runs.naming import setting_shown

    names = [summary["dataset"]] if len({each["dataset"] for each in summaries}) > 1 else []
    differing = [name for name in summary["varied"] if len({each["varied"].get(name) for each in summaries}) > 1]
    return " ".join([*names, *(setting_shown(name, summary["varied"][name]) for name in differing)]) or summary["run"]


def _show_one(summary: Mapping[str, Any]) -> None:
    rows = [(name, shown(row["value"]), _between(row), str(row["count"])) for name, row in summary["metrics"].items()]
    title = [f"{summary['dataset']}, {summary['task']}, {summary['system']}"]
    echo_table(title, ("metric", "value", "95% interval", "questions"), rows)
    if summary["task"] == "visitors" and "kind" in summary["slices"]:
        _show_kinds(summary)
    timing = summary["timing"]
    if timing:
        echo(
            f"seconds a question: median {timing['p50']:.2f}, 90% {timing['p90']:.2f}, 99% {timing['p99']:.2f}; "
            f"{timing['questions_per_second']:g} questions a second"
        )


def _show_kinds(summary: Mapping[str, Any]) -> None:
    """How many questions of each kind have each verdict, and of all."""
    from qa.evaluation.scoring.expectations import VERDICTS

    kinds = summary["slices"]["kind"]
    rows = [
        (kind, str(row["items"]), *(_count(row["metrics"], verdict, row["items"]) for verdict in VERDICTS))
        for kind, row in sorted(kinds.items())
    ]
    total = ("all", str(summary["items"]), *(_count(summary["metrics"], v, summary["items"]) for v in VERDICTS))
    echo_table([], ("kind", "questions", *VERDICTS), [*rows, total])


def _count(metrics: Mapping[str, Any], verdict: str, items: int) -> str:
    return str(round(metrics[verdict]["value"] * items))


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


def _between(row: Mapping[str, Any]) -> str:
    return "–" if row["low"] is None else f"{shown(row['low'])} to {shown(row['high'])}"
