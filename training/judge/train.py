"""Train the judge; an interrupted training resumes where it stopped.

    python -m training.judge.train --data DATA --out .training/judge
    python -m training.judge.evaluate --data DATA .training/judge/checkpoint.pt

Each step has the passages of some questions. The loss is the span reader's (``training.train_reader``), the binary
cross-entropy of evidence by token and of relevance by passage, the cross-entropy of verdicts, and, where a question has
passages that answer and others, that of the right ones among them.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.judge import EVIDENCE, RELEVANCE, VERDICT
from training import loop, quantise
from training.joint.train import Batch, batch_of, marked_loss, spans_loss
from training.judge.examples import Group, read
from training.judge.model import JudgeModel
from training.judge.ranked import FIFTH, SIXTH, eighth, fourth, misleading, second, seventh, third
from training.verifier.model import losses_of

WARM_UP = 100  # steps
POOL = 50  # batches whose groups are sorted by length together
PASSAGES = 32  # of a step, about
EVIDENCE_SHARE, VERDICT_SHARE, RANK_SHARE = 0.7, 0.7, 0.7  # of the loss
STAGES = {
    "first": read,
    "second": second,
    "third": third,
    "fourth": fourth,
    "fifth": partial(misleading, FIFTH),
    "sixth": partial(misleading, SIXTH),
    "seventh": seventh,
    "eighth": eighth,
}
PACE = loop.Pace(rate=8e-5, warm_up=WARM_UP, printed=20, looked_at=1200, saved=240)


@dataclass(frozen=True, slots=True)
class Step:
    """One input with what is known of it.

    - ``groups``: for each passage the number of its question;
    - ``verdicts``: (passages,), -1 where there is none.
    """

    batch: Batch
    groups: list[int]
    verdicts: Tensor


def step_of(tokenizer: Tokenizer, groups: Sequence[Group]) -> Step:
    """The passages of the questions as one input."""
    every = [(number, own) for number, group in enumerate(groups) for own in group]
    batch = batch_of(tokenizer, [own.example for _, own in every])
    verdicts = torch.tensor([-1 if own.verdict is None else own.verdict for _, own in every])
    return Step(batch, [number for number, _ in every], verdicts)


def loss_of(tokens: Tensor, passages: Tensor, step: Step) -> Tensor:
    """The loss of a step; ``tokens`` is (passages, tokens, 3), ``passages`` (passages, 4)."""
    batch = step.batch
    known = torch.tensor([own.answerable is not None for own in batch.examples])
    answers = torch.tensor([float(bool(own.answerable)) for own in batch.examples])
    relevance = passages[:, RELEVANCE]
    total = functional.binary_cross_entropy_with_logits(relevance, answers, weight=known.float())
    total = total + spans_loss(tokens, batch)
    total = total + EVIDENCE_SHARE * marked_loss(tokens[..., EVIDENCE], batch.evidence)
    total = total + VERDICT_SHARE * verdict_loss(passages[:, VERDICT], step.verdicts)
    return total + RANK_SHARE * rank_loss(relevance, step.groups, (answers > 0) & known, known)


def verdict_loss(logits: Tensor, verdicts: Tensor) -> Tensor:
    """Cross-entropy of those that are known; where it is only known that it is not yes, of yes against the rest."""
    if not (verdicts >= 0).any():
        return logits.sum() * 0.0
    return losses_of(logits[verdicts >= 0], verdicts[verdicts >= 0]).sum() / len(verdicts)


def rank_loss(relevance: Tensor, groups: Sequence[int], right: Tensor, known: Tensor) -> Tensor:
    """How likely the right passages are among those known of their question, as a share of all passages."""
    total = relevance.sum() * 0.0
    numbers = torch.tensor(groups)
    for number in set(groups):
        own = (numbers == number) & known
        if (own & right).any() and (own & ~right).any():
            both = torch.logsumexp(relevance[own], 0) - torch.logsumexp(relevance[own & right], 0)
            total = total + both * own.sum()
    return total / len(groups)


def batches_of(groups: Sequence[Group], rng: random.Random) -> list[list[Group]]:
    """The groups in batches of about ``PASSAGES`` passages of similar length."""
    mean = sum(map(len, groups)) / len(groups)
    found: list[list[Group]] = []
    for start in range(0, len(groups), POOL * PASSAGES):
        own = sorted(groups[start : start + POOL * PASSAGES], key=_length)
        parts: list[list[Group]] = [[]]
        for group in own:
            if sum(map(len, parts[-1])) + len(group) > PASSAGES + mean / 2:
                parts.append([])
            parts[-1].append(group)
        rng.shuffle(parts)
        found += parts
    return found


def _length(group: Group) -> int:
    return max(len(own.example.question) + len(own.example.text) for own in group)


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training/judge"))
    parser.add_argument("--start", type=Path, help="a checkpoint, or the reader's folder; the reranker by default")
    parser.add_argument("--stage", choices=STAGES, default="first", help="what is learned from")
    parser.add_argument("--steps", type=int, help="steps at most; everything once by default")
    parser.add_argument("--seed", type=int, default=40)
    parser.add_argument("--on-grid", action="store_true", help="learn with the weights as they are exported")
    parser.add_argument("--rate", type=float, default=PACE.rate, help="learning rate at its highest")
    return parser.parse_args()


def main() -> None:
    from training.judge.evaluate import quick_figures

    options = options_of()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    tokenizer = load_tokenizer(folder)
    data = loop.kept(options.out / "data.pkl", lambda: STAGES[options.stage](options.data, random.Random(options.seed)))
    batches = batches_of(data.groups, random.Random(options.seed))[: options.steps]
    model = JudgeModel.starting_from(options.start or folder / "model.onnx")
    if options.on_grid:
        quantise.put_on_grid(model)

    def loss(groups: Sequence[Group]) -> Tensor:
        step = step_of(tokenizer, groups)
        with torch.autocast("cpu", torch.bfloat16):
            tokens, passages = model(*step.batch.inputs)
        return loss_of(tokens.float(), passages.float(), step)

    loop.one_pass(
        model, batches, loss, options.out, replace(PACE, rate=options.rate),
        about={"groups": len(data.groups), "passages": sum(map(len, data.groups)), "steps": len(batches)},
        figures=lambda: quick_figures(model, tokenizer, data.held),
    )  # fmt: skip
    if options.on_grid:
        quantise.take_off_grid(model)
        torch.save({"model": model.state_dict()}, options.out / "on_grid.pt")


if __name__ == "__main__":
    main()
