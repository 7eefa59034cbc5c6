"""Claims with a short text that supports them or does not: what the support model learns from.

No claim here is written by a person who was asked to. Three ways:

- a question and its answer make a statement ("When was it built?", "1900": "it was built in 1900"); with another answer
  of the same text, or of a question that SQuAD 2.0 means to be unanswerable, one that is not supported;
- sentences of a text reworded or changed by rule (``training.perturb``);
- titles of abstracts that state something, with their abstract, or reversed, or with another abstract.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.normalise import normalise
from documents.sentences import sentences
from training.data import CLEAN, QAMR, RAW, WEAK
from training.perturb import names_in, variants

CONFIDENT = 0.9  # of weak answers that are taken
SURE = 5  # in SQuAD 2.0, questions after the fifth of a paragraph are mostly unanswerable; see training.data
_WH = re.compile(
    r"\b(what|which|who|whom|whose|when|where|why|how many|how much|how long|how old|how)\b", re.IGNORECASE
)
_PARTICIPLE = re.compile(r"\b\w+(?:ed|en|wn|lt|rn|de|und|ught|ung|ut|ld|ht|nt)\b(?!.*\b\w+(?:ed|en|wn|lt|rn)\b)")
_STATES = re.compile(
    r"\b(is|are|was|were|has|have|can|does|do|not|inhibit|promote|reduce|increase|induce|regulate|control|mediate|cause"
    r"|enhance|suppress|predict|drive|require|improve|prevent|protect|contribute|activate|affect|lead|target|modulate"
    r"|confer|trigger|determine|maintain|decrease|impair|stimulate|link|associate|block|limit|facilitate|restore|interact"
    r"|bind|encode|express|accelerate|delay|attenuate|stabilize|disrupt|direct|define|identif|alter|show|play)(e?s|ed)?\b"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, and a text of one to three sentences that supports it or does not."""

    claim: str
    text: str
    supported: bool


def statement(question: str, answer: str) -> str:
    """The statement that the question and its answer make; not always good English."""
    asked, said = question.strip().rstrip("?. "), answer.strip().rstrip(".,;")
    match = _WH.search(asked)
    if not match:
        return f"{asked}: {said}"
    word, before, after = match[1].lower(), asked[: match.start()].strip(), asked[match.end() :].strip()
    aux = _AUXILIARY.match(after)
    place = {"when": "in ", "where": "in ", "why": "because of ", "how": "by "}.get(word, "")
    if before and before.split()[-1].lower() in ("in", "on", "at", "by", "for", "from", "with", "of", "to", "during"):
        place = before.split()[-1].lower() + " "
    if re.match(r"(in|on|at|by|because|from|to|during|near|after|before|since|for|with)\b", said.lower()):
        place = ""
    noun = aux["noun"].strip() if aux else ""
    if word.startswith("how m") and noun and noun.lower() not in said.lower():
        said = f"{said} {noun}"
    if aux and aux["aux"] in ("did", "does", "do"):
        text = f"{aux['rest']} {place}{said}"
    elif aux and (place or before):
        moved = _PARTICIPLE.search(aux["rest"])
        rest = aux["rest"]
        inner = (
            f"{rest[: moved.start()]}{aux['aux']} {rest[moved.start() :]}"
            if moved and moved.start()
            else f"{rest} {aux['aux']}"
        )
        text = f"{inner} {place}{said}"
    elif aux and not noun and re.match(r"(the|a|an|his|her|its|their|one)\b|.*[’']s\b", aux["rest"].lower()):
        text = f"{aux['rest']} {aux['aux']} {said}"
    elif aux:
        text = f"{said} {aux['aux']} {aux['rest']}"
    else:
        following = re.sub(r"^(?:[a-z]+ )(?=[a-z]+(?:ed|s) )", "", after) if word in ("which", "what") else after
        text = f"{before} {said} {following}".strip()
    return text[:1].upper() + text[1:] + "."


def asked_pairs(folder: Path, rng: random.Random, share: float) -> Iterator[Pair]:
    """Pairs from a share of the texts of the questions in ``folder``."""
    weak = _load(folder / WEAK)
    for data, most in ((weak, 4), (_load(folder / QAMR), 2), (_load(folder / CLEAN), 3)):
        for article in data["data"]:
            for paragraph in article["paragraphs"]:
                if rng.random() < share:
                    yield from _paragraph_pairs(paragraph, rng, most)
    for document in _load(folder / RAW):
        for paragraph in document["paragraphs"]:
            if rng.random() < share and len(paragraph["questions"]) > SURE:
                yield from _unanswerable(paragraph, rng)


def _paragraph_pairs(paragraph: dict[str, Any], rng: random.Random, most: int) -> Iterator[Pair]:
    text = paragraph["context"]
    spans = sentences(text)
    known = [
        (qa["question"], qa["answers"][0]["text"], qa["answers"][0]["answer_start"])
        for qa in paragraph["qas"]
        if qa["answers"] and qa.get("weak_confidence", 1.0) >= CONFIDENT and len(qa["answers"][0]["text"]) < 80
    ]
    for question, answer, start in rng.sample(known, min(most, len(known))):
        around = _around(spans, start, rng)
        window = text[around[0] : around[1]]
        if answer not in window:
            continue
        claim = statement(question, answer)
        yield Pair(claim, window, True)
        others = [told for _, told, _ in known if told != answer and told not in answer and answer not in told]
        draw = rng.random()
        if others and draw < 0.6:
            yield Pair(statement(question, rng.choice(others)), window, False)
        elif len(spans) > 2:  # the same claim beside sentences that do not hold the answer
            elsewhere = [span for span in spans if span[1] <= around[0] or span[0] >= around[1]]
            told = [text[a:b] for a, b in elsewhere if answer not in text[a:b]]
            if told:
                yield Pair(claim, max(told, key=lambda other: len(_words(other) & _words(claim))), False)


