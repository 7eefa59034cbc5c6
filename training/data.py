"""Training groups for the sentence reader: a question, the sentences of its paragraph, and which one answers.

Sources (see the model card): questions with exact answer offsets; questions on back-translated SQuAD 2.0
paragraphs with heuristic offsets, of which the sentence is far more reliable than the span; and true unanswerables.
The last are labelled by their order: in SQuAD 2.0 a paragraph's answerable questions stand before its unanswerable
ones, and most have at most five of the former, so of a paragraph with exactly ten questions the last five are
unanswerable.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.sentences import sentences
from qa.reader import context_before

WEAK_CONFIDENCE = 0.6  # below it the heuristic label is wrong too often, even for the sentence
WEAK_SHARE = 0.5  # of the weak questions that are used, so that they do not drown the others
HELD_OUT_DOCUMENTS = range(400, 442)  # of the back-translated set: for the curve, never trained on
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Group:
    """One question with (context, sentence) pairs; ``answer`` is the index of the right one, None for none."""

    question: str
    pairs: tuple[tuple[str, str], ...]
    answer: int | None


def read(folder: Path, rng: random.Random, negatives: int = 2) -> tuple[list[Group], list[Group]]:
    """The training groups and the held-out ones, shuffled."""
    clean = _squad(folder / "train.clean.squadshifts_reddit_amazon.json.gz")
    weak = _squad(folder / "train.weak.squad2_backtranslated.conf50.json.gz")
    raw = _load(folder / "weak.raw_candidates.json.gz")
    sizes = {(doc["doc"], i): len(p["questions"]) for doc in raw for i, p in enumerate(doc["paragraphs"])}
    train: list[Group] = []
    held: list[Group] = []
    for _, text, question, answer, _ in clean:
        train += _answerable(text, question, answer, rng, negatives)
    for name, text, question, answer, confidence in weak:
        doc, paragraph, position = (int(part) for part in name.split("-")[1:])
        if position >= 5 and sizes[doc, paragraph] > 5:
            continue
        target = held if doc in HELD_OUT_DOCUMENTS else train
        if confidence >= WEAK_CONFIDENCE and rng.random() < WEAK_SHARE:
            target += _answerable(text, question, answer, rng, negatives)
    for doc in raw:
        target = held if doc["doc"] in HELD_OUT_DOCUMENTS else train
        for paragraph in doc["paragraphs"]:
            if len(paragraph["questions"]) == 10:
                for question in paragraph["questions"][5:]:
                    target += _unanswerable(paragraph["context"], question, negatives)
    rng.shuffle(train)
    rng.shuffle(held)
    return train, held


def _load(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def _squad(path: Path) -> list[tuple[str, str, str, tuple[int, int], float]]:
    """(id, paragraph, question, answer span, confidence) of a SQuAD-layout file; first answer of each question."""
    return [
        (
            qa["id"],
            paragraph["context"],
            qa["question"],
            (qa["answers"][0]["answer_start"], qa["answers"][0]["answer_start"] + len(qa["answers"][0]["text"])),
            qa.get("weak_confidence", 1.0),
        )
        for article in _load(path)["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    ]


def _answerable(text: str, question: str, answer: tuple[int, int], rng: random.Random, negatives: int) -> list[Group]:
    spans = sentences(text)
    right = next((span for span in spans if span[0] <= answer[0] and answer[1] <= span[1]), None)
    if right is None or len(spans) < 2:
        return []
    others = _hardest(text, question, [span for span in spans if span != right])
    wrong = others[: negatives - 1] + rng.sample(others[negatives - 1 :], min(1, len(others[negatives - 1 :])))
    chosen = [right, *wrong]
    rng.shuffle(chosen)
    return [Group(question, tuple(_pair(text, span) for span in chosen), chosen.index(right))]


def _unanswerable(text: str, question: str, negatives: int) -> list[Group]:
    chosen = _hardest(text, question, sentences(text))[:negatives]
    return [Group(question, tuple(_pair(text, span) for span in chosen), None)] if chosen else []


def _hardest(text: str, question: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that share most words with the question first."""
    asked = set(_WORD.findall(question.casefold()))

    def shared(span: tuple[int, int]) -> float:
        words = set(_WORD.findall(text[slice(*span)].casefold()))
        return -len(asked & words) / (len(words) + 5) ** 0.5

    return sorted(spans, key=shared)


def _pair(text: str, span: tuple[int, int]) -> tuple[str, str]:
    return context_before(text, span[0]), text[slice(*span)]
