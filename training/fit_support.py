"""Fit ``qa/support.json``: from signals to the probability that a window of text supports a claim.

    python -m training.fit_support --wice DATA/wice/claim.dev.jsonl --scifact DATA/scifact \
        --texts DATA/train --unseen DATA/squad_dev/squad2_dev_part_a.json

Three sources. WiCE's claims with their articles; SciFact's training claims, each with every abstract that it cites (an
abstract without evidence supports nothing, nor does a contradicting one); sentences of ``--texts``, reworded or changed
by rule (``training.perturb``). Of each case several windows are weighed and the label is the case's: the window that the
head so far thinks best stands for it, and the head is fitted again (multiple-instance learning, as MI-SVM: Andrews et al.
2003). Logistic regression with weights that may not be negative, so that closer evidence never lowers the score.

Printed figures are out of fold: articles (of SciFact, abstracts and the claims that share them) are left out together.
Intervals resample these groups. ``--unseen``: sentences of other texts, reworded or changed, judged by the head that is
written; nothing is fitted or chosen on them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from documents.normalise import normalise
from documents.sentences import sentences
from index.models import DEFAULT_RERANKER
from index.rerank import Reranker, load_reranker
from qa import facts, polarity, quantities, support, support_signals
from qa.evaluation import abstention, load_dataset, score_claims
from qa.evaluation.formats.beir import read_corpus
from qa.evaluation.statistics import Indices, bootstrap_statistic
from qa.support import Block, SupportHead, Weighed, Window, weigh
from training.calibrate import fit
from training.data import WEAK
from training.perturb import names_in, variants

TARGET = Path(__file__).parent.parent / "qa" / "support.json"
SIGNALS = (
    "cover", "cover_near", "cover_all", "pairs", "run", "order", "dense", "rerank", "rerank_together", "numbers",
    "numbers_all", "names", "names_all", "negations",
)  # fmt: skip
FOLDS = 10
ROUNDS = 4
# Of a text that a claim is made from, and of a second one beside it: so many.
TEXTS = 250


@dataclass(frozen=True, slots=True)
class Case:
    """A claim with evidence; ``keys`` are what it shares with others that are left out together."""

    source: str
    keys: tuple[str, ...]
    claim: str
    blocks: tuple[Block, ...]
    supported: bool
    kind: str


def wice(path: Path) -> Iterator[Case]:
    for item in load_dataset(path).items:
        yield Case(
            "wice", (f"w {item.group}",), item.question, (Block(item.evidence),), item.label == "supported", str(item.label)
        )


def scifact(folder: Path, split: str) -> Iterator[Case]:
    """Every pair of a claim and an abstract that it cites."""
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
    """Claims made from ``count`` of the paragraphs (article, text), each beside the article's next one."""
    rng = random.Random(seed)
    names = sorted({name for _, text in paragraphs for name in names_in(text)})
    for number in sorted(rng.sample(range(len(paragraphs) - 1), min(count, len(paragraphs) - 1))):
        (article, text), (_, beside) = paragraphs[number], paragraphs[number + 1]
        for variant in variants(text, names, rng):
            blocks = (_block(text, article), _block(beside, article))
            yield Case(source, (f"{source} {article}",), variant.claim, blocks, variant.supported, variant.kind)


def paragraphs_of(path: Path) -> list[tuple[str, str]]:
    """(article, text) of the paragraphs of a file in SQuAD's layout, gzipped or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [
        (str(article["title"]).replace("_", " "), normalise(paragraph["context"]))
        for article in json.loads(data)["data"]
        for paragraph in article["paragraphs"]
    ]


def _block(text: str, title: str) -> Block:
    return Block(tuple(text[start:end] for start, end in sentences(text)), title)


@dataclass(frozen=True, slots=True)
class Data:
    """Cases with their weighed windows and the number of the group that each belongs to."""

    cases: list[Case]
    weighed: list[list[Weighed]]
    groups: np.ndarray

    @property
    def supported(self) -> np.ndarray:
        return np.array([case.supported for case in self.cases], dtype=float)

    def of(self, source: str) -> np.ndarray:
        """Numbers of the source's cases."""
        return np.array([number for number, case in enumerate(self.cases) if case.source == source], dtype=int)


