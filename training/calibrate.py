"""Fit ``calibration.json`` in ``qa/read/confidence``: signals -> the probability that a sentence answers the question.

    python -m training.calibrate --data DATA [--cache .training/evidence.json] [--processes 2]

Questions of SQuAD 2.0 (part A of its development set) are asked of many documents at once, in two settings. *Open*: all
paragraphs are indexed, and half of the questions are unanswerable by design. *Silent*: every second article is left
out, and the answerable questions about these articles are asked. The sentence that would be the answer is a case,
positive if it is in the question's own paragraph and what is quoted with it holds a gold answer. *Visitors*: people's
questions on everyday documents which one sentence answers, or none, of ``DATA/visitors`` and ``benchmarks/visitors``;
those of ``LEARNED`` corpora are learned from, the others are only looked at. *Everyday*: questions and near-misses on
sets of everyday documents and on files of articles that the judge has not learned from, and lists, of which any part is
right; *alone*: on each of these documents by itself. *Polar*: yes/no questions on the same
but for minimal twins, where the word is the case, which is to be the right one, of the right document.

The fit is a logistic regression with non-negative weights (L2-regularised, L-BFGS-B) on the open, the visitors' and the
everyday cases, each setting counting as much as the others, whose passage has every name in the question; the
confidence of the others is multiplied by a discount for each absent one. The threshold is the lowest confidence from
which answers to people's questions (answerable or silent, visitors' or everyday, each kind counting as much as the
others) are right with ``--accuracy``. A second regression, on the polar cases, weighs the confidence and how likely the
sentence says the word; its threshold is the lowest from which ``--word-accuracy`` of the words are right. All printed
figures come from leave-one-document-set-out cross-validation, those of "unseen" from the visitors' corpora that nothing
was learned from.

``--ablate`` prints what each signal contributes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize

from documents.document import Document
from documents.load import normalise
from index.models import BGE_SMALL, resolve
from index.passage import Scope
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant.compose import Models, extractor_of, index_over, ingest_with, load_models
from qa.check.yes_no import Decision
from qa.evaluation.metrics import abstention
from qa.propose.polar import deciding
from qa.read.confidence.calibration import MOST_ABSENT, features, log_odds_of
from qa.read.evidence import Evidence, among_passages
from qa.understand.question import analyse
from training import shared_everyday as everyday
from training import visitors
from training.judge.several import HELD_SETS
from training.shared_everyday import ARTICLES, HELD_ARTICLES, TWINS, Item

Row = dict[str, Any]
Job = Callable[[Path, Models], Iterator[Row]]  # gathers the rows of a setting, with a scratch folder
ROOT = Path(__file__).parent.parent
TARGET = ROOT / "qa" / "read" / "confidence" / "calibration.json"
LEARNED = ("clinic", "tool", "coop", "museum", "sailing", "vet")  # of the visitors' corpora
CALIBRATED = HELD_ARTICLES[1::2]  # files of articles: the judge has not learned from them
LEARNED_SETTINGS = ("open", "visitors", "everyday", "alone")
PRIOR = 5.0
SURE = 0.9  # confidence from which an answer should be right in at least so many cases
SILENT_SHARE = 0.5  # silent questions for each open one


def cases(setting: str, squad: Path, sample: int, seed: int, folder: Path, models: Models) -> Iterator[Row]:
    """A row for each question of a setting, "open" or "silent".

    It has the article, the signals of the sentence to be said, and whether that is right.
    """
    articles = json.loads(squad.read_text("utf-8"))["data"]
    extractor = extractor_of(models)
    indexed = articles if setting == "open" else articles[::2]
    index = indexed_paragraphs(indexed, folder, models)
    held = {article["title"] for article in indexed}
    questions = [
        (article["title"], paragraph["context"], qa)
        for article in articles
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
        if setting == "open" or (article["title"] not in held and not qa["is_impossible"])
    ]
    size = sample if setting == "open" else int(SILENT_SHARE * sample)
    for title, context, qa in random.Random(seed).sample(questions, min(size, len(questions))):
        question = analyse(qa["question"])
        passages = index.rerank(question.text, index.retrieve(question.text, Scope(), 10))
        evidence = among_passages(extractor.read(question, passages), passages)
        home = Document(normalise(context)).id
        gold = [normalise(answer["text"]) for answer in qa["answers"]]
        answerable = setting == "open" and not qa["is_impossible"]
        if evidence:
            said = evidence[0]
            yield {
                "article": title,
                "setting": setting,
                "answerable": answerable,
                "signals": features(said),
                "absent": min(MOST_ABSENT, len(said.absent)),
                "right": answerable
                and said.passage.document.id == home
                and any(text in visitors.quoted(said) for text in gold),
            }


def visitors_cases(folder: Path, scratch: Path, models: Models) -> Iterator[Row]:
    """The same rows for visitors' questions, by corpus."""
    for asked, said in visitors.said_first(folder, visitors.read(folder), scratch, models):
        yield {
            "article": asked.corpus,
            "setting": "visitors" if asked.corpus in LEARNED else "unseen",
            "answerable": bool(asked.wordings),
            "signals": features(said),
            "absent": min(MOST_ABSENT, len(said.absent)),
            "right": asked.is_right(said),
        }


