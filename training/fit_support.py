"""Fit ``qa/check/support.json``, which maps signals to the probability that a window of text supports a claim.

    python -m training.fit_support --data DATA

The cases are those that the entailment model has not learned from: WiCE's claims with their articles, and the pairs
held out by ``training.verifier``. A case has several windows of text but one label. So each case is represented by the
window that the current head scores best, and the head is fitted again (multiple-instance learning, as in MI-SVM:
Andrews et al. 2003). It is a logistic regression with non-negative weights, so that closer evidence never lowers the
score. The threshold is the lowest at which ``--precision`` of the accepted claims are supported, each source counting
alike.

Printed figures are out of fold: a document is never split between folds, and intervals resample documents. Also printed
are the verdicts on sentences of texts that are reworded or changed by rules (``training.perturb``), and with ``--test``
on SciFact's test claims. Nothing is fitted on these.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from qa.check.entailment import Entailed, Entailment, OnnxEntailment
from qa.check.support import SupportHead, WindowFeatures, window_features
from qa.evaluation.metrics import abstention
from qa.evaluation.metrics.statistics import Indices, bootstrap_statistic
from qa.evaluation.scoring import claims
from training.calibrate import fit
from training.data import WEAK
from training.perturb import paragraphs_of
from training.support_cases import Case, held_out, made, scifact, wice

TARGET = Path(__file__).parent.parent / "qa" / "check" / "support.json"
SIGNALS = ("entails", "entails_all", "cover", "numbers", "numbers_all", "names", "names_all", "negations")
FOLDS = 10
ROUNDS = 4
TEXTS = 70  # number of texts that claims are made from


@dataclass(frozen=True, slots=True)
class Data:
    """Cases, the windows of each with their features, and the number of the group that each belongs to."""

    cases: list[Case]
    windows: list[list[WindowFeatures]]
    groups: np.ndarray

    @property
    def supported(self) -> np.ndarray:
        return np.array([case.supported for case in self.cases], dtype=float)

    @property
    def labelled(self) -> np.ndarray:
        """A mask of the cases that people labelled, not a rule."""
        return np.array([case.source != "made" for case in self.cases])

    def of(self, source: str) -> np.ndarray:
        """Positions of the source's cases."""
        return np.array([number for number, case in enumerate(self.cases) if case.source == source], dtype=int)


class CachingEntailment:
    """An entailment model that keeps its verdicts in a file, so that a second run does not compute them again."""

    def __init__(self, entailment: Entailment, file: Path) -> None:
        self._entailment, self._file = entailment, file
        self.fingerprint = entailment.fingerprint
        rows = file.read_text("utf-8").splitlines() if file.is_file() else []
        self._known = {key: Entailed(*values) for key, values in map(json.loads, rows)}

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        keys = [hashlib.sha256(json.dumps([self.fingerprint, *pair]).encode()).hexdigest() for pair in pairs]
        new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._known}
        if new:
            judged = dict(zip(new, self._entailment.judge(list(new.values())), strict=True))
            self._known |= judged
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps([key, list(asdict(own).values())]) + "\n" for key, own in judged.items())
        return [self._known[key] for key in keys]


def with_features(cases: Sequence[Case], entailment: Entailment) -> Data:
    """The cases that have windows, with their windows."""
    found = [window_features(entailment, case.claim, case.blocks) for case in cases]
    kept = [case for case, windows in zip(cases, found, strict=True) if windows]
    return Data(kept, [windows for windows in found if windows], groups_of(kept))


def groups_of(cases: Sequence[Case]) -> np.ndarray:
    """A group number for each case: cases linked by shared keys, directly or through other cases, have the same."""
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
    """A head with the signals ``names``, fitted on the cases at the positions ``chosen``."""
    tables = [np.array([[window.signals[name] for name in names] for window in data.windows[n]]) for n in chosen]
    labels = data.supported[chosen]
    weights = np.append(np.ones(len(names)), 0.0)
    for _ in range(ROUNDS):
        best = np.array([table[int(np.argmax(table @ weights[:-1]))] for table in tables])
        weights = fit(best, labels, penalty=0.05)
    return SupportHead(dict(zip(names, weights[:-1].tolist(), strict=True)), float(weights[-1]), threshold)


