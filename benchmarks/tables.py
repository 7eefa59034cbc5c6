"""The standard suite's figures -> docs/benchmarks.md: run it, store its figures, and generate the page from these.

    python -m benchmarks.tables --data DATA [--only PATTERN] [--limit N] [--runs .benchmarks] [--docs docs]
    python -m benchmarks.tables --render        generate the page from docs/benchmarks/*.json
    python -m benchmarks.tables --check         exit 1 if the page does not match those files

DATA is as ``refdesk eval --suite standard`` needs it (docs/evaluation.md), which runs the same and publishes nothing.
An interrupted run is resumed; a complete one is not repeated unless models, settings or data have changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from qa.evaluation import Callbacks, DatasetError, Harness, RunProgress
from qa.evaluation.suite.benchmarks import check_data, chosen
from qa.evaluation.suite.page import page, plot_files
from qa.evaluation.suite.running import figures_of, run_benchmark

DOCS = Path(__file__).parent.parent / "docs"
HEAD = """# Benchmarks

This page is written by `python -m benchmarks.tables --data DATA` from the files in `benchmarks/` beside it, and never
edited by hand. Values lie between 0 and 1, with 95% intervals by bootstrap over documents. Each metric is defined in
[evaluation.md](evaluation.md). Nothing was fitted on XQuAD or SciFact's test claims. The confidence is calibrated on
SQuAD 2.0 part A among others, and the shipped verifier is fitted on WiCE dev too.
"""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tell(name: str, progress: RunProgress) -> None:
    if progress.done % 50 == 0 or progress.done == progress.of:
        mean = f", {progress.metric} {progress.mean:.3f}" if progress.mean is not None else ""
        _say(f"{name}: {progress.done}/{progress.of}{mean}")


def stored(folder: Path) -> dict[str, dict[str, Any]]:
    """The figures stored in ``folder``, by the benchmark's name."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            sys.exit(f"{path}: not JSON ({error}): run that benchmark again, or delete the file")
    return found


def main(arguments: Sequence[str] | None = None, harness: Harness = Harness()) -> None:  # noqa: B008 - frozen
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", default="*", help="run those whose name matches, such as 'xquad-en-*'")
    parser.add_argument("--limit", type=int, help="ask at most so many questions of each")
    parser.add_argument("--runs", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    figures, target = options.docs / "benchmarks", options.docs / "benchmarks.md"
    if options.check:
        if not target.is_file() or target.read_text("utf-8") != page(stored(figures), HEAD, figures.name):
            sys.exit(f"{target} is not what {figures} gives: run python -m benchmarks.tables --render")
        return
    if not options.render:
        if options.data is None:
            parser.error("name the folder of the data with --data, or use --render or --check")
        try:
            benchmarks = chosen(options.only)
            check_data(benchmarks, options.data)
        except DatasetError as error:
            parser.error(str(error))
        if options.limit and options.docs == DOCS:
            parser.error("figures of a few questions are not for the page: name another folder with --docs")
        figures.mkdir(parents=True, exist_ok=True)
        for benchmark in benchmarks:
            callbacks = Callbacks(asking=partial(_tell, benchmark.name))
            run = run_benchmark(benchmark, options.data, options.runs, options.limit, callbacks, harness, _say)
            text = json.dumps(figures_of(run), ensure_ascii=False, indent=1) + "\n"
            (figures / f"{benchmark.name}.json").write_text(text, "utf-8")
            target.write_text(page(stored(figures), HEAD, figures.name), "utf-8")
    for name, plot in plot_files(stored(figures)):
        (figures / name).write_text(plot, "utf-8")
    target.write_text(page(stored(figures), HEAD, figures.name), "utf-8")


if __name__ == "__main__":
    main()
