"""Pairs of the shared claims and everyday documents (``DATA/claims``, ``DATA/everyday``) and of our own articles.

A yes/no question stands as it is asked in the place of a claim: a text that says yes supports it. Four files of claims,
everyday/dev and a file of each writer of articles are held out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from documents.linearise import linearise
from documents.sentences import Range
from qa.check.entailment import answered, below_headings
from qa.understand.phrases import AUXILIARIES
from training.judge.examples import CLAIM_LABELS, HELD_CLAIMS
from training.judge.words import Words
from training.shared_everyday import ARTICLES, HELD_ARTICLES, LATER_ARTICLES, Item, told_before
from training.shared_everyday import read as read_everyday
from training.verifier.examples import CONTRADICTED, NOT_MENTIONED, SUPPORTED, UNSUPPORTED, Pair, rows

ANSWERS = " answer"  # what the source of questions with their answers ends in
ASKED = " asked"  # and that of yes/no questions
LATER = "later articles"  # what their source begins with
BESIDE = 0.4  # of the texts of documents have a sentence more on a side
TITLED = 0.7  # of them stand below the title
SILENT = 0.3  # of claims and yes/no questions are also asked of another sentence of the document, which is silent


def shared(data: Path, rng: random.Random, articles: Path = ARTICLES) -> Iterator[Pair]:
    """All pairs, in a fixed order; ``articles`` is the folder of our own."""
    for path in sorted((data / "claims").glob("*.jsonl")):
        yield from _claims(path)
    for part in ("train", "dev"):
        for path in sorted((data / "everyday" / part).glob("*.txt")):
            yield from _of_documents("everyday", path, rng, held=part == "dev")
    for path in sorted(articles.glob("*.txt")):
        source = LATER if path.stem.startswith(LATER_ARTICLES) else "articles"
        yield from _of_documents(source, path, rng, held=path.stem in HELD_ARTICLES)


def behind_chatter(pairs: Sequence[Pair], share: float, rng: random.Random) -> list[Pair]:
    """The pairs; a ``share`` of the questions that are learned from stand behind what was told before another one."""
    told = [before for pair in pairs if not pair.held_out and (before := told_before(pair.claim))]

    def is_bare(pair: Pair) -> bool:
        return not pair.held_out and pair.source.endswith((ANSWERS, ASKED)) and not told_before(pair.claim)

    return [
        replace(pair, claim=f"{rng.choice(told)} {pair.claim}") if is_bare(pair) and rng.random() < share else pair
        for pair in pairs
    ]


def _claims(path: Path) -> Iterator[Pair]:
    held = path.stem in HELD_CLAIMS
    for row in rows(path):
        for claim, label, *_ in row["claims"]:
            yield Pair("shared claims", claim, row["text"], CLAIM_LABELS[label], held)
        for question, told, *_ in row["questions"]:
            yield Pair(f"shared{ASKED}", question, row["text"], CLAIM_LABELS[told], held)


def _of_documents(source: str, path: Path, rng: random.Random, *, held: bool) -> Iterator[Pair]:
    for document, items in read_everyday(path):
        words = Words(document)
        for item in items:
            yield from _of_item(source, words, item, rng, held=held)


def _of_item(source: str, words: Words, item: Item, rng: random.Random, *, held: bool) -> Iterator[Pair]:
    evidence = words.sentences_of(item.fields.get("E", ()))
    if item.kind in "TFYX" and evidence:
        text = _around(words, evidence, rng, held=held)
        silent = [own for own in words.sentences if own not in evidence]
        other = _around(words, [rng.choice(silent)], rng, held=held) if silent and rng.random() < SILENT else ""
        if item.kind in "TF":
            label = SUPPORTED if item.kind == "T" else UNSUPPORTED
            yield Pair(f"{source} said", item.text, text, label, held)
            if other and not held:  # of claims the minimal twins are held out alone
                yield Pair(f"{source} said", item.text, other, UNSUPPORTED)
        else:
            label = SUPPORTED if item.kind == "Y" else CONTRADICTED
            yield Pair(f"{source}{ASKED}", item.text, text, label, held)
            if other:
                yield Pair(f"{source}{ASKED}", item.text, other, NOT_MENTIONED, held)
    elif item.kind == "N" and _is_polar(item.text):
        for place in words.sentences_of(item.fields.get("W", ())):
            text = _around(words, [place], rng, held=held)
            yield Pair(f"{source}{ASKED}", item.text, text, NOT_MENTIONED, held)
    elif item.kind in "QN":
        for letter, label in (("A", SUPPORTED), ("W", UNSUPPORTED)):
            for said in item.fields.get(letter, ())[:1]:
                if own := words.sentences_of([said]):
                    text = _around(words, own, rng, held=held)
                    yield Pair(f"{source}{ANSWERS}", answered(item.text, said), text, label, held)


def _is_polar(question: str) -> bool:
    return question.partition(" ")[0].casefold() in AUXILIARIES


def _around(words: Words, places: list[Range], rng: random.Random, *, held: bool) -> str:
    """The sentences under their title and section, with one more at times."""
    every, document = list(words.sentences), words.document
    first, last = every.index(places[0]), every.index(places[-1])
    if not held and last - first < 2:
        first, last = max(0, first - (rng.random() < BESIDE)), min(len(every) - 1, last + (rng.random() < BESIDE))
    chosen = places if last - first > 3 else every[first : last + 1]
    title = document.title if held or rng.random() < TITLED else ""
    rest = (linearise(document.text, document.tables, *own).text.strip() for own in chosen[1:])
    return " ".join([below_headings(document, title, *chosen[0]).strip(), *rest])