def scores_of(head: SupportHead, data: Data, chosen: np.ndarray) -> np.ndarray:
    """(chosen, 2): each case's best score, and its best score among windows that lack nothing, 0 if there is none."""
    rows = []
    for number in chosen:
        scores = [(head.score(window), window.quoted or not window.missing.all) for window in data.windows[number]]
        rows.append((max(score for score, _ in scores), max(score * whole for score, whole in scores)))
    return np.array(rows)


def cross_validated(data: Data, names: Sequence[str], seed: int) -> np.ndarray:
    """``scores_of`` for every case, by a head fitted on the labelled cases of the other folds."""
    count = int(data.groups.max()) + 1
    fold = np.random.default_rng(seed).permutation(count)[data.groups] % FOLDS
    held = np.empty((len(data.cases), 2))
    for number in range(FOLDS):
        own = np.flatnonzero(fold == number)
        held[own] = scores_of(fitted(data, np.flatnonzero((fold != number) & data.labelled), names), data, own)
    return held


def threshold_for(precision: float, whole: np.ndarray, data: Data) -> float:
    """The lowest threshold, in hundredths, at which the share ``precision`` of the accepted claims is supported.

    Each labelled source counts alike, whatever its number of claims.
    """
    chosen = np.flatnonzero(data.labelled)
    supported = data.supported[chosen]
    sources = np.array([data.cases[number].source for number in chosen])
    weights = np.array([1 / np.sum(sources == source) for source in sources])
    for threshold in np.arange(1, 100) / 100:
        said = whole[chosen] >= threshold
        if said.any() and np.average(supported[said], weights=weights[said]) >= precision:
            return float(threshold)
    raise SystemExit(f"no threshold gives a precision of {precision:g}: ask for less")


def compared(data: Data, source: str, held: np.ndarray, other: np.ndarray, seed: int) -> str:
    """A table row: AUROC of both scores, their difference with its interval; the first score's other figures."""
    chosen = data.of(source)
    labels, mine, theirs = data.supported[chosen], held[chosen], other[chosen]

    def difference(drawn: Indices) -> float:
        return abstention.auroc(mine[drawn], labels[drawn]) - abstention.auroc(theirs[drawn], labels[drawn])

    low, high = bootstrap_statistic(difference, data.groups[chosen].tolist(), seed=seed)
    records = [
        {"group": str(group), "signals": {"score": score, "positive": label}}
        for group, score, label in zip(data.groups[chosen], mine, labels, strict=True)
    ]
    figures = {name: figure(np.arange(len(chosen))) for name, figure in claims.statistics_of(records).items()}
    base = abstention.auroc(theirs, labels)
    return (
        f"{source:16}{len(chosen):6}{int(labels.sum()):6}{figures['AUROC']:8.3f}{base:8.3f}"
        f"  {figures['AUROC'] - base:+.3f} [{low:+.3f}, {high:+.3f}]"
        f"{figures['recall@90%precision']:8.3f}{figures['balanced_accuracy']:8.3f}"
    )


def by_kind(data: Data, source: str, whole: np.ndarray, threshold: float) -> Iterator[str]:
    """A table row for each kind of reworded or changed sentence: the share with the right verdict."""
    chosen = data.of(source)
    said, supported = whole[chosen] >= threshold, data.supported[chosen] > 0
    kinds = np.array([data.cases[number].kind for number in chosen])
    for kind in dict.fromkeys(kinds):
        own = kinds == kind
        wanted = "supported" if supported[own][0] else "not supported"
        yield f"{source:16}{kind:18}{wanted:14}{int(own.sum()):6}{(said == supported)[own].mean():8.3f}"
    yield f"{source:16}{'of the accepted':18}{'supported':14}{int(said.sum()):6}{supported[said].mean():8.3f}"


