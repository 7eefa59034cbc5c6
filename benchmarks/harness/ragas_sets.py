"""A test set of ragas read as a dataset of Refdesk's bench, and the answers written back as its EvaluationDataset.

    python -m venv RAGAS
    RAGAS/bin/pip install -c benchmarks/harness/requirements.txt ragas langchain-community
    python -m benchmarks.harness.ragas_sets --python RAGAS/bin/python        # prints the figures

ragas has an environment of its own, because it wants openai below 2. There it makes a ``Testset`` of the questions
about the sample documents that have an answer, and writes it to CSV; Refdesk reads that file, answers and exports;
ragas reads the export, and scores it by a metric of its own that needs no language model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def make_testset(rows: Sequence[dict[str, Any]], file: str) -> None:
    """Write the rows as a ``Testset`` of ragas, to CSV."""
    from ragas import SingleTurnSample
    from ragas.testset.synthesizers.testset_schema import Testset, TestsetSample

    samples = [TestsetSample(eval_sample=SingleTurnSample(**row), synthesizer_name="by hand") for row in rows]
    Testset(samples=samples).to_csv(file)


def scores(file: str) -> dict[str, float]:
    """How many samples ragas reads of what Refdesk exported, and in what share the response has the reference in it."""
    import asyncio

    from ragas import EvaluationDataset
    from ragas.metrics import StringPresence

    samples, metric, loop = list(EvaluationDataset.from_jsonl(file)), StringPresence(), asyncio.new_event_loop()
    values = [loop.run_until_complete(metric.single_turn_ascore(sample)) for sample in samples]
    return {"samples": float(len(samples)), "StringPresence": sum(values) / len(values)}


def measure(python: Path) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Refdesk's figures of the test set that ragas wrote, and ragas' of the answers that Refdesk exported."""
    from benchmarks.harness.checks import FIGURES, Checks, means
    from benchmarks.harness.sample import CORPUS
    from qa.evaluation import evaluate, export_run, load_dataset

    asked = [item for item in Checks().dataset.items if item.answers]
    rows = [
        {"user_input": item.question, "reference": item.answers[0].text, "reference_contexts": list(item.evidence)}
        for item in asked
    ]
    with tempfile.TemporaryDirectory() as folder:
        testset, answers = Path(folder) / "testset.csv", Path(folder) / "answers.jsonl"
        _in_ragas(python, "--make", testset, json.dumps(rows))
        dataset = load_dataset(testset, corpus=CORPUS)
        if [item.question for item in dataset.items] != [item.question for item in asked]:
            raise RuntimeError("the questions are not those that ragas was given")
        run = evaluate(dataset, task="qa", out=Path(folder) / "runs")
        export_run(run.folder, answers)
        theirs = json.loads(_in_ragas(python, "--score", answers).splitlines()[-1])
        return means((record["metrics"] for record in run.records), FIGURES), theirs


def _in_ragas(python: Path, what: str, file: Path, given: str = "") -> str:
    command = [str(python), "-W", "ignore", "-m", "benchmarks.harness.ragas_sets", what, str(file)]
    environment = {**os.environ, "RAGAS_DO_NOT_TRACK": "true"}
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"{python}: ragas could not do {what[2:]}: {(done.stderr.strip() or '?').splitlines()[-1]}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, metavar="PYTHON", help="of an environment with ragas")
    parser.add_argument("--make", metavar="FILE", help=argparse.SUPPRESS)  # what PYTHON is called with
    parser.add_argument("--score", metavar="FILE", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.make:
        make_testset(json.load(sys.stdin), chosen.make)
    elif chosen.score:
        print(json.dumps(scores(chosen.score)))
    elif chosen.python is None:
        parser.error("name the Python that has ragas with --python")
    else:
        from benchmarks.harness.checks import told

        ours, theirs = measure(chosen.python)
        print(told("a test set of ragas, by refdesk", ours))
        print(told("its answers, by ragas", theirs))


if __name__ == "__main__":
    main()
