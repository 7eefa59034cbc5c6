"""Training examples for the span reader: a question, a text, and the spans that may answer it.

Sources (see the model card): questions with exact answers (Reddit, Amazon; QAMR's single sentences), and
back-translated SQuAD 2.0 paragraphs, whose answers are known only as a set of candidate spans for each paragraph. The
reader decides while it learns which candidate answers which question, starting from ``Example.priors``.

The order of the questions shows which are unanswerable: in SQuAD 2.0 a paragraph's answerable questions come before its
unanswerable ones, and there are rarely more than five answerable ones. So in a paragraph with six to ten questions
those after the fifth are unanswerable; in one with exactly ten, or at most five, the others are answerable.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

CLEAN = "train.clean.squadshifts_reddit_amazon.json.gz"
QAMR = "train.qamr_sentence_level.json.gz"
WEAK = "train.weak.squad2_backtranslated.conf50.json.gz"
RAW = "weak.raw_candidates.json.gz"

ANSWERABLE = 5  # a SQuAD 2.0 paragraph rarely has more
SURELY_ANSWERABLE = 3  # first questions that are answerable in a paragraph of six to nine
HELD_OUT_DOCUMENTS = range(400, 442)  # of the back-translated set: for the learning curve only
HELD_OUT_CLEAN = 300  # questions with exact answers: for the learning curve only
WORDS = (40, 140)  # shortest and longest window
MOST_WORDS = 160  # longest window where it is uncertain which span is the answer
NEAR = 12  # words on either side in which words of the question are counted
QAMR_SHARE = 0.4  # of QAMR's questions
EDGE = 0.05  # prior of a span a word longer or shorter, relative to the span's own
FOREIGN = 0.14  # answerable questions that are also asked of another text, as a share
_WORD = re.compile(r"\w+")
_TRIM = " .,;:!?\"'“”‘’()[]"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Example:
    """One question on one text.

    - ``spans``: the spans (start, end) that may be the answer; empty if the text has no answer;
    - ``priors``: a weight for each span;
    - ``sure``: whether every span is a right answer.
    """

    question: str
    text: str
    spans: tuple[Span, ...] = ()
    priors: tuple[float, ...] = ()
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Data:
    """Examples with exact answers (``clean``), and with candidate spans or none (``weak``); ``held_…`` are held out."""

    clean: list[Example]
    weak: list[Example]
    held_clean: list[Example]
    held_weak: list[Example]
    held_everyday: list[Example] = field(default_factory=list)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the training data, by name."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (CLEAN, QAMR, WEAK, RAW)}


def read(folder: Path, rng: random.Random, held_out: int = HELD_OUT_CLEAN) -> Data:
    """The examples in ``folder``, each list shuffled; ``held_out`` questions with exact answers are held out."""
    clean = list(_squad(folder / CLEAN))
    rng.shuffle(clean)
    held, own = clean[:held_out], clean[held_out:]
    texts = {example.text for example in held}
    own = [example for example in own if example.text not in texts]
    qamr = list(_squad(folder / QAMR))
    own += _foreign(own, rng) + rng.sample(qamr, int(QAMR_SHARE * len(qamr)))
    weak, held_weak = _back_translated(folder, rng)
    for part in (own, weak, held_weak):
        rng.shuffle(part)
    return Data([windowed(example, rng) for example in own], [windowed(e, rng) for e in weak], held, held_weak)


def load(path: Path) -> Any:
    """The JSON of a compressed file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def _squad(path: Path) -> Iterator[Example]:
    for article in load(path)["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                answers = [(a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"]]
                spans = tuple(dict.fromkeys(answers))
                priors = tuple(answers.count(span) / len(answers) for span in spans)
                yield Example(qa["question"], paragraph["context"], spans, priors)


def _back_translated(folder: Path, rng: random.Random) -> tuple[list[Example], list[Example]]:
    """The weak examples, and the held-out ones: those without an answer, or with one very likely span."""
    guesses = {
        qa["id"]: (qa["answers"][0]["answer_start"], len(qa["answers"][0]["text"]), qa["weak_confidence"])
        for article in load(folder / WEAK)["data"]
        for paragraph in article["paragraphs"]
        for qa in paragraph["qas"]
    }
    weak: list[Example] = []
    held: list[Example] = []
    for doc in load(folder / RAW):
        examples: list[Example] = []
        for number, paragraph in enumerate(doc["paragraphs"]):
            examples += _paragraph(f"bt-{doc['doc']}-{number}", paragraph, guesses)
        if doc["doc"] in HELD_OUT_DOCUMENTS:
            held += [example for example in examples if not example.spans or max(example.priors) > 0.9]
        else:
            weak += examples + _foreign(examples, rng)
    return weak, held