def everyday_cases(path: Path, scratch: Path, models: Models) -> Iterator[Row]:
    """The same rows for questions and near-misses on the documents of a file together, and on each alone."""
    documents = list(everyday.read(path))
    yield from _asked_of(documents, "everyday", path.stem, scratch / path.stem, models)
    for number, own in enumerate(documents):
        yield from _asked_of([own], "alone", path.stem, scratch / f"{path.stem}-{number}", models)


def every_row(data: Path, sample: int, seed: int, processes: int) -> list[Row]:
    """The rows of all settings, each gathered by a process of its own, so many at a time."""
    squad = data / "squad_dev" / "squad2_dev_part_a.json"
    jobs: list[Job] = [partial(cases, setting, squad, sample, seed) for setting in ("open", "silent")]
    jobs += [partial(visitors_cases, folder) for folder in (data / "visitors", ROOT / "benchmarks" / "visitors")]
    sets = [data / "everyday" / f"{name}.txt" for name in HELD_SETS] + [ARTICLES / f"{name}.txt" for name in CALIBRATED]
    jobs += [partial(everyday_cases, path) for path in sets]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return [row for rows in pool.map(_done, jobs) for row in rows]


def _done(job: Job) -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        return list(job(Path(scratch), load_models(settings.read())))


def _asked_of(
    documents: Sequence[tuple[Document, Sequence[Item]]], setting: str, article: str, folder: Path, models: Models
) -> Iterator[Row]:
    """The rows for what is asked of the documents, which are one index."""
    named = [(f"{number}.md", document) for number, (document, _) in enumerate(documents)]
    desk = visitors.Desk(index_of(named, folder, models), models)
    for document, items in documents:
        for item in (own for own in items if own.kind in "QNYXL"):
            question, evidence = desk.read(item.text)
            if not evidence:
                continue
            said = evidence[0]
            is_there = said.document.id == document.id
            is_polar = item.kind in "YXN" and question.asked == "polar" and not article.startswith(TWINS)
            if is_polar and (decided := deciding(models.entailment, question, evidence)):
                yield _polar(item, article, document, *decided)
            if item.kind in "QNL":
                wordings = [*item.fields.get("A", ()), *item.fields.get("E", ())] if item.kind != "N" else []
                text = visitors.plain(visitors.quoted(said))
                is_said = any(visitors.plain(wording) in text for wording in wordings)
                yield {
                    "article": article,
                    "setting": setting,
                    "answerable": item.kind != "N",
                    "signals": features(said),
                    "absent": min(MOST_ABSENT, len(said.absent)),
                    "right": is_there and is_said,
                }


def _polar(item: Item, article: str, document: Document, said: Evidence, decision: Decision) -> Row:
    """The row of a yes/no question on the document, with the likelihood of the word that the sentence says."""
    wanted = {"Y": "Yes", "X": "No"}.get(item.kind)
    return {
        "article": article,
        "setting": "polar",
        "answerable": wanted is not None,
        "signals": features(said),
        "absent": min(MOST_ABSENT, len(said.absent)),
        "word": decision.probability,
        "right": said.document.id == document.id and decision.word == wanted,
    }


