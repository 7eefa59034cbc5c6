"""Fit ``qa/understand/asked.json``: what kind of answer a question asks for.

    python -m training.asked --data DATA

Learned from are the questions of ``training/asked.jsonl`` and, with little weight, those of public sets whose kind can
be told (``training.asked_shared``). Only words that stand in several frames outside their slots may have a weight, so
that no subject has one. How likely a kind must be to be believed is set on questions whose frame and subjects were both
held out. The fit is deterministic; embeddings differ in their last digits between machines.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from index.embed import Embedder, load_embedder
from index.models import DEFAULT_EMBEDDER
from qa.understand.asked import KINDS, Classifier, load, words
from training import asked_shared
from training.asked_data import GROUPS, QUESTIONS, Example

TARGET = Path(__file__).parent.parent / "qa" / "understand" / "asked.json"
WITHIN = 3  # frames that a word must stand in
PENALTY = 10.0  # C of the logistic regression
WORD = 0.3  # a word counts as much as this length of the embedding, whose whole length is 1
SHARED = 0.1  # weight of a question of a public set; one of our own has 1
MOST = 300  # questions of each public set
SCALE = 0.02  # what one is worth in the file
PRECISION = {"talk": 0.95, "library": 0.95}  # of what is believed to be of the kind
OTHERWISE = 0.9
_SLOT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Questions:
    """Examples with their embeddings, of shape (examples, dimension)."""

    examples: Sequence[Example]
    embeddings: NDArray[np.float32]

    @classmethod
    def embed(cls, examples: Sequence[Example], embedder: Embedder) -> Questions:
        texts = [example.text for example in examples]
        parts = [embedder.embed(texts[at : at + 64], "query") for at in range(0, len(texts), 64)]
        return cls(examples, np.concatenate(parts))

    def of(self, chosen: NDArray[np.bool_]) -> Questions:
        return Questions([e for e, one in zip(self.examples, chosen, strict=True) if one], self.embeddings[chosen])

    @property
    def kinds(self) -> NDArray[np.int64]:
        return np.array([KINDS.index(example.asked) for example in self.examples])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Fold:
    """What is learned from, and what is tested on: no frame and no subject is in both."""

    learned: NDArray[np.bool_]
    tested: NDArray[np.bool_]


def read(path: Path = QUESTIONS) -> list[Example]:
    return [Example(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def folds(examples: Sequence[Example]) -> list[Fold]:
    """One fold for each group of subjects; a kind's frames are dealt to the folds in turn."""
    places: dict[tuple[str, str], int] = {}
    dealt: Counter[str] = Counter()
    for example in examples:
        if (example.asked, example.frame) not in places:
            places[example.asked, example.frame] = dealt[example.asked] % GROUPS
            dealt[example.asked] += 1
    place = np.array([places[example.asked, example.frame] for example in examples])
    group = np.array([-1 if example.group is None else example.group for example in examples])
    return [
        Fold((place != fold) & (group != fold), (place == fold) & ((group == fold) | (group == -1)))
        for fold in range(GROUPS)
    ]


def vocabulary(frames: Iterable[str]) -> list[str]:
    """The words and pairs of words that stand in several frames outside their slots, as written and carelessly."""
    counts: Counter[str] = Counter()
    for frame in frames:
        while _SLOT.search(frame):
            frame = _SLOT.sub("\0", frame)
        counts.update(words(frame) | words(frame.rstrip("?.! ")))
    return sorted(word for word, count in counts.items() if count >= WITHIN and "\0" not in word)


def fit(
    own: Questions, shared: Questions, *, columns: Sequence[str], embedder: str, with_embedding: bool = True
) -> Classifier:
    """The classifier of the questions, with a weight for each of the columns, and without thresholds."""
    x = np.concatenate([_matrix(part, columns, with_embedding) for part in (own, shared)])
    weight = np.concatenate([np.ones(len(own.examples)), np.full(len(shared.examples), SHARED)])
    model = LogisticRegression(C=PENALTY, max_iter=2000)
    model.fit(x, np.concatenate([own.kinds, shared.kinds]), weight)
    dimension = own.embeddings.shape[1]
    by_word = WORD * model.coef_[:, dimension:].T
    return Classifier(
        embedder,
        np.float32(model.intercept_),
        np.float32(model.coef_[:, :dimension]),
        {word: np.float32(row) for word, row in zip(columns, by_word, strict=True)},
        {},
    )


