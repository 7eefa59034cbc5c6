"""Train and export the tagger of the words that follow-ups leave out: ``qa/weights/tagger.onnx``.

    python -m training.tagger.train --data DATA

The reader's lower layers stay as they are; the layers above begin as the shipped verifier's. One pass over the examples
(``training.tagger.examples``), in batches of similar length; AdamW, warm-up, then a linear decay. An interrupted
training resumes. What the tagger is good for, ``benchmarks.rewrites --every 3`` tells by the held-out conversations.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from qa.evaluation.metrics.abstention import auroc
from qa.read.lower_layers import LowerLayers
from qa.read.tagger import Tokens, tokens_of
from training import loop, quantise
from training.tagger.examples import Example, examples
from training.tagger.model import TaggerModel

BATCH, POOL = 32, 40  # examples of a step; batches that are sorted by length together
WARM_UP = 60  # steps
MULTIPLE = 8  # of tokens, to which a batch is padded
PRINTED = 50  # steps between two printed losses
EVERY = 250  # steps between two looks at the held-out examples
SAVED = 60  # seconds between two checkpoints
MOST_ERROR = 1.0  # logits
PROBES = (
    ("When was it founded?", "Who owns the harbour company? Ann Miller"),
    ("And in Venice?", "How many people died in Paris? What is the weekly fee for a wheelchair?"),
)


class Trainer:
    """A model with the lower layers that feed it."""

    def __init__(self, model: TaggerModel, lower: LowerLayers) -> None:
        self.model, self.lower = model, lower

    def prepared(self, given: Sequence[Example]) -> list[tuple[Tokens, list[float]]]:
        """The examples that have any word to judge, each with whether its words are left out."""
        found = []
        for example in given:
            tokens = tokens_of(self.lower, example.question, example.conversation)
            if tokens.words:
                found.append((tokens, [float(bool(own & example.left_out)) for *_, own in tokens.words]))
        return found

    def logits(self, batch: Sequence[Tokens]) -> list[torch.Tensor]:
        """Of each input the log-odds of its words."""
        states = self.lower.hidden((own.ids, own.segments) for own in batch)
        length = -(-max(map(len, states)) // MULTIPLE) * MULTIPLE
        hidden, mask = torch.zeros(len(states), length, states[0].shape[1]), torch.zeros(len(states), length)
        for row, own in enumerate(states):
            hidden[row, : len(own)], mask[row, : len(own)] = torch.tensor(own), 1
        found = self.model(hidden, mask)
        return [found[row, [index for index, *_ in own.words]] for row, own in enumerate(batch)]

    @torch.no_grad()
    def area(self, given: Sequence[Example]) -> float:
        """The AUROC of the words that are left out against the others."""
        self.model.eval()
        prepared = sorted(self.prepared(given), key=lambda own: len(own[0].ids))
        scores: list[float] = []
        for start in range(0, len(prepared), BATCH):
            found = self.logits([tokens for tokens, _ in prepared[start : start + BATCH]])
            scores += torch.cat(found).tolist()
        self.model.train()
        return float(auroc(scores, [is_left > 0 for _, own in prepared for is_left in own]))


def train(
    trainer: Trainer,
    given: Sequence[Example],
    held: dict[str, list[Example]],
    out: Path,
    rate: float,
    rng: random.Random,
) -> None:
    """One pass over the examples."""
    batches = loop.by_length(trainer.prepared(given), lambda own: len(own[0].ids), BATCH, POOL, rng)

    def loss_of(batch: Sequence[tuple[Tokens, list[float]]]) -> torch.Tensor:
        tokens, wanted = zip(*batch, strict=True)
        logits = torch.cat(trainer.logits(tokens))
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor([*chain(*wanted)]))

    loop.one_pass(
        trainer.model,
        batches,
        loss_of,
        out,
        loop.Pace(rate, WARM_UP, PRINTED, EVERY, SAVED),
        about={"examples": len(given), "held_out": {name: len(own) for name, own in held.items()}},
        figures=lambda: {"auroc": {name: round(trainer.area(own), 4) for name, own in held.items()}},
    )


def export(model: TaggerModel, target: Path, lower: LowerLayers) -> None:
    """Write ``target`` and check it."""
    probes = []
    for question, conversation in PROBES:
        tokens = tokens_of(lower, question, conversation)
        (hidden,) = lower.hidden([(tokens.ids, tokens.segments)])
        probes.append({"hidden": hidden[None], "attention_mask": np.ones((1, len(hidden)), dtype=np.int64)})
    quantise.export(model, target, probes, outputs={"logits": True}, most_error=MOST_ERROR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--verifier", type=Path, default=Path("qa/weights/verifier.onnx"))
    parser.add_argument("--out", type=Path, default=Path(".training/tagger"))
    parser.add_argument("--target", type=Path, default=Path("qa/weights/tagger.onnx"))
    parser.add_argument("--made", type=int, default=5000, help="made examples to learn from")
    parser.add_argument("--rate", type=float, default=2e-4, help="learning rate at its highest")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    found = examples(options.data, options.made, 600, rng)
    lower = LowerLayers()
    trainer = Trainer(TaggerModel.starting_from(options.verifier), lower)
    train(trainer, found.learned, found.held, options.out, options.rate, rng)
    export(trainer.model, options.target, lower)


if __name__ == "__main__":
    main()