def _paragraph(name: str, paragraph: dict[str, Any], guesses: dict[str, tuple[int, int, float]]) -> Iterator[Example]:
    text, questions = paragraph["context"], paragraph["questions"]
    candidates = list(dict.fromkeys(_trimmed(text, *span) for span in paragraph["candidate_spans"]))
    certain = len(questions) if len(questions) <= ANSWERABLE else ANSWERABLE
    if ANSWERABLE < len(questions) < 2 * ANSWERABLE:
        certain = SURELY_ANSWERABLE
    for position, question in enumerate(questions):
        if position >= ANSWERABLE and len(questions) > ANSWERABLE:
            if len(questions) <= 2 * ANSWERABLE:
                yield Example(question, text)
        elif position < certain and candidates:
            yield _answerable(question, text, candidates, guesses.get(f"{name}-{position}"))


def _answerable(question: str, text: str, candidates: Sequence[Span], guess: tuple[int, int, float] | None) -> Example:
    """An example in which the prior of the guess is its confidence, and the other candidates share the rest."""
    chosen = _trimmed(text, guess[0], guess[0] + guess[1]) if guess else None
    spans = tuple(dict.fromkeys([*([chosen] if chosen else []), *candidates]))
    confidence = min(guess[2], 0.98) if guess else 0.0
    rest = (1 - confidence) / max(1, len(spans) - bool(guess))
    priors = {span: confidence if span == chosen else rest for span in spans}
    for span in spans:
        for other in _edges(text, span):
            priors.setdefault(other, EDGE * priors[span])
    return Example(question, text, tuple(priors), tuple(priors.values()), sure=False)


def _edges(text: str, span: Span) -> Iterator[Span]:
    """The span extended or shortened by a word at either end, because candidates are sometimes off by one."""
    start, end = span
    before = re.search(r"\S+\s+$", text[max(0, start - 40) : start])
    after = re.match(r"\s+\S+", text[end : end + 40])
    inner = re.match(r"\S+\s+", text[start:end])
    last = re.search(r"\s+\S+$", text[start:end])
    if before:
        yield _trimmed(text, start - len(before.group()), end)
    if after:
        yield _trimmed(text, start, end + len(after.group()))
    if inner:
        yield _trimmed(text, start + inner.end(), end)
    if last:
        yield _trimmed(text, start, start + last.start())


def _trimmed(text: str, start: int, end: int) -> Span:
    """The span without punctuation at its ends, which translation often moves."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip(_TRIM))
    right = len(piece.rstrip(_TRIM))
    return (start + left, start + right) if left < right else (start, end)


def _foreign(examples: Sequence[Example], rng: random.Random, among: int = 30) -> list[Example]:
    """Unanswerable examples: answerable questions asked of another text.

    That text is the most similar of ``among`` random ones which do not contain the answer.
    """
    texts = list(dict.fromkeys(example.text for example in examples))
    words = {text: set(_WORD.findall(text.casefold())) for text in texts}
    answerable = [example for example in examples if example.spans]
    found = []
    for example in rng.sample(answerable, int(FOREIGN * len(answerable))):
        asked = set(_WORD.findall(example.question.casefold()))
        answers = {example.text[start:end] for start, end in example.spans}
        others = [
            text
            for text in rng.sample(texts, min(among, len(texts)))
            if text != example.text and not any(answer in text for answer in answers)
        ]
        if others:
            found.append(Example(example.question, max(others, key=lambda text: len(asked & words[text]))))
    return found


def _closest_word(example: Example, words: Sequence[Span]) -> int:
    """The position of the word with the most words of the question around it."""
    asked = {word for word in _WORD.findall(example.question.casefold()) if len(word) > 3}
    shared = [bool(asked & set(_WORD.findall(example.text[start:end].casefold()))) for start, end in words]
    return max(range(len(words)), key=lambda i: sum(shared[max(0, i - NEAR) : i + NEAR + 1]))


def windowed(example: Example, rng: random.Random) -> Example:
    """The example cut to a window of random length around the likeliest span; spans outside the window are dropped.

    Without an answer, the window is around the part most similar to the question, where a refusal is hardest to learn.
    """
    words = [match.span() for match in re.finditer(r"\S+", example.text)]
    unsure = bool(example.spans) and max(example.priors) < 0.7
    length = MOST_WORDS if unsure else rng.randint(*WORDS)
    if len(words) <= length:
        return example
    if example.spans:
        likely = example.spans[max(range(len(example.spans)), key=lambda i: example.priors[i])]
        first = next(i for i, (_, end) in enumerate(words) if end > likely[0])
        last = next((i for i, (_, end) in enumerate(words) if end >= likely[1]), len(words) - 1)
    else:
        first = last = _closest_word(example, words)
    low, high = max(0, last - length + 1), min(first, len(words) - length)
    begin = rng.randint(min(low, high), max(low, high))
    start, end = words[begin][0], words[min(begin + length, len(words)) - 1][1]
    kept = [(s, p) for s, p in zip(example.spans, example.priors, strict=True) if start <= s[0] and s[1] <= end]
    return replace(
        example,
        text=example.text[start:end],
        spans=tuple((s - start, e - start) for (s, e), _ in kept),
        priors=tuple(prior for _, prior in kept),
    )