def weighed_cases(cases: Sequence[Case], reranker: Reranker, cache: Path | None) -> Data:
    """The cases with their windows, from the cache where it holds them for this very code and reranker."""
    known: dict[str, Any] = {}
    stamp = hashlib.sha256(reranker.fingerprint.encode())
    for module in (support, support_signals, facts, polarity, quantities):
        stamp.update(Path(str(module.__file__)).read_bytes())
    file = cache / f"support-{stamp.hexdigest()[:16]}.json" if cache else None
    if file and file.is_file():
        known = json.loads(file.read_text("utf-8"))
    weighed = []
    for case in cases:
        key = hashlib.sha256(json.dumps([case.claim, [asdict(block) for block in case.blocks]]).encode()).hexdigest()[:24]
        if key not in known:
            known[key] = [asdict(window) for window in weigh(reranker, case.claim, case.blocks)]
        weighed.append([_weighed(row) for row in known[key]])
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known), "utf-8")
    usable = [number for number, windows in enumerate(weighed) if windows]
    kept = [cases[number] for number in usable]
    return Data(kept, [weighed[number] for number in usable], groups_of(kept))


def _weighed(row: dict[str, Any]) -> Weighed:
    gone = facts.Missing(*(tuple(row["missing"][name]) for name in ("numbers", "names", "negations")))
    return Weighed(Window(**row["window"]), row["signals"], gone, row["quoted"])


def groups_of(cases: Sequence[Case]) -> np.ndarray:
    """A number for each case: cases that share a key, directly or through others, have the same."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for case in cases:
        for key in case.keys[1:]:
            parent[root(key)] = root(case.keys[0])
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(root(case.keys[0]), len(numbers)) for case in cases])


def fitted(data: Data, chosen: np.ndarray, names: Sequence[str], threshold: float = 0.5) -> SupportHead:
    """A head from the ``chosen`` cases."""
    tables = [np.array([[window.signals[name] for name in names] for window in data.weighed[n]]) for n in chosen]
    labels = data.supported[chosen]
    weights = np.append(np.ones(len(names)), 0.0)
    for _ in range(ROUNDS):
        best = np.array([table[int(np.argmax(table @ weights[:-1]))] for table in tables])
        weights = fit(best, labels, penalty=0.05)
    return SupportHead(dict(zip(names, weights[:-1].tolist(), strict=True)), float(weights[-1]), threshold)


def scores_of(head: SupportHead, data: Data, chosen: np.ndarray) -> np.ndarray:
    """Each case's score: its best window's."""
    return np.array([max(head.score(window) for window in data.weighed[number]) for number in chosen])


def cross_validated(data: Data, names: Sequence[str], seed: int) -> np.ndarray:
    """Each case's score by a head fitted on the other folds."""
    count = int(data.groups.max()) + 1
    fold = np.random.default_rng(seed).permutation(count)[data.groups] % FOLDS
    held = np.empty(len(data.cases))
    for number in range(FOLDS):
        own = np.flatnonzero(fold == number)
        held[own] = scores_of(fitted(data, np.flatnonzero(fold != number), names), data, own)
    return held


def accepted(head: SupportHead, data: Data, chosen: np.ndarray) -> np.ndarray:
    """Whether a window of each case is accepted, as ``Verifier.verify`` decides."""
    return np.array([any(head.accepts(window) for window in data.weighed[number]) for number in chosen])


def compared(data: Data, source: str, held: np.ndarray, other: np.ndarray, seed: int) -> str:
    """AUROC of both scores, and of the difference its interval; recall and balanced accuracy of the first."""
    chosen = data.of(source)
    labels, mine, theirs = data.supported[chosen], held[chosen], other[chosen]

    def difference(drawn: Indices) -> float:
        return abstention.auroc(mine[drawn], labels[drawn]) - abstention.auroc(theirs[drawn], labels[drawn])

    low, high = bootstrap_statistic(difference, data.groups[chosen].tolist(), seed=seed)
    records = [
        {"group": str(group), "signals": {"score": score, "positive": label}}
        for group, score, label in zip(data.groups[chosen], mine, labels, strict=True)
    ]
    figures = {name: figure(np.arange(len(chosen))) for name, figure in score_claims.statistics_of(records).items()}
    base = abstention.auroc(theirs, labels)
    return (
        f"{source:9}{len(chosen):6}{int(labels.sum()):6}{figures['AUROC']:8.3f}{base:8.3f}"
        f"  {figures['AUROC'] - base:+.3f} [{low:+.3f}, {high:+.3f}]"
        f"{figures['recall@90%precision']:8.3f}{figures['balanced_accuracy']:8.3f}"
    )
