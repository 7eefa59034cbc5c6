"""Fit ``asked.json`` and ``talk.json`` in ``qa/understand``: what kind of answer a question asks for; kinds of talk.

    python -m training.asked --data DATA [--embedder NAME]

Learned from are the questions of ``training/asked.jsonl`` and, with little weight, those of public sets and on everyday
documents whose kind can be told (``training.asked_shared``). Only words that stand in several frames outside their
slots may have a weight, so that no subject has one. How likely a kind must be to be believed is set on questions whose
frame and subjects were both held out. For the embedder of earlier indexes the files have its name. The fit is
deterministic; embeddings differ in their last digits between machines.
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

from index.embed import Embedder, load_embedder
from index.models import BGE_SMALL, DEFAULT_EMBEDDER
from qa.understand import talk
from qa.understand.linear import Linear, words
from qa.understand.question_type import KINDS, file_ending, load
from training import asked_shared
from training.asked_data import GROUPS, QUESTIONS, Example

TARGET = Path(__file__).parent.parent / "qa" / "understand"
WITHIN = 3  # frames that a word must stand in
PENALTY = 10.0  # C of the logistic regression
NO_TALK = ("", *talk.KINDS)  # what is told by words alone
WORD = 0.3  # a word counts as much as this length of the embedding, whose whole length is 1
SHARED = 0.1  # weight of a question of a public set; one of our own has 1
MOST = 300  # questions of each public set
EVERY = 2  # each so many of the questions on documents is learned from
SCALE = 0.02  # what one is worth in the file
PRECISION = {"talk": 0.95, "library": 0.9}  # of what is believed to be of the kind
OTHERWISE = 0.85
# What is told without reading for it stands in the place of an answer; it must be likelier than any other kind must be.
LEAST = {"talk": 0.6, "library": 0.6, "overview": 0.6}
LIKELIER_THAN_NOT = 0.5
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

    @property
    def talks(self) -> NDArray[np.int64]:
        """The kinds of talk, as numbers of ``NO_TALK``."""
        return np.array([NO_TALK.index(example.talk) for example in self.examples])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Fold:
    """What is learned from, and what is tested on: no frame and no subject is in both."""

    learned: NDArray[np.bool_]
    tested: NDArray[np.bool_]


def read(path: Path = QUESTIONS) -> list[Example]:
    return [Example(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def others(data: Path) -> list[Example]:
    """The questions of public sets and on everyday documents that are learned from."""
    return [*asked_shared.examples(data, MOST), *asked_shared.of_documents(data, EVERY)]


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
    own: Questions, shared: Questions, *, columns: Sequence[str], with_embedding: bool = True, talk: bool = False
) -> Linear:
    """The classifier of the questions, with a weight for each of the columns.

    It tells ``KINDS`` or, where ``talk``, the kinds of talk that the questions have, "" being none.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second, which tests of the rest need not wait

    x = np.concatenate([_matrix(part, columns, with_embedding) for part in (own, shared)])
    weight = np.concatenate([np.ones(len(own.examples)), np.full(len(shared.examples), SHARED)])
    labels = [part.talks if talk else part.kinds for part in (own, shared)]
    model = LogisticRegression(C=PENALTY, max_iter=2000)
    model.fit(x, np.concatenate(labels), weight)
    dimension = x.shape[1] - len(columns)
    by_word = WORD * model.coef_[:, dimension:].T
    return Linear(
        np.float32(model.intercept_),
        np.float32(model.coef_[:, :dimension]),
        {word: np.float32(row) for word, row in zip(columns, by_word, strict=True)},
    )


def _matrix(questions: Questions, columns: Sequence[str], with_embedding: bool) -> NDArray[np.float64]:
    place = {word: number for number, word in enumerate(columns)}
    x = np.zeros((len(questions.examples), len(columns)))
    for row, example in zip(x, questions.examples, strict=True):
        row[[place[word] for word in words(example.text) if word in place]] = WORD
    return np.hstack([questions.embeddings, x]) if with_embedding else x


def probabilities(found: Linear, questions: Questions) -> NDArray[np.float64]:
    """Of shape (questions, kinds)."""
    rows = zip(questions.examples, questions.embeddings, strict=True)
    return np.stack([found.probabilities(example.text, embedding) for example, embedding in rows])


