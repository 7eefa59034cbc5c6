"""``refdesk eval --suite``: the published benchmarks by one command, and one table of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cli.console import asking, echo, echo_table, indexing, note, print_json
from qa.cli.figures import between, headline, shown

if TYPE_CHECKING:
    from qa.evaluation import Harness, Run
    from qa.evaluation.suite.benchmarks import Benchmark

PAGE = "standard"  # .md and .html
_HEAD = (
    "# The standard suite\n\nMade by `refdesk eval --suite standard`. Values lie between 0 and 1, with 95% intervals.\n"
)


def run_suite(data: Path, out: Path, only: str, limit: int | None, as_json: bool, harness: Harness) -> list[Run]:
    """Run the benchmarks that are not finished yet; print one table, and write a page with every figure.

    Raises:
        DatasetError: no benchmark is called so, or a file of one is missing.
        RunError, StoreError, ModelError: one cannot be run; those before it stay finished.
    """
    from qa.evaluation.suite.benchmarks import check_data, chosen
    from qa.evaluation.suite.page import html, page
    from qa.evaluation.suite.running import figures_of

    benchmarks = chosen(only)
    check_data(benchmarks, data)
    runs = _run_all(benchmarks, data, out, limit, harness)
    figures = {name: figures_of(run) for name, run in runs.items()}
    (out / f"{PAGE}.md").write_text(page(figures, _HEAD), "utf-8")
    (out / f"{PAGE}.html").write_text(html(figures, "The standard suite"), "utf-8")
    if as_json:
        print_json(
            {"suite": "standard", "runs": {name: {**r.metrics, "run": str(r.folder)} for name, r in runs.items()}}
        )
    else:
        _show(runs)
        echo(f"{out / PAGE}.html, .md: every figure; {out}: a folder for each run")
    return list(runs.values())


def _run_all(benchmarks: list[Benchmark], data: Path, out: Path, limit: int | None, harness: Harness) -> dict[str, Run]:
    from qa.evaluation import Callbacks
    from qa.evaluation.suite.running import run_benchmark

    runs = {}
    for number, benchmark in enumerate(benchmarks, start=1):
        with indexing() as on_index, asking(f"{number}/{len(benchmarks)} {benchmark.name}") as on_ask:
            runs[benchmark.name] = run_benchmark(
                benchmark, data, out, limit, Callbacks(on_index, on_ask), harness, note
            )
    return runs


def _show(runs: Mapping[str, Run]) -> None:
    rows = []
    for name, run in runs.items():
        metric = headline(run.config["task"], run.metrics["metrics"])
        figure, median = run.metrics["metrics"][metric], run.metrics["timing"].get("p50")
        seconds = "" if median is None else f"{median:.3f}"
        rows.append((name, str(run.metrics["items"]), metric, shown(figure["value"]), between(figure), seconds))
    echo_table(["standard"], ("benchmark", "asked", "figure", "value", "95% interval", "median s"), rows, folded=True)