def _matrix(questions: Questions, columns: Sequence[str], with_embedding: bool) -> NDArray[np.float64]:
    place = {word: number for number, word in enumerate(columns)}
    dimension = questions.embeddings.shape[1]
    x = np.zeros((len(questions.examples), dimension + len(columns)))
    if with_embedding:
        x[:, :dimension] = questions.embeddings
    for row, example in zip(x, questions.examples, strict=True):
        row[[dimension + place[word] for word in words(example.text) if word in place]] = WORD
    return x


def probabilities(found: Classifier, questions: Questions) -> NDArray[np.float64]:
    """Of shape (questions, kinds)."""
    rows = zip(questions.examples, questions.embeddings, strict=True)
    return np.stack([found.probabilities(example.text, embedding) for example, embedding in rows])


def held_out(own: Questions, shared: Questions, embedder: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The probabilities of questions by classifiers that saw neither their frames nor their subjects, and the truth."""
    found, truth = [], []
    for fold in folds(own.examples):
        learned, tested = own.of(fold.learned), own.of(fold.tested)
        columns = vocabulary(sorted({example.frame for example in learned.examples}))
        found.append(probabilities(fit(learned, shared, columns=columns, embedder=embedder), tested))
        truth.append(tested.kinds)
    return np.concatenate(found), np.concatenate(truth)


def thresholds(found: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, float]:
    """The lowest probability of each kind but "fact" from which on the wished share of what is believed is right."""
    best, sure = found.argmax(axis=1), found.max(axis=1)
    chosen = {}
    for number, kind in enumerate(KINDS[1:], 1):
        own = np.flatnonzero(best == number)
        own = own[np.argsort(-sure[own], kind="stable")]
        right = np.cumsum(truth[own] == number) / np.arange(1, len(own) + 1)
        enough = np.flatnonzero(right >= PRECISION.get(kind, OTHERWISE))
        chosen[kind] = round(float(sure[own[enough[-1]]]) if len(enough) else 1.0, 3)
    return chosen


def to_json(found: Classifier, limits: dict[str, float]) -> str:
    """The classifier as a JSON text, a word a line; words whose weights are all weak are left out."""

    def whole(array: NDArray[np.float32]) -> list[int]:
        return [round(float(value) / SCALE) for value in array]

    head = {
        "made_by": "training/asked.py",
        "embedder": found.embedder,
        "kinds": KINDS,
        "scale": SCALE,
        "thresholds": limits,
        "bias": whole(found.bias),
    }
    rows = ",\n".join(json.dumps(whole(row), separators=(",", ":")) for row in found.embedding)
    own = {word: whole(row) for word, row in found.words.items()}
    by_word = ",\n".join(
        f"{json.dumps(word, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}" for word, row in own.items()
    )
    return f'{json.dumps(head)[:-1]},\n"embedding": [\n{rows}],\n"words": {{\n{by_word}}}}}\n'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds questions/ and follow_ups/")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    embedder = load_embedder(DEFAULT_EMBEDDER)
    own = Questions.embed(read(), embedder)
    shared = Questions.embed(list(asked_shared.examples(options.data, MOST)), embedder)
    print(f"{len(own.examples):,} questions of our own, {len(shared.examples):,} of public sets", flush=True)
    limits = thresholds(*held_out(own, shared, embedder.fingerprint))
    columns = vocabulary(sorted({example.frame for example in own.examples}))
    found = fit(own, shared, columns=columns, embedder=embedder.fingerprint)
    options.out.write_text(to_json(found, limits), "utf-8")
    shipped = load(options.out.read_text("utf-8"))
    right = (probabilities(shipped, own).argmax(axis=1) == own.kinds).mean()
    print(f"{len(columns):,} words, {options.out.stat().st_size / 1000:.0f} kB; right of what was learned: {right:.3f}")
    print("believed from:", ", ".join(f"{kind} {limit:.2f}" for kind, limit in limits.items()))


if __name__ == "__main__":
    main()
