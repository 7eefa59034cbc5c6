"""One benchmark of a suite -> its figures; what was run already is not run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from qa import settings
from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.datasets.distractors import distractor_documents
from qa.evaluation.evaluator import Callbacks, Harness, evaluate
from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import Run
from qa.evaluation.suite.benchmarks import Benchmark, dataset_of


class DatasetsOf:
    """The datasets of a suite, from the folder of its data; each file is read once."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._loaded: dict[str, Dataset] = {}
        self._distractors: dict[str, Mapping[str, Document]] = {}

    def __getitem__(self, name: str) -> Dataset:
        if name not in self._loaded:
            self._loaded[name] = dataset_of(name, self._data)
        return self._loaded[name]

    def distractors(self, benchmark: Benchmark) -> Mapping[str, Document] | None:
        """The further paragraphs to index, by name; None where the benchmark has none."""
        if benchmark.among is None:
            return None
        if benchmark.among not in self._distractors:
            self._distractors[benchmark.among] = distractor_documents([self._data / benchmark.among])[0]
        return self._distractors[benchmark.among]


def run_benchmark(
    benchmark: Benchmark,
    datasets: DatasetsOf,
    runs: Path,
    limit: int | None,
    callbacks: Callbacks,
    harness: Harness,
    restarted: Callable[[str], None],
) -> Run:
    """The benchmark's run in the folder ``runs``: the finished one, the interrupted one continued, or a new one.

    ``restarted`` is told why a run of it cannot be continued: version, models, settings or data have changed since.
    """
    limits = [number for number in (benchmark.limit, limit) if number is not None]

    def asked(*, resume: bool) -> Run:
        return evaluate(
            datasets[benchmark.dataset],
            benchmark.system,
            task=benchmark.task,
            out=runs,
            settings=settings.read(embedder=benchmark.embedder),
            distractors=datasets.distractors(benchmark),
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