def indexed_paragraphs(articles: list[dict[str, Any]], folder: Path, models: Models) -> Index:
    """An index of the paragraphs of ``articles``, each a document with the article's title."""
    documents = [
        Document(normalise(paragraph["context"]), article["title"].replace("_", " "))
        for article in articles
        for paragraph in article["paragraphs"]
    ]
    return index_of([(f"{number:05}.txt", document) for number, document in enumerate(documents)], folder, models)


def index_of(named: Sequence[tuple[str, Document]], folder: Path, models: Models) -> Index:
    """An index of the documents, each with the name of a file."""
    store = Store(folder)
    ingest_with(store, models).add(named)
    return index_over(store, models)


def fit(x: np.ndarray, y: np.ndarray, counts: np.ndarray | float = 1.0, penalty: float = 0.5) -> np.ndarray:
    """Weights, at least 0, and the bias of a logistic regression of ``y`` (questions) on ``x`` (questions, signals).

    Each question counts as often as ``counts`` says.
    """

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w[:-1] + w[-1]
        p = 1 / (1 + np.exp(-z))
        value = np.sum(counts * (np.logaddexp(0, z) - y * z)) + penalty * np.sum(w[:-1] ** 2)
        error = counts * (p - y)
        gradient = np.append(x.T @ error + 2 * penalty * w[:-1], np.sum(error))
        return float(value), gradient

    bounds = [(0, None)] * x.shape[1] + [(None, None)]
    return np.asarray(minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds).x)


def probabilities(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(x @ w[:-1] + w[-1]))))


