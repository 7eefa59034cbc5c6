"""Our string and ranking metrics beside ragas' own, on random inputs; and whether ragas reads what we export.

    python -m venv RAGAS && RAGAS/bin/pip install -r benchmarks/ragas.txt
    python -m benchmarks.ragas_agreement --python RAGAS/bin/python [--inputs 1000] [--seed 0]

ragas has an environment of its own, because it wants openai below 2. It is given:

- pairs of a response and a reference of a few random words, some with capitals, articles and punctuation: as they are
  written, and as SQuAD normalises them. ragas compares texts as they are, so only of normalised ones the exact match
  must be the same. Its StringPresence finds "76" in "760", which is no answer to us; its ROUGE-1 is the F1 of words,
  articles included.
- rankings of random names with relevant ones among them. Its NonLLMContextPrecisionWithReference is the average
  precision over what was found, so there all relevant ones are.
- the file that ``refdesk export`` writes of a small run, to be read as an EvaluationDataset and scored.

A row has the share of inputs on which the two agree to five decimal places, and the largest difference.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

WORDS = ("denver", "broncos", "76", "760", "river", "driver", "north")
DRESSED = (*WORDS, "the", "An", "a", "Denver", "76,", "river.", "North", "(driver)")
SAME = 1e-5
DEPTH = 20  # names of a ranking

Score = Callable[[Mapping[str, Any]], float]


class Row(NamedTuple):
    """How far a metric of ours and one of ragas' agree on some inputs."""

    ours: str
    theirs: str
    on: str
    inputs: int
    agree: float
    largest: float


def pairs(count: int, seed: int) -> list[dict[str, str]]:
    """Random responses and references, each with at least one word that normalisation leaves."""
    rng = random.Random(seed)

    def text() -> str:
        words = [rng.choice(DRESSED) for _ in range(rng.randint(0, 4))]
        words.insert(rng.randint(0, len(words)), rng.choice(WORDS))
        return " ".join(words)

    return [{"response": text(), "reference": text()} for _ in range(count)]


def rankings(count: int, seed: int) -> list[dict[str, list[str]]]:
    """Random rankings of names that share no letter, so that ragas' string similarity tells them apart."""
    rng = random.Random(seed)
    names = [letter * 6 for letter in "abcdefghijklmnopqrst"[:DEPTH]]
    found = [rng.sample(names, rng.randint(5, DEPTH)) for _ in range(count)]
    return [{"retrieved": own, "relevant": rng.sample(own, rng.randint(1, len(own)))} for own in found]


def our_scores(case: Mapping[str, Any]) -> dict[str, float]:
    """Our metrics of a pair or a ranking, by name."""
    from qa.evaluation import Item
    from qa.evaluation.metrics.answers import contains_answer, exact_match, f1
    from qa.evaluation.scoring.rankings import score

    if "response" in case:
        said, golds = case["response"], [case["reference"]]
        return {
            "exact_match": exact_match(said, golds),
            "contains_answer": contains_answer(said, golds),
            "F1": f1(said, golds),
        }
    item = Item("q", "?", "q", relevant=dict.fromkeys(case["relevant"], 1))
    ranked = [(name, float(-rank)) for rank, name in enumerate(case["retrieved"])]
    metrics = score(item, ranked)["metrics"]
    return {name: metrics[name] for name in ("Recall@5", "P@1", "MAP")}


# Ours, theirs: the names under which each side gives its score.
COMPARED = (
    ("exact_match", "ExactMatch"),
    ("contains_answer", "StringPresence"),
    ("F1", "RougeScore rouge1"),
    ("Recall@5", "IDBasedContextRecall, first 5"),
    ("P@1", "IDBasedContextPrecision, first 1"),
    ("MAP", "NonLLMContextPrecisionWithReference"),
)


def their_scores(case: Mapping[str, Any], score: Mapping[str, Score]) -> dict[str, float]:
    """ragas' metrics of a pair or a ranking, by name; ``score``: of each class, the score of a sample's fields."""
    if "response" in case:
        return {name: score[name](case) for name in ("ExactMatch", "StringPresence", "RougeScore rouge1")}
    found, relevant = case["retrieved"], case["relevant"]

    def by_ids(depth: int) -> dict[str, Any]:
        return {"retrieved_context_ids": found[:depth], "reference_context_ids": relevant}

    return {
        "IDBasedContextRecall, first 5": score["IDBasedContextRecall"](by_ids(5)),
        "IDBasedContextPrecision, first 1": score["IDBasedContextPrecision"](by_ids(1)),
        "NonLLMContextPrecisionWithReference": score["NonLLMContextPrecisionWithReference"](
            {"retrieved_contexts": found, "reference_contexts": relevant}
        ),
    }


