"""The cases that the verifier is fitted and measured on: a claim, its evidence, and the label."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.sentences import sentences
from qa.check.windows import Block
from qa.evaluation import load_dataset
from qa.evaluation.datasets.beir import read_corpus
from training.perturb import names_in, variants
from training.verifier.examples import SUPPORTED, labelled
from training.verifier.made import made as pairs_made

MOST = 250  # held-out pairs of a source


@dataclass(frozen=True, slots=True)
class Case:
    """A claim with evidence; cases that share one of the ``keys`` are in the same fold of a cross-validation."""

    source: str
    keys: tuple[str, ...]
    claim: str
    blocks: tuple[Block, ...]
    supported: bool
    kind: str


def wice(path: Path) -> Iterator[Case]:
    """The claims of a file of WiCE, each with its evidence."""
    for item in load_dataset(path).items:
        yield Case(
            "wice",
            (f"w {item.group}",),
            item.question,
            (Block(item.evidence),),
            item.label == "supported",
            str(item.label),
        )


def held_out(data: Path, seed: int) -> Iterator[Case]:
    """The pairs that the entailment model does not learn from, at most ``MOST`` of a source."""
    counts: Counter[str] = Counter()
    rng = random.Random(seed)
    for pair in [*labelled(data, rng), *pairs_made(data, rng)]:
        if pair.held_out and counts[pair.source] < MOST:
            counts[pair.source] += 1
            supported = pair.label == SUPPORTED
            yield Case(pair.source, (pair.evidence,), pair.claim, (_block(pair.evidence, ""),), supported, pair.source)


def scifact(folder: Path, split: str) -> Iterator[Case]:
    """Every pair of a claim and an abstract that it cites, from SciFact's folder."""
    documents = read_corpus((folder / "corpus.jsonl").read_bytes(), "corpus.jsonl")
    cited: dict[str, list[str]] = {}
    for line in (folder / f"qrels.{split}.tsv").read_text("utf-8").splitlines()[1:]:
        claim, document, *_ = line.split("\t")
        cited.setdefault(claim, []).append(document)
    for line in (folder / f"claims_evidence.{split}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        labels = {str(part["doc_id"]): part["label"] for part in row["evidence"]}
        for document in dict.fromkeys([*cited.get(row["_id"], []), *labels]):
            label = labels.get(document, "NOT_ENOUGH_INFO")
            keys = (f"s {row['_id']}", f"d {document}")
            block = _block(documents[document].text, documents[document].title)
            yield Case("scifact", keys, row["claim"], (block,), label == "SUPPORT", label)


def made(paragraphs: Sequence[tuple[str, str]], count: int, source: str, seed: int) -> Iterator[Case]:
    """Claims made from ``count`` of the paragraphs (article, text); evidence is the paragraph and the one after it."""
    rng = random.Random(seed)
    numbers = sorted(rng.sample(range(len(paragraphs) - 1), min(count, len(paragraphs) - 1)))
    names = sorted({name for number in numbers for name in names_in(paragraphs[number][1])})
    for number in numbers:
        (article, text), (_, beside) = paragraphs[number], paragraphs[number + 1]
        for variant in variants(text, names, rng):
            blocks = (_block(text, article), _block(beside, article))
            yield Case(source, (f"{source} {article}",), variant.claim, blocks, variant.supported, variant.kind)
            if (
                variant.kind == "quote"
            ):  # the same claim with other texts as evidence, from the same article where possible
                others = [_block(other, title) for title, other in paragraphs[number + 1 : number + 3]]
                yield Case(source, (f"{source} {article}",), variant.claim, tuple(others), False, "of another text")


def _block(text: str, title: str) -> Block:
    return Block(tuple(text[start:end] for start, end in sentences(text)), title)