def discount_of(x: np.ndarray, absent: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """The discount, at most 1, with which as many cases with absent names are expected to be right as are.

    It counts once for each of the ``absent`` names. PRIOR right cases are added to both numbers: there are some fifty
    cases, of which hardly ten are right.
    """
    expected = probabilities(x, w)

    def surplus(discount: float) -> float:
        return float((expected * discount**absent).sum() + PRIOR * discount - y.sum() - PRIOR)

    return float(brentq(surplus, 0, 1)) if surplus(1) > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Cases:
    """The signals ``x`` (questions, signals), and of each question: right? how many names absent? setting? article?"""

    names: list[str]
    x: np.ndarray
    right: np.ndarray
    absent: np.ndarray
    setting: np.ndarray
    article: np.ndarray

    @property
    def learned(self) -> np.ndarray:
        """A mask of the cases to learn from."""
        return np.asarray(np.isin(self.setting, LEARNED_SETTINGS))


def cases_of(rows: Sequence[Row], names: Sequence[str]) -> Cases:
    """The rows as arrays, with the signals ``names``; a missing one is the mean of those that are learned from."""
    x = np.array([[row["signals"].get(name, np.nan) for name in names] for row in rows])
    setting = np.array([row["setting"] for row in rows])
    usual = np.nanmean(x[np.isin(setting, LEARNED_SETTINGS)], axis=0)
    return Cases(
        list(names),
        np.where(np.isnan(x), usual, x),
        np.array([row["right"] for row in rows]),
        np.array([row["absent"] for row in rows]),
        setting,
        np.array([row["article"] for row in rows]),
    )


def fitted(cases: Cases, chosen: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and discount fitted on those of the ``chosen`` cases that are learned from; ``chosen`` is a mask."""
    chosen = chosen & cases.learned
    present, absent = chosen & (cases.absent == 0), chosen & (cases.absent > 0)
    weights = fit(cases.x[present], cases.right[present], counts_of(cases.setting[present]))
    return weights, discount_of(cases.x[absent], cases.absent[absent], cases.right[absent], weights)


def counts_of(setting: np.ndarray) -> np.ndarray:
    """How often each question counts: those of every setting as much in total, and all as often as there are."""
    settings_of, place, sizes = np.unique(setting, return_inverse=True, return_counts=True)
    return np.asarray(len(setting) / len(settings_of) / sizes[place])


def means_of(cases: Cases) -> dict[str, float]:
    """The mean of each signal in the cases that the weights are fitted on: what is usual, as reasons tell it."""
    present = cases.learned & (cases.absent == 0)
    means = np.average(cases.x[present], axis=0, weights=counts_of(cases.setting[present]))
    return {name: round(float(mean), 4) for name, mean in zip(cases.names, means, strict=True)}


def cross_validated(cases: Cases) -> np.ndarray:
    """Each question's confidence, fitted on the other articles."""

    def confidence(own: np.ndarray) -> np.ndarray:
        weights, discount = fitted(cases, ~own)
        return np.asarray(probabilities(cases.x[own], weights) * discount ** cases.absent[own])

    return by_article(cases.article, confidence)


def by_article(article: np.ndarray, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A number for each case: of those of each article, given as a mask, what ``of`` makes of them."""
    found = np.empty(len(article))
    for name in np.unique(article):
        own = article == name
        found[own] = of(own)
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """The polar cases: ``x`` is (cases, 2), the log-odds of the sentence and of the word; right? of which article?"""

    x: np.ndarray
    right: np.ndarray
    article: np.ndarray

    def fitted(self, chosen: np.ndarray) -> np.ndarray:
        """Two weights and the bias, fitted on the ``chosen`` cases; ``chosen`` is a mask."""
        return fit(self.x[chosen], self.right[chosen])

    def cross_validated(self) -> np.ndarray:
        """How sure each word is, fitted on the other articles."""
        return by_article(self.article, lambda own: probabilities(self.x[own], self.fitted(~own)))


def words_of(rows: Sequence[Row], cases: Cases, weights: np.ndarray) -> Words:
    """The polar ones of the cases, whose sentences are as sure as the ``weights`` say."""
    polar = np.flatnonzero(cases.setting == "polar")
    sentence = probabilities(cases.x[polar], weights)
    x = [[log_odds_of(sure), log_odds_of(rows[i]["word"])] for sure, i in zip(sentence, polar, strict=True)]
    return Words(np.array(x), cases.right[polar], cases.article[polar])


def figures(rows: Sequence[Row], held: np.ndarray, right: np.ndarray, threshold: float) -> dict[str, float]:
    """The figures at ``threshold``, from each question's confidence ``held`` and whether its sentence is ``right``."""
    answerable = np.array([row["answerable"] for row in rows])
    setting = np.array([row["setting"] for row in rows])
    is_open, silent, refused = setting == "open", setting == "silent", held < threshold
    squad = (answerable & is_open) | silent
    counts = everyday_counts(rows)
    precision, recall = abstention.refusal_precision_recall(refused[squad], silent[squad])
    found = {
        "questions": len(rows),
        "right_sentence": float(right[answerable & is_open].mean()),
        "auroc_answerable_open": abstention.auroc(held[is_open], answerable[is_open]),
        "auroc_answerable_or_silent": abstention.auroc(held[squad], answerable[squad]),
        "ece_open": abstention.expected_calibration_error(held[is_open], right[is_open]),
        "aurc_open": abstention.aurc(held[is_open], right[is_open]),
        "coverage_at_80_open": abstention.coverage_at(held[is_open], right[is_open]),
        "right_when_answered_open": float(right[~refused & is_open].mean()),
        "right_when_answered_everyday": accuracy_from(threshold, held, right, counts),
        "answerable_answered": float((~refused)[answerable & is_open].mean()),
        "unanswerable_refused_open": float(refused[~answerable & is_open].mean()),
        "silent_refusal_precision": precision,
        "silent_refusal_recall": recall,
    }
    for name in ("visitors", "everyday", "alone", "unseen"):
        own = setting == name
        if not own.any():
            continue
        sure = own & (held >= SURE)
        found |= {
            f"{name}_questions": int(own.sum()),
            f"{name}_auroc_right": abstention.auroc(held[own], right[own]),
            f"{name}_ece": abstention.expected_calibration_error(held[own], right[own]),
            f"{name}_sure": int(sure.sum()),
            f"{name}_right_when_sure": float(right[sure].mean()) if sure.any() else 1.0,
            f"{name}_right_answered": float((~refused)[own & right].mean()),
            f"{name}_wrong_refused": float(refused[own & ~right].mean()),
        }
    return found


def everyday_counts(rows: Sequence[Row]) -> np.ndarray:
    """How often each question counts among those like people's: visitors' (not unseen ones), answerable and silent."""
    kinds = [row["setting"] if row["setting"] != "open" or row["answerable"] else "adversarial" for row in rows]
    everyday = np.isin(kinds, ("visitors", "everyday", "alone", "open", "silent"))
    counts = np.zeros(len(rows))
    counts[everyday] = counts_of(np.array(kinds)[everyday])
    return counts


def accuracy_from(threshold: float, held: np.ndarray, right: np.ndarray, counts: np.ndarray) -> float:
    """The share of right ones among the answers with at least this confidence; 0 where there are none."""
    said = counts * (held >= threshold)
    return float(said @ right / said.sum()) if said.any() else 0.0


def threshold_for(accuracy: float, held: np.ndarray, right: np.ndarray, counts: np.ndarray) -> float:
    """The lowest confidence, in hundredths, from which the share of right answers is at least ``accuracy``."""
    for threshold in np.arange(1, 100) / 100:
        if accuracy_from(threshold, held, right, counts) >= accuracy:
            return float(threshold)
    raise SystemExit(f"no confidence from which answers are right with {accuracy:g}")


def ablation(rows: Sequence[Row], names: Sequence[str], accuracy: float) -> Iterator[tuple[str, dict[str, float]]]:
    """Figures with all signals, with each left out, and with each alone."""
    without = ([other for other in names if other != name] for name in names)
    for chosen in ([*names], *without, *([name] for name in names)):
        cases = cases_of(rows, chosen)
        held = cross_validated(cases)
        threshold = threshold_for(accuracy, held, cases.right, everyday_counts(rows))
        yield " + ".join(chosen), figures(rows, held, cases.right, threshold)


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, help="keep the signals here, or take them from here")
    parser.add_argument("--sample", type=int, default=600, help="questions asked in the open setting")
    parser.add_argument(
        "--accuracy", type=float, default=0.82, help="share of right answers that the threshold is to give"
    )
    parser.add_argument(
        "--word-accuracy", type=float, default=0.82, help="share of right words of those that are to be said"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--processes", type=int, default=2, help="how many settings are gathered at a time")
    parser.add_argument("--ablate", action="store_true", help="print what each signal brings; write nothing")
    return parser.parse_args()


def main() -> None:
    options = options_of()
    models = load_models(settings.read())
    if options.cache and options.cache.exists():
        rows = json.loads(options.cache.read_text("utf-8"))
    else:
        rows = every_row(options.data, options.sample, options.seed, options.processes)
        if options.cache:
            options.cache.write_text(json.dumps(rows), "utf-8")
    names = list(dict.fromkeys(name for row in rows for name in row["signals"]))
    if options.ablate:
        for label, row in ablation(rows, names, options.accuracy):
            print(f"{label:28}", *(f"{name} {value:.3f}" for name, value in row.items() if name != "questions"))
        return
    every = cases_of(rows, names)
    held = cross_validated(every)
    threshold = threshold_for(options.accuracy, held, every.right, everyday_counts(rows))
    weights, discount = fitted(every, np.ones(len(every.x), dtype=bool))
    words = words_of(rows, every, weights)
    sure = words.cross_validated()
    of_word = words.fitted(np.ones(len(sure), dtype=bool))
    word_threshold = threshold_for(options.word_accuracy, sure, words.right, np.ones(len(sure)))
    told = sure >= word_threshold
    calibration = {
        "made_by": "training/calibrate.py",
        "weights": {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=False)},
        "bias": round(float(weights[-1]), 4),
        "means": means_of(every),
        "absent_discount": round(discount, 4),
        "accuracy": options.accuracy,
        "threshold": threshold,
        "decided": {
            **{name: round(float(value), 4) for name, value in zip(("sentence", "word", "bias"), of_word, strict=True)},
            "accuracy": options.word_accuracy,
            "threshold": word_threshold,
        },
        # It counts for indexes of the earlier default, too: of its signals, only how the passages are ordered differs.
        "embedders": [models.embedder.fingerprint, resolve(BGE_SMALL, "embedder").fingerprint],
        "models": [
            models.reranker.fingerprint,
            models.reader.fingerprint,
            models.entailment.fingerprint,
        ],
        "cross_validated": {
            name: round(value, 4)
            for name, value in {
                **figures(rows, held, every.right, threshold),
                "polar_questions": len(sure),
                "polar_said": int(told.sum()),
                "polar_right_when_said": float(words.right[told].mean()),
                "polar_right_said": float(told[words.right].mean()),
            }.items()
        },
    }
    TARGET.write_text(json.dumps(calibration, indent=2) + "\n", "utf-8")
    print(json.dumps(calibration, indent=2))


if __name__ == "__main__":
    main()
