"""Fit ``qa/calibration.json``: from signals to the probability that a sentence answers the question.

    python -m training.calibrate --squad DATA/squad_dev/squad2_dev_part_a.json [--cache .training/evidence.json]

Questions of SQuAD 2.0 are asked against many documents at once, in two settings: *open*, all paragraphs indexed,
half of the questions unanswerable by design; *silent*, every second article left out and its answerable questions
asked. Of each question the sentences that the reader likes best are cases; one is positive when it stands in the
question's own paragraph and holds a gold answer. Logistic regression with weights that may not be negative
(L2-regularised, L-BFGS-B), on the cases whose passage holds all that the question names; a discount for the others.
The figures printed are those of the sentence that would be said, in leave-one-article-out
cross-validation.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from documents.document import Document
from documents.load import normalise
from index.ingest import Ingest
from index.passage import Scope
from index.search import Index
from index.store import Store
from qa import settings
from qa.calibrate import features
from qa.compose import load_models
from qa.extract import Extractor
from qa.question import analyse

TARGET = Path(__file__).parent.parent / "qa" / "calibration.json"
THRESHOLD = 0.1
CANDIDATES = 5  # sentences a question


def cases(squad: Path, folder: Path, sample: int, seed: int) -> Iterator[dict[str, Any]]:
    """One record a question: article, setting, and its candidates' signals with whether each is right."""
    articles = json.loads(squad.read_text("utf-8"))["data"]
    rng = random.Random(seed)
    models = load_models(settings.read())
    for setting, indexed in (("open", articles), ("silent", articles[::2])):
        index = indexed_paragraphs(indexed, folder / setting, models)
        extractor = Extractor(models.reader, models.embedder, models.calibration)
        held = {article["title"] for article in indexed}
        questions = [
            (article["title"], paragraph["context"], qa)
            for article in articles
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
            if setting == "open" or (article["title"] not in held and not qa["is_impossible"])
        ]
        for title, context, qa in rng.sample(
            questions, min(sample if setting == "open" else sample // 3, len(questions))
        ):
            question = analyse(qa["question"])
            passages = index.rerank(question.text, index.retrieve(question.text, Scope(), 10))
            evidence = sorted(extractor.read(question, passages), key=lambda sentence: -sentence.relevance)
            home = Document(normalise(context)).id
            gold = [normalise(answer["text"]) for answer in qa["answers"]]
            answerable = setting == "open" and not qa["is_impossible"]
            candidates = [
                {
                    "signals": features(sentence),
                    "absent": bool(sentence.absent),
                    "right": answerable
                    and sentence.passage.chunk.document.id == home
                    and any(text in sentence.text for text in gold),
                }
                for sentence in evidence[:CANDIDATES]
            ]
            if candidates:
                yield {"article": title, "setting": setting, "answerable": answerable, "candidates": candidates}


def indexed_paragraphs(articles: list[dict[str, Any]], folder: Path, models: Any) -> Index:
    """An index in which every paragraph of ``articles`` is a document of its own."""
    texts = folder / "texts"
    texts.mkdir(parents=True)
    paragraphs = [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    for number, text in enumerate(paragraphs):
        (texts / f"{number:05}.txt").write_text(text, "utf-8")
    store = Store(folder / "index")
    Ingest(store, models.embedder, models.splitter).update([texts])
    return Index(store, models.embedder, models.reranker)


def fit(x: np.ndarray, y: np.ndarray, penalty: float = 0.5) -> np.ndarray:
    """Weights and, last, bias of the logistic regression; weights are at least 0."""

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w[:-1] + w[-1]
        p = 1 / (1 + np.exp(-z))
        value = np.sum(np.logaddexp(0, z) - y * z) + penalty * np.sum(w[:-1] ** 2)
        gradient = np.append(x.T @ (p - y) + 2 * penalty * w[:-1], np.sum(p - y))
        return float(value), gradient

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    return np.asarray(minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x)


def probabilities(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(x @ w[:-1] + w[-1]))))