def _unanswerable(paragraph: dict[str, Any], rng: random.Random) -> Iterator[Pair]:
    text, candidates = paragraph["context"], paragraph["candidate_spans"]
    spans = sentences(text)
    for question in paragraph["questions"][SURE:][:2]:
        told = _words(question)
        near = sorted(
            candidates, key=lambda span: -len(told & _words(text[slice(*_around(spans, span[0], None))]))
        )  # fmt: skip
        if near:
            start, end = near[0]
            yield Pair(statement(question, text[start:end]), text[slice(*_around(spans, start, rng))], False)


def _around(spans: Sequence[tuple[int, int]], start: int, rng: random.Random | None) -> tuple[int, int]:
    """The sentence that holds ``start``; half of the time with neighbours."""
    number = next((n for n, (_, end) in enumerate(spans) if start < end), len(spans) - 1)
    before, after = (0, 0) if rng is None or rng.random() < 0.5 else rng.choice([(1, 0), (0, 1), (1, 1)])
    return spans[max(0, number - before)][0], spans[min(len(spans) - 1, number + after)][1]


def changed_pairs(texts: Sequence[str], rng: random.Random, rules: Sequence[str] = ()) -> Iterator[Pair]:
    """Sentences of the texts, reworded or changed, with the sentence and its neighbours."""
    names = sorted({name for text in texts for name in names_in(text)})
    for text in texts:
        for variant in variants(text, rng.sample(names, min(40, len(names))), rng, rules):
            claimed = _words(variant.claim)
            spans = sentences(text)
            held = max(range(len(spans)), key=lambda n: len(claimed & _words(text[slice(*spans[n])])))
            yield Pair(variant.claim, text[slice(*_around(spans, spans[held][0], rng))], variant.supported)


def titled_pairs(corpus: Sequence[tuple[str, str]], rng: random.Random) -> Iterator[Pair]:
    """Titles that state something, with the closest sentences of their abstract, or reversed, or with another's."""
    stating = [(title.rstrip(".") + ".", text) for title, text in corpus if _STATES.search(title) and "?" not in title]
    by_word: dict[str, list[int]] = {}
    for number, (_, text) in enumerate(stating):
        for word in _words(text):
            by_word.setdefault(word, []).append(number)
    for number, (title, text) in enumerate(stating):
        window = _closest(title, text)
        yield Pair(title, window, True)
        for variant in variants(title, [], rng, ("negation", "comparison")):
            yield Pair(variant.claim, window, False)
        flipped = _flipped(title)
        if flipped:
            yield Pair(flipped, window, False)
        near: dict[int, int] = {}
        for word in _words(title):
            if len(by_word.get(word, ())) < 200:
                for other in by_word.get(word, ()):
                    near[other] = near.get(other, 0) + 1
        near.pop(number, None)
        if near:
            best = max(near, key=lambda other: (near[other], -other))
            yield Pair(title, _closest(title, stating[best][1]), False)


_FLIPS = (
    ("increases", "decreases"), ("promotes", "inhibits"), ("activates", "suppresses"), ("enhances", "impairs"),
    ("improves", "worsens"), ("increased", "decreased"), ("induces", "prevents"), ("reduces", "raises"),
    ("positive", "negative"), ("high", "low"), ("higher", "lower"), ("activation", "inhibition"), ("gain", "loss"),
    ("upregulates", "downregulates"), ("risk", "protection"), ("causes", "prevents"), ("early", "late"),
    ("required", "dispensable"), ("stimulates", "blocks"), ("accelerates", "delays"), ("is", "is not"),
    ("are", "are not"), ("can", "cannot"), ("does not", "does"), ("protects", "harms"),
    ("regulates", "does not affect"),
    ("controls", "has no influence on"), ("mediates", "does not mediate"), ("contributes", "does not contribute"),
)  # fmt: skip


def _flipped(title: str) -> str | None:
    for one, other in _FLIPS:
        for old, new in ((one, other), (other, one)):
            if re.search(rf"\b{old}\b", title):
                return re.sub(rf"\b{old}\b", new, title, count=1)
    return None


def _closest(claim: str, text: str) -> str:
    """The three neighbouring sentences that share the most words with the claim."""
    spans, told = sentences(text), _words(claim)
    starts = range(max(1, len(spans) - 2))
    best = max(starts, key=lambda n: (len(told & _words(text[spans[n][0] : spans[min(n + 2, len(spans) - 1)][1]])), -n))
    return text[spans[best][0] : spans[min(best + 2, len(spans) - 1)][1]]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3 or word.isdigit()}


def _load(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def texts_of(folder: Path, count: int, rng: random.Random) -> list[str]:
    """So many of the back-translated paragraphs."""
    data = _load(folder / WEAK)["data"]
    every = [normalise(paragraph["context"]) for article in data for paragraph in article["paragraphs"]]
    return rng.sample(every, min(count, len(every)))