def tabled(data: Data, held: np.ndarray, base: np.ndarray, seed: int) -> Iterator[str]:
    yield "source           cases   yes   AUROC  coverage  difference [95%]      recall@90%precision  balanced accuracy"
    for source in dict.fromkeys(case.source for case in data.cases):
        yield compared(data, source, held, base, seed)


def coverage_of(data: Data) -> np.ndarray:
    """Each case's score by the baseline, word coverage."""
    return np.array(
        [
            claims.coverage(case.claim, [sentence for block in case.blocks for sentence in block.sentences])
            for case in data.cases
        ]
    )


def rounded(head: SupportHead) -> SupportHead:
    weights = {name: round(weight, 4) for name, weight in head.weights.items() if round(weight, 4)}
    return SupportHead(weights, round(head.bias, 4), head.threshold)


def ablate(data: Data, base: np.ndarray, seed: int) -> Iterator[str]:
    """The table with all signals, and with each left out."""
    for left_out in (None, *SIGNALS):
        yield f"without {left_out or 'none'}"
        names = [name for name in SIGNALS if name != left_out]
        yield from tabled(data, cross_validated(data, names, seed)[:, 0], base, seed)


def accepted(data: Data, whole: np.ndarray, threshold: float) -> Iterator[str]:
    """For each labelled source: the share of cases that are accepted, and the share of these that are supported."""
    for source in dict.fromkeys(case.source for case in data.cases if case.source != "made"):
        chosen = data.of(source)
        said, supported = whole[chosen] >= threshold, data.supported[chosen] > 0
        yield (
            f"{source:16}accepted {said.mean():.3f}, of these supported {supported[said].mean():.3f}, "
            f"of the supported accepted {said[supported].mean():.3f}"
        )


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--test", action="store_true", help="judge SciFact's test claims too")
    parser.add_argument("--cache", type=Path, help="file that keeps the entailment model's verdicts for the next run")
    parser.add_argument("--precision", type=float, default=0.9, help="of the accepted claims, for the threshold")
    parser.add_argument("--ablate", action="store_true", help="print what each signal brings; write nothing")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = options_of()
    entailment: Entailment = OnnxEntailment()
    if options.cache:
        entailment = CachingEntailment(entailment, options.cache)
    texts = made(paragraphs_of(options.data / "train" / WEAK), TEXTS, "made", options.seed)
    labelled = [*wice(options.data / "wice" / "claim.dev.jsonl"), *held_out(options.data, options.seed)]
    data = with_features([*labelled, *texts], entailment)
    base = coverage_of(data)
    if options.ablate:
        print(*ablate(data, base, options.seed), sep="\n")
        return
    held = cross_validated(data, SIGNALS, options.seed)
    print(*tabled(data, held[:, 0], base, options.seed), sep="\n")
    threshold = threshold_for(options.precision, held[:, 1], data)
    print(*by_kind(data, "made", held[:, 1], threshold), *accepted(data, held[:, 1], threshold), sep="\n")
    head = rounded(fitted(data, np.flatnonzero(data.labelled), SIGNALS, threshold))
    TARGET.write_text(json.dumps({"made_by": "training/fit_support.py", **asdict(head)}, indent=2) + "\n", "utf-8")
    print(TARGET.read_text("utf-8"))
    texts = made(paragraphs_of(options.data / "squad_dev" / "squad2_dev_part_a.json"), TEXTS, "unseen", options.seed)
    fresh = with_features(list(texts), entailment)
    whole = scores_of(head, fresh, np.arange(len(fresh.cases)))[:, 1]
    print(*by_kind(fresh, "unseen", whole, threshold), sep="\n")
    if options.test:
        fresh = with_features(list(scifact(options.data / "scifact", "test")), entailment)
        scores = scores_of(head, fresh, np.arange(len(fresh.cases)))[:, 0]
        print(*tabled(fresh, scores, coverage_of(fresh), options.seed), sep="\n")


if __name__ == "__main__":
    main()