def discount_of(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """Right cases over expected ones where a name is absent, half a case added to both (Jeffreys' prior); at most 1."""
    return float(min(1, (y.sum() + 0.5) / (probabilities(x, w).sum() + 0.5)))


def auroc(p: np.ndarray, positive: np.ndarray) -> float:
    wins = (p[positive][:, None] > p[~positive]).mean() + 0.5 * (p[positive][:, None] == p[~positive]).mean()
    return float(wins)


def expected_calibration_error(p: np.ndarray, y: np.ndarray, bins: int = 10) -> float:
    """ECE with bins of equal width (Naeini et al. 2015)."""
    which = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs(p[which == b].mean() - y[which == b].mean()) * (which == b).mean() for b in set(which)))


def held_out_figures(rows: list[dict[str, Any]], held: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """What the sentence that would be said, with confidence ``held``, is worth."""
    answerable = np.array([row["answerable"] for row in rows])
    silent = np.array([row["setting"] == "silent" for row in rows])
    said = held >= THRESHOLD
    return {
        "questions": len(rows),
        "right_sentence": float(right[answerable].mean()),
        "auroc_answerable_open": auroc(held[~silent], answerable[~silent]),
        "auroc_answerable_or_silent": auroc(held[answerable | silent], answerable[answerable | silent]),
        "ece": expected_calibration_error(held, right),
        "right_when_answered": float(right[said].mean()),
        "answerable_answered": float(said[answerable].mean()),
        "unanswerable_refused_open": float((~said)[~answerable & ~silent].mean()),
        "silent_refused": float((~said)[silent].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the signals here, or take them from here")
    parser.add_argument("--sample", type=int, default=500, help="questions asked in the open setting")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.cache and options.cache.exists():
        rows = json.loads(options.cache.read_text("utf-8"))
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = list(cases(options.squad, Path(folder), options.sample, options.seed))
        if options.cache:
            options.cache.write_text(json.dumps(rows), "utf-8")
    names = list(rows[0]["candidates"][0]["signals"])
    cases_of = [[[case["signals"][name] for name in names] for case in row["candidates"]] for row in rows]
    rights_of = [[case["right"] for case in row["candidates"]] for row in rows]
    articles = [row["article"] for row in rows]
    absent_of = [np.array([case["absent"] for case in row["candidates"]]) for row in rows]
    x, y = np.concatenate(cases_of), np.concatenate(rights_of)
    present = ~np.concatenate(absent_of)
    owners = np.array([article for article, own in zip(articles, rights_of, strict=True) for _ in own])
    held, said_right = np.empty(len(rows)), np.empty(len(rows), dtype=bool)
    for article in sorted(set(articles)):
        others = owners != article
        weights = fit(x[others & present], y[others & present])
        discount = discount_of(x[others & ~present], y[others & ~present], weights)
        for i in (i for i, own in enumerate(articles) if own == article):
            p = probabilities(np.array(cases_of[i]), weights) * np.where(absent_of[i], discount, 1)
            held[i], said_right[i] = p.max(), rights_of[i][int(p.argmax())]
    figures = held_out_figures(rows, held, said_right)
    weights = fit(x[present], y[present])
    models = load_models(settings.read())
    calibration = {
        "made_by": "training/calibrate.py",
        "weights": {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=False)},
        "bias": round(float(weights[-1]), 4),
        "absent_discount": round(discount_of(x[~present], y[~present], weights), 4),
        "threshold": THRESHOLD,
        "models": [models.embedder.fingerprint, models.reranker.fingerprint, models.reader.fingerprint],
        "cross_validated": {name: round(value, 4) for name, value in figures.items()},
    }
    TARGET.write_text(json.dumps(calibration, indent=2) + "\n", "utf-8")
    print(json.dumps(calibration, indent=2))


if __name__ == "__main__":
    main()
