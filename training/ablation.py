"""Exported judges compared on SQuAD 2.0 part A, with the gold paragraph given: the gain of each training stage.

    python -m training.ablation --squad squad2_dev_part_a.json qa/weights/judge.onnx FILE…

EM and F1 are of the best span for answerable questions, whatever its margin. AUROC is of answerable against adversarial
unanswerable questions, by the margin of the best span and by the relevance logit.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np

from index.query import Query
from qa.evaluation.metrics.abstention import auroc
from qa.evaluation.metrics.answers import exact_match, f1
from qa.read.judge import Judge

HEADER = f"{'judge':32} {'EM':>6} {'F1':>6} {'margin':>8} {'relevance':>10} {'ms a question':>14}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judges", type=Path, nargs="+")
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=1000, help="questions")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    questions = [
        (paragraph["context"], qa["question"], [answer["text"] for answer in qa["answers"]])
        for article in json.loads(options.squad.read_text("utf-8"))["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]
    chosen = random.Random(options.seed).sample(questions, min(options.sample, len(questions)))
    print(HEADER)
    for path in options.judges:
        print(row(path, chosen), flush=True)


def row(path: Path, questions: list[tuple[str, str, list[str]]]) -> str:
    """One line of the table."""
    judge = Judge.load(path)
    began = time.perf_counter()
    best = [judge.read(Query.of(question), [text])[0][0] for text, question, _ in questions]
    each = 1000 * (time.perf_counter() - began) / len(questions)
    pairs = [(text[span.start : span.end], gold) for (text, _, gold), span in zip(questions, best, strict=True) if gold]
    answerable = np.array([bool(gold) for _, _, gold in questions])
    exact = np.mean([exact_match(said, gold, "en") for said, gold in pairs])
    overlap = np.mean([f1(said, gold, "en") for said, gold in pairs])
    margin = auroc([span.margin for span in best], answerable)
    relevance = auroc([span.relevance for span in best], answerable)
    return f"{path.name:32} {exact:6.3f} {overlap:6.3f} {margin:8.3f} {relevance:10.3f} {each:14.1f}"


if __name__ == "__main__":
    main()
