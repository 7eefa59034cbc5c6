"""Labelled pairs of a claim and its evidence: what people wrote or judged (``made`` adds what rules make of texts).

A pair is held out by the document that its evidence is from, so that no evidence is both learned from and judged by.
Where it is only known that the evidence does not support the claim, the label is ``UNSUPPORTED``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from documents.sentences import sentences

SUPPORTED, CONTRADICTED, NOT_MENTIONED, UNSUPPORTED = range(4)
LABELS = {
    "supported": SUPPORTED, "contradicted": CONTRADICTED, "not_mentioned": NOT_MENTIONED,
    "not_supported": UNSUPPORTED, "partially_supported": UNSUPPORTED,
}  # fmt: skip
MOST_WORDS = 80  # of evidence
# Most evidence of Factcheck-Bench is about something else: more of it would only teach subjects.
MOST_IRRELEVANT = 700
HELD_OUT = {"fever": 0.06, "fm2": 0.3, "begin": 0.08, "summedits": 0.1, "factcheck_bench": 0.1, "mnli": 0.04}
_WORD = re.compile(r"\w+")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the text that may support it, and whether it does (one of the labels above)."""

    source: str
    claim: str
    evidence: str
    label: int
    held_out: bool = False


def rows(path: Path) -> list[Row]:
    """The objects of a file of JSON Lines, compressed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def is_held_out(key: str, share: float) -> bool:
    """Whether what is named ``key`` belongs to the held-out ``share``, whatever else there is."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) < share * 2**32


def content(text: str) -> set[str]:
    """The words that tell what a text is about: those with more than three characters, and numbers."""
    return {word for word in _WORD.findall(text.casefold()) if len(word) > 3 or word.isdigit()}


def closest(claim: str, text: str, words: int = MOST_WORDS, among: Sequence[str] = ()) -> str:
    """The sentences of ``text`` that share most words with ``claim``, in their order, up to ``words`` words."""
    own = list(among) or [text[start:end] for start, end in sentences(text)]
    asked = content(claim)
    order = sorted(range(len(own)), key=lambda number: -len(asked & content(own[number])))
    chosen: list[int] = []
    for number in order:
        if not chosen or sum(len(own[other].split()) for other in [*chosen, number]) <= words:
            chosen.append(number)
    return " ".join(" ".join(own[number].split()[:words]) for number in sorted(chosen))


def labelled(data: Path, rng: random.Random) -> Iterator[Pair]:
    """Every pair of the labelled sets in ``data/support`` and of SciFact's training claims."""
    yield from chain(_fever(data), _mnli(data), _cad(data), _fm2(data, rng), _begin(data))
    yield from chain(_summedits(data, rng), _factcheck(data, rng), _wice(data), _scifact(data))


def _fever(data: Path) -> Iterator[Pair]:
    """Claims with their gold evidence, and every third one with a similar claim's evidence, which is silent on it."""
    found = rows(data / "support" / "fever.jsonl.gz")
    by_word: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(found):
        for word in content(row["claim"]):
            by_word[word].append(number)
    for number, row in enumerate(found):
        held = is_held_out(row["evidence"], HELD_OUT["fever"])
        yield Pair("fever", row["claim"], row["evidence"], LABELS[row["label"]], held)
        if number % 3:
            continue
        words = content(row["claim"])
        near = {other for word in words if len(by_word[word]) < 60 for other in by_word[word]}
        # The same evidence, or one that has all the claim's words, may well decide it.
        silent = [
            other
            for other in sorted(near)
            if found[other]["evidence"] != row["evidence"]
            and len(words & content(found[other]["evidence"])) <= 0.6 * len(words)
        ]
        if silent:
            evidence = found[max(silent, key=lambda other: len(words & content(found[other]["evidence"])))]["evidence"]
            held = held or is_held_out(evidence, HELD_OUT["fever"])
            yield Pair("fever_silent", row["claim"], evidence, NOT_MENTIONED, held)


def _mnli(data: Path) -> Iterator[Pair]:
    for row in rows(data / "support" / "mnli.jsonl.gz"):
        held = is_held_out(row["evidence"], HELD_OUT["mnli"])
        yield Pair("mnli", row["claim"], row["evidence"], LABELS[row["label"]], held)


def _cad(data: Path) -> Iterator[Pair]:
    """The training part, and the development part, which begins where originals follow revisions, held out."""
    before, parts = "", 0
    for row in rows(data / "support" / "cad_nli.jsonl.gz"):
        parts += row["kind"] == "original" != before
        before = row["kind"]
        yield Pair("cad_nli", row["claim"], row["evidence"], LABELS[row["label"]], parts > 1)