def agreement(on: str, ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]]) -> list[Row]:
    """A row for each compared metric that the scores have."""
    rows = []
    for own, other in COMPARED:
        gaps = [abs(a[own] - b[other]) for a, b in zip(ours, theirs, strict=True) if own in a]
        if gaps:
            rows.append(Row(own, other, on, len(gaps), sum(gap <= SAME for gap in gaps) / len(gaps), max(gaps)))
    return rows


def exported(folder: Path) -> tuple[Path, list[float]]:
    """A small run as ``refdesk export`` writes it, and our exact match of each question."""
    from qa.evaluation import evaluate, export_run, load_dataset

    questions = folder / "questions.jsonl"
    rows = [("Who?", "ann miller"), ("When?", "1990"), ("Where?", "in the old town")]
    lines = [json.dumps({"question": question, "answer": answer}) for question, answer in rows]
    questions.write_text("\n".join(lines), "utf-8")
    said = {"Who?": "ann miller", "When?": "1991", "Where?": "in the old town"}
    run = evaluate(load_dataset(questions, indexed=True), said.get, name="said", out=folder / "runs")
    export_run(run.folder, folder / "run.jsonl")
    return folder / "run.jsonl", [record["metrics"]["EM"] for record in run.records]


def ragas_scores(cases: Sequence[Mapping[str, Any]], file: str) -> dict[str, Any]:
    """What ragas, in its own environment, says of the cases and of the exported file."""
    import asyncio

    from ragas import EvaluationDataset, SingleTurnSample
    from ragas.metrics import (
        ExactMatch,
        IDBasedContextPrecision,
        IDBasedContextRecall,
        NonLLMContextPrecisionWithReference,
        RougeScore,
        StringPresence,
    )

    plain = (
        ExactMatch, StringPresence, IDBasedContextRecall, IDBasedContextPrecision, NonLLMContextPrecisionWithReference
    )  # fmt: skip
    metrics = {**{kind.__name__: kind() for kind in plain}, "RougeScore rouge1": RougeScore(rouge_type="rouge1")}
    loop = asyncio.new_event_loop()

    def scorer(metric: Any) -> Score:
        return lambda fields: float(loop.run_until_complete(metric.single_turn_ascore(SingleTurnSample(**fields))))

    score = {name: scorer(metric) for name, metric in metrics.items()}
    samples = EvaluationDataset.from_jsonl(file).to_list()
    return {
        "scores": [their_scores(case, score) for case in cases],
        "exported": [score["ExactMatch"]({name: row[name] for name in ("response", "reference")}) for row in samples],
    }


def _by_ragas(python: Path, cases: Sequence[Mapping[str, Any]], file: Path) -> dict[str, Any]:
    command = [str(python), "-W", "ignore", "-m", "benchmarks.ragas_agreement", "--score", str(file)]
    environment = {"RAGAS_DO_NOT_TRACK": "true", "PATH": "/usr/bin:/bin", "HOME": str(file.parent)}
    done = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        sys.exit(f"{python}: ragas could not score: {(done.stderr.strip() or '?').splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(python: Path, inputs: int, seed: int) -> tuple[list[Row], int, int]:
    """The rows, and of the exported samples how many ragas reads, and scores as we do."""
    from qa.evaluation.metrics.answers import normalise_answer

    written = pairs(inputs, seed)
    normalised = [{name: normalise_answer(text) for name, text in pair.items()} for pair in written]
    parts = {"normalised": normalised, "as written": written, "rankings": rankings(inputs, seed)}
    with tempfile.TemporaryDirectory() as folder:
        file, exact = exported(Path(folder))
        theirs = _by_ragas(python, [case for cases in parts.values() for case in cases], file)
    rows: list[Row] = []
    scores = iter(theirs["scores"])
    for on, cases in parts.items():
        rows += agreement(on, [our_scores(case) for case in cases], [next(scores) for _ in cases])
    same = sum(abs(a - b) <= SAME for a, b in zip(exact, theirs["exported"], strict=True))
    return rows, len(theirs["exported"]), same


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, metavar="PYTHON", help="of an environment with benchmarks/ragas.txt")
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--score", metavar="FILE", help=argparse.SUPPRESS)  # what PYTHON is called with
    chosen = parser.parse_args()
    if chosen.score:
        print(json.dumps(ragas_scores(json.load(sys.stdin), chosen.score)))
        return
    if chosen.python is None:
        parser.error("name the Python that has ragas with --python")
    rows, read, same = measure(chosen.python, chosen.inputs, chosen.seed)
    print("| ours | ragas | on | inputs | agree | largest difference |\n|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.ours} | {row.theirs} | {row.on} | {row.inputs} | {row.agree:.3f} | {row.largest:.3f} |")
    print(f"\nexported samples that ragas reads: {read}, of which it scores like us: {same}")


if __name__ == "__main__":
    main()