def held_out(own: Questions, shared: Questions) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The probabilities of questions by classifiers that saw neither their frames nor their subjects, and the truth."""
    found, truth = [], []
    for fold in folds(own.examples):
        learned, tested = own.of(fold.learned), own.of(fold.tested)
        found.append(probabilities(fit(learned, shared, columns=_columns(learned)), tested))
        truth.append(tested.kinds)
    return np.concatenate(found), np.concatenate(truth)


@dataclass(frozen=True, slots=True)
class HeldOutTalk:
    """What is said of held-out questions: how likely talk is by words alone, and the kind of talk, with the truth.

    ``kinds`` and ``kinds_by_words`` are numbers of ``NO_TALK``, as is the ``truth``; the first two are of talk only.
    """

    likely: NDArray[np.float64]
    truth: NDArray[np.int64]
    kinds: NDArray[np.int64]
    kinds_by_words: NDArray[np.int64]


def fit_talk(own: Questions, shared: Questions) -> tuple[Linear, Linear]:
    """What tells kinds of talk, and what tells talk and its kinds by words alone."""
    columns, only = _columns(own), own.of(own.talks > 0)
    none = shared.of(np.zeros(len(shared.examples), bool))
    return (
        fit(only, none, columns=columns, talk=True),
        fit(own, shared, columns=columns, with_embedding=False, talk=True),
    )


def held_out_talk(own: Questions, shared: Questions) -> HeldOutTalk:
    """As ``held_out``, of talk."""
    likely, truth, kinds, by_words = [], [], [], []
    for fold in folds(own.examples):
        learned, tested = own.of(fold.learned), own.of(fold.tested)
        of_kinds, of_words = fit_talk(learned, shared)
        told = probabilities(of_words, tested)
        likely.append(1 - told[:, 0])
        truth.append(tested.talks)
        is_talk = tested.talks > 0
        kinds.append(1 + probabilities(of_kinds, tested.of(is_talk)).argmax(axis=1))
        by_words.append(1 + told[is_talk, 1:].argmax(axis=1))
    return HeldOutTalk(*map(np.concatenate, (likely, truth, kinds, by_words)))


def _columns(learned: Questions) -> list[str]:
    return vocabulary(sorted({example.frame for example in learned.examples}))


def talk_threshold(found: HeldOutTalk) -> float:
    """The lowest probability from which on the wished share of what words alone take for talk is talk."""
    order = np.argsort(-found.likely, kind="stable")
    right = np.cumsum(found.truth[order] > 0) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= PRECISION["talk"])
    return round(float(found.likely[order[enough[-1]]]) if len(enough) else 1.0, 3)


def thresholds(found: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, float]:
    """The lowest probability of each kind but "fact" from which on the wished share of what is believed is right.

    It is at least ``LEAST``.
    """
    best, sure = found.argmax(axis=1), found.max(axis=1)
    chosen = {}
    for number, kind in enumerate(KINDS[1:], 1):
        own = np.flatnonzero(best == number)
        own = own[np.argsort(-sure[own], kind="stable")]
        right = np.cumsum(truth[own] == number) / np.arange(1, len(own) + 1)
        enough = np.flatnonzero(right >= PRECISION.get(kind, OTHERWISE))
        limit = float(sure[own[enough[-1]]]) if len(enough) else 1.0
        chosen[kind] = round(max(limit, LEAST.get(kind, LIKELIER_THAN_NOT)), 3)
    return chosen


def to_json(found: Linear, embedder: str, limits: dict[str, float]) -> str:
    """The classifier as a JSON text, a word a line."""
    head = {"made_by": "training/asked.py", "embedder": embedder, "kinds": KINDS, "scale": SCALE, "thresholds": limits}
    return f"{json.dumps(head)[:-1]},\n{_weights(found)}}}\n"


def talk_to_json(kinds: Linear, by_words: Linear, threshold: float) -> str:
    """Both classifiers of talk as a JSON text, a word a line."""
    head = {"made_by": "training/asked.py", "talk": talk.KINDS, "scale": SCALE, "threshold": threshold}
    parts = (f'"{name}": {{\n{_weights(own)}}}' for name, own in (("kinds", kinds), ("by_words", by_words)))
    return f"{json.dumps(head)[:-1]},\n{','.join(parts)}}}\n"


def _weights(found: Linear) -> str:
    """The fields of a JSON object."""

    def whole(array: NDArray[np.float32]) -> str:
        return json.dumps([round(float(value) / SCALE) for value in array], separators=(",", ":"))

    rows = ",\n".join(map(whole, found.embedding))
    by_word = ",\n".join(f"{json.dumps(word, ensure_ascii=False)}:{whole(row)}" for word, row in found.words.items())
    return f'"bias": {whole(found.bias)},\n"embedding": [\n{rows}],\n"words": {{\n{by_word}}}'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds questions/ and follow_ups/")
    parser.add_argument("--embedder", default=DEFAULT_EMBEDDER, choices=(DEFAULT_EMBEDDER, BGE_SMALL))
    parser.add_argument("--out", type=Path, default=TARGET, help="the folder that the weights are written to")
    options = parser.parse_args()
    embedder = load_embedder(options.embedder)
    ending = file_ending(embedder.fingerprint)
    own = Questions.embed(read(), embedder)
    shared = Questions.embed(others(options.data), embedder)
    print(f"{len(own.examples):,} questions of our own, {len(shared.examples):,} others", flush=True)
    limits = thresholds(*held_out(own, shared))
    found = fit(own, shared, columns=_columns(own))
    (options.out / f"asked{ending}").write_text(to_json(found, embedder.fingerprint, limits), "utf-8")
    least = talk_threshold(held_out_talk(own, shared))
    (options.out / f"talk{ending}").write_text(talk_to_json(*fit_talk(own, shared), least), "utf-8")
    shipped = load((options.out / f"asked{ending}").read_text("utf-8"))
    right = (probabilities(shipped.linear, own).argmax(axis=1) == own.kinds).mean()
    print(f"{len(found.words):,} words; right of what was learned: {right:.3f}")
    print("believed from:", ", ".join(f"{kind} {limit:.2f}" for kind, limit in limits.items()))
    print(f"talk by words alone: {least:.2f}")


if __name__ == "__main__":
    main()
