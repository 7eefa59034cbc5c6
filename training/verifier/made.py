"""Pairs of claim and evidence that rules make of questions with answers, and of texts.

- A question with an answer is a claim: "What is the fee? 45 pounds". Its adversarial twin, which the same paragraph
  does not answer, with the same answer is a claim that the paragraph does not support.
- "It open on Sundays.", the claim that yes would make, is supported, contradicted or not mentioned by what answers a
  yes/no question.
- A sentence that is reworded or changed by the rules of ``training.perturb``.
- Two sentences as one claim, of which the evidence has both, or only one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from documents.sentences import sentences
from qa.check.entailment import answered
from training.data import WEAK
from training.perturb import CHANGED, names_in, paragraphs_of, variants
from training.verifier.examples import (
    CONTRADICTED,
    MOST_WORDS,
    NOT_MENTIONED,
    SUPPORTED,
    UNSUPPORTED,
    Pair,
    closest,
    is_held_out,
    rows,
)

TWINS = 6000  # pairs of an answerable question and its twin
SEARCHED = 2500  # questions of web searches with their answer
BOOLEAN = 5000  # questions of BoolQ; of CondaQA all
TEXTS = 1500  # paragraphs whose sentences are changed
JOINED = 2500  # claims of two sentences
OTHER_TEXTS = 60  # paragraphs whose names are swapped into others
HELD_OUT = 0.05
KEPT = ("without aside", "without opening", "reworded", "quote")  # rules that leave a sentence true


def made(data: Path, rng: random.Random) -> Iterator[Pair]:
    """All pairs that rules make, in a fixed order."""
    yield from _twins(data, rng)
    yield from _searched(data, rng)
    yield from _boolean(data, rng)
    yield from _condaqa(data, rng)
    yield from _changed(data, rng)


def around(text: str, start: int, end: int, rng: random.Random) -> str:
    """The sentences that ``start`` to ``end`` is in, with one more before or after them at times."""
    own = [place for place in sentences(text) if place[0] < end and start < place[1]]
    every = list(sentences(text))
    first = every.index(own[0]) if own else 0
    last = every.index(own[-1]) if own else len(every) - 1
    first, last = max(0, first - (rng.random() < 0.4)), min(len(every) - 1, last + (rng.random() < 0.4))
    return text[every[first][0] : every[last][1]]


def _twins(data: Path, rng: random.Random) -> Iterator[Pair]:
    found = [
        row
        for row in rows(data / "questions" / "squad2_train_recovered.jsonl.gz")
        if len(row["candidates"]) == 1 and row["match"] >= 1.3
    ]
    rng.shuffle(found)
    for row in found[:TWINS]:
        start, end = row["candidates"][0]
        held = is_held_out(str(row["doc"]), HELD_OUT)
        evidence, answer = around(row["context"], start, end, rng), row["context"][start:end]
        yield Pair("twins", answered(row["answerable_question"], answer), evidence, SUPPORTED, held)
        yield Pair("twins", answered(row["unanswerable_question"], answer), evidence, NOT_MENTIONED, held)


def _searched(data: Path, rng: random.Random) -> Iterator[Pair]:
    """Web questions with their answer, and the same question with another part of the passage as its answer."""
    found = rows(data / "questions" / "qed_nq.jsonl.gz")
    rng.shuffle(found)
    single = (row for row in found if row["explanation"] == "single_sentence" and row["answers"])
    for row in islice(single, SEARCHED):
        held = is_held_out(row["title"], HELD_OUT)
        text, answer = row["context"], row["answers"][0]
        evidence = around(text, answer["start"], answer["start"] + len(answer["text"]), rng)
        title = f"{row['title']}. " if rng.random() < 0.5 else ""
        yield Pair("searched", answered(row["question"], answer["text"]), title + evidence, SUPPORTED, held)
        others = [name for name in names_in(text) if name not in answer["text"] and answer["text"] not in name]
        if others and answer["text"][:1].isupper():
            claim = answered(row["question"], rng.choice(others))
            yield Pair("searched", claim, title + closest(claim, text), UNSUPPORTED, held)


def _boolean(data: Path, rng: random.Random) -> Iterator[Pair]:
    found = rows(data / "questions" / "boolq.jsonl.gz")
    rng.shuffle(found)
    for row in found[:BOOLEAN]:
        yield _polar("boolq", row["question"], row["answer"], f"{row['title']}. ", row["passage"], row["title"], rng)


def _condaqa(data: Path, rng: random.Random) -> Iterator[Pair]:
    for row in rows(data / "questions" / "condaqa.jsonl.gz"):
        if row["kind"] in ("yes", "no", "unknown"):
            yield _polar("condaqa", row["question"], row["answer"], "", row["context"], str(row["passage_id"]), rng)


def _polar(source: str, question: str, answer: str, title: str, text: str, key: str, rng: random.Random) -> Pair:
    """The question in the place of a claim, with what of the text is closest to it."""
    label = {"yes": SUPPORTED, "no": CONTRADICTED}.get(answer, NOT_MENTIONED)
    evidence = (title if rng.random() < 0.5 else "") + closest(question, text, MOST_WORDS)
    return Pair(source, f"{question.rstrip('?').rstrip()}?", evidence, label, is_held_out(key, HELD_OUT))


def _changed(data: Path, rng: random.Random) -> Iterator[Pair]:
    paragraphs = [text for _, text in paragraphs_of(data / "train" / WEAK)]
    rng.shuffle(paragraphs)
    own = paragraphs[:TEXTS]
    names = sorted({name for text in paragraphs[-OTHER_TEXTS:] for name in names_in(text)})
    for text in own:
        held = is_held_out(text, HELD_OUT)
        rules = [
            *rng.sample(sorted(CHANGED), 4),
            *rng.sample(("without aside", "without opening", "reworded", "quote"), 2),
        ]
        for variant in variants(text, names, rng, rules):
            label = SUPPORTED if variant.supported else UNSUPPORTED
            yield Pair("changed", variant.claim, closest(variant.claim, text, 70), label, held)
    yield from _joined(paragraphs[TEXTS : TEXTS + JOINED], rng)


def _joined(texts: Sequence[str], rng: random.Random) -> Iterator[Pair]:
    """Claims of two sentences: supported by both, not by one of them with another sentence in the other's place."""
    for text in texts:
        own = [text[start:end] for start, end in sentences(text)]
        own = [sentence for sentence in own if 6 <= len(sentence.split()) <= 30]
        if len(own) < 4:
            continue
        first, second, *others = rng.sample(own, 4)
        claim = (
            f"{first.rstrip('.')}, and {second[0].lower()}{second[1:]}" if rng.random() < 0.5 else f"{first} {second}"
        )
        is_whole = rng.random() < 0.5
        evidence = [first, second, others[0]] if is_whole else [rng.choice((first, second)), *others]
        rng.shuffle(evidence)
        label = SUPPORTED if is_whole else UNSUPPORTED
        yield Pair("joined", claim, " ".join(evidence), label, is_held_out(text, HELD_OUT))
