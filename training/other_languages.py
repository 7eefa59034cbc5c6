"""Fit how sure the nearest sentence is to answer a question in another language than English.

    python -m training.other_languages --squad DATA/squad_dev/squad2_dev_part_a.json [--xquad DATA/xquad] [--each N]

Of every second article the first half of the paragraphs is indexed. Questions about these are answered there, those
about the same articles' other paragraphs nearly (silent, near), those about other articles not at all (silent, far).
The constants of ``qa.read.sentence_reader`` are fitted on SQuAD, in English, with the embedder of a hundred languages;
and on short questions in German, Spanish, French and English over five documents, none of them English
(``training/languages``). XQuAD is only looked at, each language's questions, and as many in English of the same
paragraphs. Printed is how well answered questions are told from silent ones (AUROC, by the cosine alone and by the
shipped constants), and what share of each gets an answer.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from documents.document import Document
from documents.load import load
from documents.sentences import sentences
from index.models import MULTILINGUAL_EMBEDDER
from index.passage import Scope
from index.query import Query
from index.search import Index
from qa import settings
from qa.assistant.compose import Models, load_models
from qa.evaluation import load_dataset
from qa.evaluation.systems.indexing import indexed
from qa.read.reader import READ
from qa.read.sentence_reader import CHOSEN, Nearness, SentenceReader

LANGUAGES = ("de", "es", "ru", "zh", "ar", "hi")
KINDS = ("answered", "near", "far")
OWN = Path(__file__).parent / "languages"
DOCUMENTS = ("bibliothek.md", "feste.md", "satzung.md", "piscina.md", "refuge.md")


@dataclass(frozen=True, slots=True)
class Asked:
    """The nearest sentence to a question of a kind; ``of`` names the set."""

    of: str
    kind: str
    nearest: Nearness


class Reading:
    """Asks questions of documents."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._reader = SentenceReader(models.embedder)

    def asked(self, documents: Mapping[str, Document], questions: Iterable[tuple[str, str, str]]) -> list[Asked]:
        """The nearest sentence in ``documents`` to each question, given with its set and its kind."""
        with tempfile.TemporaryDirectory() as folder:
            index = indexed(documents, Path(folder), self._models, lambda _: None)
            return [Asked(of, kind, self._nearest(index, question)) for of, kind, question in questions]

    def _nearest(self, index: Index, question: str) -> Nearness:
        texts = [passage.ranked_text for passage in index.retrieve(question, Scope(), READ)]
        places = [list(sentences(text, 0, len(text))) for text in texts]
        found = self._reader.nearness(Query.of(question), texts, places)
        return max((one for near in found for one in near), key=lambda one: one.margin)


def of_articles(reading: Reading, of: str, path: Path, each: int, english: Path | None = None) -> list[Asked]:
    """``each`` questions of every kind from a file like SQuAD's; the same once more in the words of ``english``."""
    kind_of = {
        question["id"]: "far" if number % 2 else "near" if 2 * place >= len(article["paragraphs"]) else "answered"
        for number, article in enumerate(json.loads(path.read_text("utf-8"))["data"])
        for place, paragraph in enumerate(article["paragraphs"])
        for question in paragraph["qas"]
    }
    data = load_dataset(path)
    kept = {name for item in data.items if kind_of[item.id] == "answered" for name in item.relevant}
    documents = {name: document for name, document in data.documents.items() if name in kept}
    of_kind = {kind: [item.id for item in data.items if item.answers and kind_of[item.id] == kind] for kind in KINDS}
    draw = random.Random(0)
    drawn = [(kind, one) for kind in KINDS for one in draw.sample(of_kind[kind], each)]
    worded = {of: data.items}
    if english is not None:
        worded[f"{of}, in English"] = load_dataset(english).items
    asked: list[tuple[str, str, str]] = []
    for name, items in worded.items():
        words = {item.id: item.question for item in items}
        asked += [(name, kind, words[one]) for kind, one in drawn]
    return reading.asked(documents, asked)


def of_own(reading: Reading) -> list[Asked]:
    """The short questions, those in the documents' languages and those in English."""
    documents = {name: load(OWN / name) for name in DOCUMENTS}
    items = [json.loads(line) for line in (OWN / "questions.jsonl").read_text("utf-8").splitlines()]
    names = {"en": "own, in English"}
    return reading.asked(
        documents, [(names.get(item["language"], "own"), item["kind"], item["question"]) for item in items]
    )


def fit(asked: Sequence[Asked]) -> LogisticRegression:
    """The regression of answered on the three signals, silent questions counting as much as answered ones."""
    answered = np.array([one.kind == "answered" for one in asked])
    return LogisticRegression(C=1e4, max_iter=5000, class_weight="balanced").fit(_signals(asked), answered)


def _signals(asked: Sequence[Asked]) -> NDArray[np.float64]:
    return np.array([one.nearest for one in asked], dtype=np.float64)


def _auroc(answered: Sequence[float], silent: Sequence[float]) -> float:
    return float(roc_auc_score([1] * len(answered) + [0] * len(silent), [*answered, *silent]))


def row(of: str, asked: Sequence[Asked]) -> str:
    """The line of a set: how many questions, AUROCs near and far, shares that get an answer."""
    near = {kind: [one.nearest for one in asked if one.kind == kind] for kind in KINDS}
    cosines = {kind: [one.cosine for one in near[kind]] for kind in KINDS}
    margins = {kind: [one.margin for one in near[kind]] for kind in KINDS}
    aurocs = [_auroc(by[KINDS[0]], by[kind]) for by in (cosines, margins) for kind in KINDS[1:]]
    sure = [[CHOSEN.probability({"margin": margin}) >= CHOSEN.threshold for margin in margins[kind]] for kind in KINDS]
    shares = [float(np.mean(one)) for one in sure]
    return f"| {of} | {len(asked)} | " + " | ".join(f"{figure:.2f}" for figure in (*aurocs, *shares)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, required=True, help="questions and paragraphs in English, as SQuAD's")
    parser.add_argument("--xquad", type=Path, help="the folder with xquad.LANGUAGE.json, which is only looked at")
    parser.add_argument("--each", type=int, default=200, help="questions of each kind of SQuAD; of XQuAD a fifth")
    options = parser.parse_args()
    reading = Reading(load_models(settings.read(), MULTILINGUAL_EMBEDDER))
    asked = of_articles(reading, "SQuAD", options.squad, options.each) + of_own(reading)
    fitted = fit(asked)
    usually = np.mean([one.nearest.ahead for one in asked if one.kind == "answered"])
    print(f"per cosine, ahead, across: {fitted.coef_[0].round(1)}; bias {fitted.intercept_[0]:.2f}; ", end="")
    print(f"usually ahead {usually:.3f}\n")
    print("| of | questions | cosine: near | far | constants: near | far | get an answer: answered | near | far |")
    print("|---|---|---|---|---|---|---|---|---|")
    _print_rows(asked)
    for language in LANGUAGES if options.xquad else ():
        own, english = (options.xquad / f"xquad.{code}.json" for code in (language, "en"))
        _print_rows(of_articles(reading, f"XQuAD {language}", own, options.each // 5, english))


def _print_rows(asked: Sequence[Asked]) -> None:
    for of in dict.fromkeys(one.of for one in asked):
        print(row(of, [one for one in asked if one.of == of]), flush=True)


if __name__ == "__main__":
    main()
