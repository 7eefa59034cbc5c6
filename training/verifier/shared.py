"""Pairs of the shared claims and everyday documents (``DATA/claims``, ``DATA/everyday``): what words hide.

Of a yes/no question three forms are learned: what a yes claims and what a no claims, as ``qa.check.yes_no`` asks of
both, and the question as it is asked. Four files of claims and everyday/dev are held out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from documents.linearise import linearise
from documents.sentences import Range
from qa.check.entailment import answered
from qa.understand.question import claims_of
from training.judge.examples import CLAIM_LABELS, HELD_CLAIMS
from training.judge.words import Words
from training.shared_everyday import Item
from training.shared_everyday import read as read_everyday
from training.verifier.examples import CONTRADICTED, NOT_MENTIONED, SUPPORTED, UNSUPPORTED, Pair, rows

DENIED = {SUPPORTED: CONTRADICTED, CONTRADICTED: SUPPORTED, NOT_MENTIONED: NOT_MENTIONED}
ANSWERS = "everyday answer"  # what their source is called
BESIDE = 0.4  # of the texts of everyday documents have a sentence more on a side
SILENT = 0.3  # of claims and yes/no questions are also asked of another sentence of the document, which is silent


def shared(data: Path, rng: random.Random) -> Iterator[Pair]:
    """All pairs, in a fixed order."""
    for path in sorted((data / "claims").glob("*.jsonl")):
        yield from _claims(path)
    for part in ("train", "dev"):
        for path in sorted((data / "everyday" / part).glob("*.txt")):
            for document, items in read_everyday(path):
                words = Words(document)
                for item in items:
                    yield from _of_item(words, item, rng, held=part == "dev")


def _claims(path: Path) -> Iterator[Pair]:
    held = path.stem in HELD_CLAIMS
    for row in rows(path):
        for claim, label, *_ in row["claims"]:
            yield Pair("shared claims", claim, row["text"], CLAIM_LABELS[label], held)
        for question, told, *_ in row["questions"]:
            yield from _asked("shared", question, row["text"], CLAIM_LABELS[told], held=held)


def _asked(source: str, question: str, text: str, label: int, *, held: bool) -> Iterator[Pair]:
    """The question as it is asked, what a yes to it claims, and what a no does."""
    claims = claims_of(question)
    yield Pair(f"{source} asked", question, text, label, held)
    yield Pair(f"{source} yes", claims.yes, text, label, held)
    yield Pair(f"{source} no", claims.no, text, DENIED[label], held)


def _of_item(words: Words, item: Item, rng: random.Random, *, held: bool) -> Iterator[Pair]:
    evidence = words.sentences_of(item.fields.get("E", ()))
    if item.kind in "TFYX" and evidence:
        text = _around(words, evidence, rng, held=held)
        silent = [own for own in words.sentences if own not in evidence]
        other = _around(words, [rng.choice(silent)], rng, held=held) if silent and rng.random() < SILENT else ""
        if item.kind in "TF":
            label = SUPPORTED if item.kind == "T" else UNSUPPORTED
            yield Pair("everyday said", item.text, text, label, held)
            if other and not held:
                yield Pair("everyday said", item.text, other, UNSUPPORTED)
        else:
            label = SUPPORTED if item.kind == "Y" else CONTRADICTED
            yield from _asked("everyday", item.text, text, label, held=held)
            if other and not held:
                yield from _asked("everyday", item.text, other, NOT_MENTIONED, held=False)
    elif item.kind in "QN":
        for letter, label in (("A", SUPPORTED), ("W", UNSUPPORTED)):
            for said in item.fields.get(letter, ())[:1]:
                if own := words.sentences_of([said]):
                    text = _around(words, own, rng, held=held)
                    yield Pair(ANSWERS, answered(item.text, said), text, label, held)


def _around(words: Words, places: list[Range], rng: random.Random, *, held: bool) -> str:
    """The sentences under their title and section, with one more at times."""
    every, document = list(words.sentences), words.document
    first, last = every.index(places[0]), every.index(places[-1])
    if not held and last - first < 2:
        first, last = max(0, first - (rng.random() < BESIDE)), min(len(every) - 1, last + (rng.random() < BESIDE))
    chosen = places if last - first > 3 else every[first : last + 1]
    text = " ".join(linearise(document.text, document.tables, *own).text.strip() for own in chosen)
    titles = dict.fromkeys([document.title, *document.section_path(places[0][0])[-1:]])
    above = "".join(f"{title}. " for title in titles if title and (held or rng.random() < 0.7))
    return above + text