def _fm2(data: Path, rng: random.Random) -> Iterator[Pair]:
    """Claims with their evidence, half of it under its page's title; some with another sentence of the page."""
    for row in rows(data / "support" / "fm2.jsonl.gz"):
        held = is_held_out(row["title"], HELD_OUT["fm2"])
        title = f"{row['title']}. " if held or rng.random() < 0.5 else ""
        yield Pair("fm2", row["claim"], title + row["evidence"], LABELS[row["label"]], held)
        words = content(row["claim"])
        others = [text for _, text in row["other_retrieved"] if len(words & content(text)) <= 0.5 * len(words)]
        if others:
            yield Pair("fm2_silent", row["claim"], title + others[0], NOT_MENTIONED, held)


def _begin(data: Path) -> Iterator[Pair]:
    for row in rows(data / "support" / "begin.jsonl.gz"):
        if row["label"] in LABELS:
            evidence = closest(row["claim"], row["evidence"])
            yield Pair("begin", row["claim"], evidence, LABELS[row["label"]], _held("begin", row["evidence"]))


def _summedits(data: Path, rng: random.Random) -> Iterator[Pair]:
    """Of an edited summary the sentences that were edited; of the original the sentences that edits changed."""
    for row in rows(data / "support" / "summedits.jsonl.gz"):
        known = {row["original"][start:end] for start, end in sentences(row["original"])}
        own = [row["claim"][start:end] for start, end in sentences(row["claim"])]
        edited = [sentence for sentence in own if sentence not in known] or [rng.choice(own)]
        held = _held("summedits", row["group"])
        if row["label"] == "supported":
            for sentence in edited[:2]:
                yield Pair("summedits", sentence, closest(sentence, row["evidence"]), SUPPORTED, held)
        else:
            claim = " ".join(edited)
            yield Pair("summedits", claim, closest(claim, row["evidence"]), UNSUPPORTED, held)


def _factcheck(data: Path, rng: random.Random) -> Iterator[Pair]:
    found = rows(data / "support" / "factcheck_bench.jsonl.gz")
    rng.shuffle(found)
    irrelevant = 0
    for row in found:
        irrelevant += row["label"] == "not_mentioned"
        if row["label"] != "not_mentioned" or irrelevant <= MOST_IRRELEVANT:
            evidence = closest(row["claim"], row["evidence"])
            held = _held("factcheck_bench", row["claim"])
            yield Pair("factcheck_bench", row["claim"], evidence, LABELS[row["label"]], held)


def _wice(data: Path) -> Iterator[Pair]:
    """Partly supported sub-claims of the training part: the development part belongs to WiCE dev."""
    for row in rows(data / "support" / "wice_tokens.jsonl.gz"):
        if row["id"].startswith("train"):
            yield Pair("wice", row["claim"], f"{row['claim_title']}. {row['evidence']}", UNSUPPORTED)


def _scifact(data: Path) -> Iterator[Pair]:
    """Training claims with their rationale; with the rest of a citing abstract; with an abstract that is silent."""
    folder = data / "scifact"
    corpus = {row["_id"]: row for row in map(json.loads, (folder / "corpus.jsonl").read_text("utf-8").splitlines())}
    cited: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "qrels.train.tsv").read_text("utf-8").splitlines()[1:]:
        claim, document, *_ = line.split("\t")
        cited[claim].append(document)
    for row in map(json.loads, (folder / "claims_evidence.train.jsonl").read_text("utf-8").splitlines()):
        decided = {str(part["doc_id"]) for part in row["evidence"]}
        for part in row["evidence"]:
            label = {"SUPPORT": SUPPORTED, "CONTRADICT": CONTRADICTED}[part["label"]]
            text = corpus[str(part["doc_id"])]["text"]
            own = [text[start:end] for start, end in sentences(text)]
            rationale = " ".join(own[number] for number in part["sentences"] if number < len(own))
            near = closest(row["claim"], text)
            yield from (Pair("scifact", row["claim"], text, label) for text in (rationale, near) if text)
        for document in set(cited[row["_id"]]) - decided:
            yield Pair("scifact", row["claim"], closest(row["claim"], corpus[document]["text"]), NOT_MENTIONED)


def _held(source: str, key: str) -> bool:
    return is_held_out(key, HELD_OUT[source])


def with_distractors(pairs: Sequence[Pair], share: float, rng: random.Random) -> list[Pair]:
    """The pairs, ``share`` of them with a sentence of another pair of the same source before or after the evidence.

    Evidence in use is a window of sentences, of which some say nothing about the claim.
    """
    pools: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if len(pair.evidence.split()) <= 40:
            pools[pair.source].append(pair.evidence)
    return [
        _beside(pair, rng.choice(pools[pair.source]), rng.choice)
        if not pair.held_out and pools[pair.source] and rng.random() < share
        else pair
        for pair in pairs
    ]


def _beside(pair: Pair, other: str, choice: Callable[[Sequence[int]], int]) -> Pair:
    # The other text must not decide the claim: it has few of its words.
    words = content(pair.claim)
    if len(words & content(other)) > 0.3 * len(words) or len(pair.evidence.split()) > 70:
        return pair
    parts = (pair.evidence, other) if choice((0, 1)) else (other, pair.evidence)
    return replace(pair, evidence=" ".join(parts))
