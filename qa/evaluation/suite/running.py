"""One benchmark of a suite -> its figures; what was run already is not run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qa import settings
from qa.evaluation.evaluator import Callbacks, Harness, evaluate
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import Run
from qa.evaluation.suite.benchmarks import Benchmark, dataset_of, paragraphs_in


def run_benchmark(
    benchmark: Benchmark,
    data: Path,
    runs: Path,
    limit: int | None,
    callbacks: Callbacks,
    harness: Harness,
    restarted: Callable[[str], None],
) -> Run:
    """The benchmark's run in the folder ``runs``: the finished one, the interrupted one continued, or a new one.

    Its files are in the folder ``data``.
    ``restarted`` is told why a run of it cannot be continued: version, models, settings or data have changed since.
    """
    limits = [number for number in (benchmark.limit, limit) if number is not None]

    def asked(*, resume: bool) -> Run:
        return evaluate(
            dataset_of(benchmark.dataset, data),
            benchmark.system,
            task=benchmark.task,
            out=runs,
            settings=settings.read(embedder=benchmark.embedder),
            distractors=paragraphs_in(data / benchmark.among) if benchmark.among else None,
            limit=min(limits, default=None),
            resume=resume,
            callbacks=callbacks,
            harness=harness,
        )

    try:
        return asked(resume=True)
    except RunError as error:
        restarted(f"{benchmark.name}: {error}: starting again")
        return asked(resume=False)


def figures_of(run: Run) -> dict[str, Any]:
    """The run's figures and what they were made with, without any path of this machine."""
    names = ("threshold", "limit", "seed", "models", "versions", "machine")
    config = {**{name: run.config[name] for name in names}, "dataset_digest": run.config["dataset"]["digest"]}
    return {**run.metrics, "config": config}
