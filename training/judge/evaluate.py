"""How well the judge does what it is for, on documents that it has not learned from.

    python -m training.judge.evaluate --data DATA WEIGHTS

Prints one JSON object. Of each source that has it:

- "relevance": AUROC of passages that answer against the others of their documents; "first of its passages": how often
  one that answers has the highest relevance among those of its question;
- "evidence": AUROC of the sentences that answer among those of their passages, and F1 at the logit 0;
- "yes": AUROC of what is borne out against the rest; "verdict": how often the likeliest of the three verdicts is right.

Of everyday/dev also: passages that answer against those that near-misses tempt to ("before near-miss"), and claims and
yes/no questions at the place that decides ("said at its place").
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from tokenizers import Tokenizer

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation.metrics.abstention import auroc
from qa.read.judge import EVIDENCE, RELEVANCE, VERDICT
from training.joint.train import batch_of, by_sentence
from training.judge.examples import Group, Judged
from training.judge.model import JudgeModel
from training.verifier.examples import NOT_MENTIONED, SUPPORTED, UNSUPPORTED

QUICK = 120  # groups of each source in the learning curve
ROWS = 24  # passages of one input


class Seen(NamedTuple):
    """A passage with what the judge makes of it; ``sentences``: the mean logit of each marked range, and its mark."""

    judged: Judged
    relevance: float
    verdict: np.ndarray  # (3,) probabilities
    sentences: list[tuple[float, bool]]


@torch.no_grad()
def seen(model: JudgeModel, tokenizer: Tokenizer, groups: Sequence[Group]) -> list[list[Seen]]:
    """The groups with what the judge makes of their passages."""
    model.eval()
    every = [own for group in groups for own in group]
    order = sorted(range(len(every)), key=lambda i: len(every[i].example.text))
    found: dict[int, Seen] = {}
    for start in range(0, len(order), ROWS):
        numbers = order[start : start + ROWS]
        batch = batch_of(tokenizer, [every[i].example for i in numbers])
        with torch.autocast("cpu", torch.bfloat16):
            tokens, passages = model(*batch.inputs)
        for row, i in enumerate(numbers):
            logits = tokens[row, :, EVIDENCE].float().numpy()
            own = passages[row].float()
            told = torch.softmax(own[VERDICT], 0).numpy()
            sentences = by_sentence(every[i].example.evidence, batch.windows[row], logits)
            found[i] = Seen(every[i], float(own[RELEVANCE]), told, sentences)
    model.train()
    numbers_of = iter(range(len(every)))
    return [[found[next(numbers_of)] for _ in group] for group in groups]


def figures_of(source: str, groups: Sequence[Sequence[Seen]]) -> dict[str, float]:
    """The figures of one held-out source."""
    every = [own for group in groups for own in group]
    found: dict[str, float] = {}
    relevant = [
        (own.relevance, bool(own.judged.example.answerable))
        for own in every
        if own.judged.example.answerable is not None
    ]
    found |= _auroc(f"{source} relevance", relevant)
    asked = [group for group in groups if any(own.judged.example.answerable for own in group) and len(group) > 1]
    if asked:
        firsts = [bool(max(group, key=lambda own: own.relevance).judged.example.answerable) for group in asked]
        found[f"{source} first of its passages"] = float(np.mean(firsts))
    marked = [own for one in every if one.judged.example.answerable for own in one.sentences]
    if marked:
        found |= _auroc(f"{source} evidence", marked)
        found[f"{source} evidence F1"] = _f1([(logit > 0, told) for logit, told in marked])
    told = [own for own in every if own.judged.verdict is not None]
    found |= _auroc(f"{source} yes", [(float(own.verdict[SUPPORTED]), own.judged.verdict == SUPPORTED) for own in told])
    exact = [own for own in told if own.judged.verdict != UNSUPPORTED]
    if exact:
        found[f"{source} verdict"] = float(np.mean([int(own.verdict.argmax()) == own.judged.verdict for own in exact]))
    return found


def everyday_figures(groups: Sequence[Sequence[Seen]]) -> dict[str, float]:
    """Passages that answer against those that near-misses tempt to, and claims and yes/no questions at their place."""
    right = [
        own.relevance
        for group in groups
        for own in group
        if own.judged.example.answerable and own.judged.verdict is None
    ]
    near = [
        max(own.relevance for own in group)
        for group in groups
        if not any(own.judged.example.answerable is not False for own in group)
    ]
    found = _auroc("everyday before near-miss", [(one, True) for one in right] + [(one, False) for one in near])
    placed = [
        own
        for group in groups
        for own in group
        if own.judged.verdict is not None and own.judged.verdict != NOT_MENTIONED
    ]
    claims = [(float(own.verdict[SUPPORTED]), own.judged.verdict == SUPPORTED) for own in placed]
    return found | _auroc("everyday said at its place", claims)


def _auroc(name: str, scored: Sequence[tuple[float, bool]]) -> dict[str, float]:
    labels = [label for _, label in scored]
    return {name: float(auroc([score for score, _ in scored], labels))} if any(labels) and not all(labels) else {}


def _f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    both = sum(said and told for said, told in pairs)
    return 2 * both / max(1, sum(said for said, _ in pairs) + sum(told for _, told in pairs))


def quick_figures(
    model: JudgeModel, tokenizer: Tokenizer, held: Mapping[str, Sequence[Group]], most: int | None = QUICK
) -> dict[str, float]:
    """The figures on evenly chosen groups of each source, ``most`` at most."""
    found: dict[str, float] = {}
    for source, groups in held.items():
        own = seen(model, tokenizer, groups[:: max(1, len(groups) // most)] if most else groups)
        found |= figures_of(source, own)
        if source == "everyday":
            found |= everyday_figures(own)
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    import random

    from training.judge.examples import read

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, help="groups of each source at most")
    parser.add_argument("weights", type=Path)
    options = parser.parse_args()
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    held = read(options.data, random.Random(40)).held
    figures = quick_figures(JudgeModel.starting_from(options.weights), tokenizer, held, options.most)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
