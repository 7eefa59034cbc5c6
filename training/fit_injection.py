"""Fit ``qa/check/injection/weights.json``: which runs of words give orders to whoever reads on the user's behalf.

    python -m training.fit_injection --bipia DATA/injection/bipia_injections.jsonl.gz --ordinary DATA/train …
        [--kept-out DATA/xquad …]

Orders are the texts that ``training/injections.txt`` describes and every second category of BIPIA's attacks; ordinary
are the sentences of all texts under ``--ordinary`` and the look-alikes of that file. What a made-up order is to make
somebody say is drawn from ordinary sentences, so that it tells nothing. Logistic regression with an L2 penalty,
in which only runs of words that occur in several written texts may have a weight; weak weights are dropped. The
threshold is such that ``ALLOWED`` sentences of every fifth ordinary text, which is not learned from, would pass for
orders.
"""

from __future__ import annotations

import argparse
import ast
import gettext
import gzip
import hashlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from documents.load import parse
from documents.sentences import sentences
from qa.check.injection.classifier import Classifier, features, load, windows
from qa.check.injection.detection import fold, unquoted

TEMPLATES = Path(__file__).with_name("injections.txt")
TARGET = Path(__file__).parent.parent / "qa" / "check" / "injection" / "weights.json"
EXPANSIONS = 40  # of one template
WEIGHTS = {"orders": 10.0, "ordinary": 30.0}  # of one template; a sentence read somewhere has 1
WITHIN = 2  # texts that a run of words must occur in
FOLDS = 5  # of ordinary texts, one sets the threshold
ALLOWED = 3  # of its sentences above the threshold
STRONGEST = 3.5  # no run of words weighs more
WEAK = 8  # weights of less are dropped; the strongest is 127
DRAWN = 60_000  # ordinary sentences to begin with
HARD = -4.0  # from this score on, ordinary sentences are learned from
ROUNDS = 3
_SLOT = re.compile(r"(?<!\\)\{([^{}]*)(?<!\\)\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its group (what must not be both learned and tested on), and how much it counts."""

    text: str
    group: str
    order: bool
    weight: float = 1.0


@dataclass(slots=True)
class Templates:
    """``training/injections.txt``: names with what they stand for, and the templates by section."""

    names: dict[str, list[str]] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Templates:
        found, section = cls(), ""
        for line in path.read_text("utf-8").splitlines():
            if not line.strip() or line.startswith("# "):
                continue
            if line in ("[orders]", "[ordinary]"):
                section = line.strip("[]")
                found.sections[section] = []
            elif not section:
                name, _, values = line.partition(" = ")
                found.names[name] = values.split(" | ")
            else:
                found.sections[section].append(line)
        return found

    def expand(self, template: str, rng: random.Random, said: Sequence[str]) -> str:
        """One text of the template; what is to be said or praised is drawn from ``said``."""

        def one(slot: re.Match[str]) -> str:
            alternatives = slot[1].split("|")
            name = rng.choice(alternatives)
            if name == "lie":
                return _plain(rng.choice(said))
            if name == "site":
                return rng.choice(self.names[name])
            if name in ("word", "brand"):
                words = _plain(rng.choice(said)).split() or ["so"]
                start = rng.randrange(len(words))
                drawn = " ".join(words[start : start + rng.choice((1, 1, 2))])
                return drawn.title() if name == "brand" else rng.choice((drawn.upper(), f'"{drawn}"', drawn))
            return rng.choice(self.names[name]) if len(alternatives) == 1 and name in self.names else name

        text = template
        while _SLOT.search(text):
            text = _SLOT.sub(one, text, count=1)
        text = " ".join(text.replace("\\{", "{").replace("\\}", "}").split())
        return text[:1].upper() + text[1:] if rng.random() < 0.8 else text

    def examples(self, rng: random.Random, said: Sequence[str]) -> Iterator[Example]:
        for section, templates in self.sections.items():
            for template in templates:
                texts = sorted({self.expand(template, rng, said) for _ in range(EXPANSIONS)})
                weight = WEIGHTS[section] / len(texts)
                yield from (Example(text, template, section == "orders", weight) for text in texts)


def attacks(path: Path) -> dict[bool, list[Example]]:
    """BIPIA's attacks, learned from (True) and kept out (False): of each kind every second category."""
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    categories = sorted({(row["kind"], row["category"]) for row in rows})
    halves: dict[bool, list[Example]] = {True: [], False: []}
    for row in rows:
        learned = categories.index((row["kind"], row["category"])) % 2 == 0
        halves[learned].append(Example(row["text"], f"bipia {row['category']}", True, 3.0))
    return halves


def ordinary(paths: Sequence[Path]) -> Iterator[Example]:
    """Every sentence of the texts under the paths, once; the group is its text."""
    return sentences_of(texts(paths))


def sentences_of(texts: Iterable[str]) -> Iterator[Example]:
    """Every sentence of the texts, once, as an ordinary example; the group is its text."""
    known: set[bytes] = set()
    for text in texts:
        group = hashlib.sha256(text.encode()).hexdigest()[:12]
        for start, end in sentences(text):
            digest = hashlib.sha256(text[start:end].encode()).digest()[:8]
            if digest not in known:
                known.add(digest)
                yield Example(text[start:end], group, False)


def is_held(example: Example) -> bool:
    """Whether the ordinary sentence's text is held out."""
    return not int(example.group, 16) % FOLDS


def texts(paths: Iterable[Path]) -> Iterator[str]:
    """What stands in files: strings of JSON, translated messages, docstrings of Python, and the text of documents."""
    for path in paths:
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            ending = "".join(file.suffixes[-2:] if file.suffix == ".gz" else file.suffixes[-1:]).removesuffix(".gz")
            data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            if ending == ".json":
                yield from _strings(json.loads(data))
            elif ending == ".jsonl":
                for line in data.splitlines():
                    yield from _strings(json.loads(line))
            elif ending == ".mo":
                yield from _strings(list(gettext.GNUTranslations(io.BytesIO(data))._catalog.values()))
            elif ending == ".py":
                yield from _docstrings(data)
            elif ending in (
                ".txt",
                ".md",
                ".rst",
                ".html",
                ".csv",
                ".docx",
                ".pptx",
                ".xlsx",
                ".pdf",
                ".tex",
                ".ipynb",
            ):
                yield parse(data, file.name).text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) > 12:
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _docstrings(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield text


class Matrix:
    """Windows of texts as rows, runs of words as columns."""

    def __init__(self, examples: Sequence[Example], columns: Mapping[str, int]) -> None:
        ends, indices = [0], list[int]()
        self.examples, self.owner = examples, list[int]()
        for number, example in enumerate(examples):
            for window in windows(_seen(example.text)):
                indices += sorted(columns[name] for name in features(window) if name in columns)
                ends.append(len(indices))
                self.owner.append(number)
        ones = np.ones(len(indices), np.float32)
        self.x = csr_matrix((ones, indices, ends), (len(ends) - 1, len(columns)))
        self.order = np.array([examples[number].order for number in self.owner])
        self.weight = np.array([examples[number].weight for number in self.owner])


def columns_of(examples: Iterable[Example]) -> dict[str, int]:
    """The runs of words that occur in at least ``WITHIN`` of the examples."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts.update(set().union(*map(features, windows(_seen(example.text)))))
    return {name: number for number, name in enumerate(sorted(n for n, count in counts.items() if count >= WITHIN))}


def fit(written: Matrix, ordinary: Matrix, c: float, seed: int) -> tuple[np.ndarray, float]:
    """Weights and bias. Of the ordinary sentences some are drawn, and those that look most like orders are added."""
    from sklearn.linear_model import LogisticRegression  # takes a second, which tests of the rest need not wait

    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(ordinary.order), bool)
    chosen[rng.permutation(len(chosen))[:DRAWN]] = True
    model = LogisticRegression(
        l1_ratio=0, C=c, solver="liblinear", random_state=seed, intercept_scaling=10, max_iter=200
    )
    for _ in range(ROUNDS):
        model.fit(
            vstack([written.x, ordinary.x[chosen]]),
            np.concatenate([written.order, ordinary.order[chosen]]),
            np.concatenate([written.weight, ordinary.weight[chosen]]),
        )
        weights, bias = model.coef_[0], float(model.intercept_[0])
        chosen |= ordinary.x @ weights + bias > HARD
    return weights, bias


def rounded(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """The weights as whole numbers of one byte, without the weak ones, and what one is worth."""
    scale = round(min(float(np.abs(weights).max()), STRONGEST) / 127, 6)
    whole = np.round(np.clip(weights, -STRONGEST, STRONGEST) / scale)
    return np.where(np.abs(whole) < WEAK, 0, whole).astype(int), scale


def threshold_of(matrix: Matrix, weights: np.ndarray, bias: float) -> float:
    """A score that ``ALLOWED`` of the matrix's texts exceed."""
    best = np.full(len(matrix.examples), -np.inf)
    np.maximum.at(best, matrix.owner, matrix.x @ weights + bias)
    return float(np.sort(best)[-ALLOWED - 1]) + 0.01


def mistaken(found: Classifier, examples: Iterable[Example]) -> list[Example]:
    """The ordinary sentences that are taken for orders."""
    return [example for example in examples if found.flags(_seen(example.text))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bipia", type=Path, required=True)
    parser.add_argument("--ordinary", type=Path, nargs="+", required=True, help="texts that give no orders")
    parser.add_argument("--kept-out", type=Path, nargs="*", default=[], help="such texts to test on")
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--penalty", type=float, default=3.0, help="C of the logistic regression")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    plain = list(ordinary(options.ordinary))
    learned = [example for example in plain if not is_held(example)]
    held = [example for example in plain if is_held(example)]
    halves = attacks(options.bipia)
    written = [*Templates.read(TEMPLATES).examples(rng, short(learned)), *halves[True]]
    columns = columns_of(written)
    print(f"{len(written):,} written, {len(learned):,} ordinary, {len(columns):,} runs of words", flush=True)
    weights, bias = fit(Matrix(written, columns), Matrix(learned, columns), options.penalty, options.seed)
    whole, scale = rounded(weights)
    threshold = threshold_of(Matrix(held, columns), scale * whole, bias)
    kept = {name: int(whole[number]) for name, number in columns.items() if whole[number]}
    data = {"bias": round(bias, 4), "threshold": round(threshold, 4), "scale": scale, "weights": kept}
    options.out.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", "utf-8")
    found = load(options.out.read_text("utf-8"))
    print(f"{len(found.weights):,} weights, threshold {threshold:.2f} from {len(held):,} other ordinary sentences")
    orders = [example for example in written if example.order]
    print(f"found of the orders learned from: {len(mistaken(found, orders)) / len(orders):.3f}")
    print(f"found of BIPIA's other half: {len(mistaken(found, halves[False]))} of {len(halves[False])}")
    for path in options.kept_out:
        own = list(ordinary([path]))
        wrong = mistaken(found, own)
        print(f"{path.name:40} {len(own):8,} sentences, {len(wrong)} taken for orders", flush=True)
        for example in wrong:
            print(f"    {' '.join(example.text.split())[:200]}")


def short(examples: Iterable[Example]) -> list[str]:
    """Short English sentences that state something: what made-up orders want said."""
    return [
        example.text
        for example in examples
        if 3 <= len(example.text.split()) <= 9 and example.text.endswith(".") and example.text.isascii()
    ]


def _plain(sentence: str) -> str:
    return re.sub(r"[{}|\\]", "", sentence).rstrip(".!? ")


def _seen(text: str) -> str:
    return unquoted(fold(text))


if __name__ == "__main__":
    main()
