"""Train the embedder on questions with passages that answer them; an interrupted training resumes where it stopped.

    OMP_WAIT_POLICY=PASSIVE python -m training.embedder.train --data DATA
    python -m training.embedder.export .training/embedder/checkpoint.pt .training/embedder/model.onnx

It starts as bge-small-en-v1.5 (int8 ONNX, dequantised). A batch is of one collection: questions of any of its
documents, each with a passage that answers it and one that does not: of the same document, or one that the starting
embedder and BM25 find for it. The loss is the cross-entropy of the answering passage among all of the batch (InfoNCE),
without others that answer the question. Half of the questions have bge-small's instruction in front; the product puts
none there. AdamW, warm-up, then a linear decay; word embeddings stay as they are.
Beside other processes, threads that wait actively for each other take most of the time: hence the variable.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from index.onnx import load_tokenizer
from training import loop
from training.embedder.base import pin, start
from training.embedder.mine import Mined, Question, mined
from training.embedder.model import EmbedderModel
from training.embedder.wordings import varied

TEMPERATURE = 0.02
MOST_TOKENS = 160  # of a text; the passages of an index have 200 of another count, and titles in front
TEMPTING = 0.5  # share of the questions searched for that bring a passage found; the others one of their document
HELD_BATCHES = 6  # of held-out questions, for the learning curve
WARM_UP, PRINTED, LOOKED_AT, SAVED = 20, 10, 100, 120  # steps, steps, steps, seconds


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions and passages; ``own`` is the number of the passage that answers each question.

    ``also`` holds question and passage where another passage answers, too.
    """

    questions: tuple[str, ...]
    passages: tuple[str, ...]
    own: tuple[int, ...]
    also: tuple[tuple[int, int], ...]


def batch_of(mined: Mined, part: Sequence[Question], prefix: str, rng: random.Random) -> Batch:
    """The questions ``part`` with a passage that answers each, and one more for each that does not answer it."""
    chosen: dict[int, int] = {}  # passage -> its number in the batch
    own = []
    for question in part:
        shared = [passage for passage in question.right if passage in chosen]  # a passage is embedded once
        passage = rng.choice(shared or question.right)
        own.append(chosen.setdefault(passage, len(chosen)))
    for question in part:
        if others := _others(mined, question, rng):
            chosen.setdefault(rng.choice(others), len(chosen))
    also = tuple(
        (row, number)
        for row, question in enumerate(part)
        for passage, number in chosen.items()
        if passage in question.right and number != own[row]
    )
    asked = tuple(rng.choice((prefix, "")) + varied(question.text, rng) for question in part)
    return Batch(asked, tuple(mined.passages[passage] for passage in chosen), tuple(own), also)


def _others(mined: Mined, question: Question, rng: random.Random) -> Sequence[int]:
    """Passages that only seem to answer, where those are known; by chance the others of the document instead."""
    if question.tempting and rng.random() < TEMPTING:
        return question.tempting
    return [number for number in mined.beside(question.right[0]) if number not in question.right]


def batches_of(collections: Iterable[Mined], size: int, prefix: str, rng: random.Random) -> list[Batch]:
    """The questions of all collections, ``size`` in a batch, each batch of one collection."""
    found = []
    for own in collections:
        questions = rng.sample(own.questions, len(own.questions))
        parts = (questions[at : at + size] for at in range(0, len(questions), size))
        found += [batch_of(own, part, prefix, rng) for part in parts]
    rng.shuffle(found)
    return found


def loss_of(
    questions: torch.Tensor, passages: torch.Tensor, own: Sequence[int], also: Sequence[tuple[int, int]]
) -> torch.Tensor:
    """The mean cross-entropy of each question's ``own`` passage among all but those that answer it, too (``also``)."""
    scores = questions @ passages.T / TEMPERATURE
    masked = torch.zeros_like(scores, dtype=torch.bool)
    for row, column in also:
        masked[row, column] = True
    return torch.nn.functional.cross_entropy(scores.masked_fill(masked, -torch.inf), torch.tensor(own))


class Trainer:
    """A model with its tokenizer."""

    def __init__(self, model: EmbedderModel, tokenizer: Tokenizer) -> None:
        self.model, self._tokenizer = model, tokenizer

    def loss_of(self, batch: Batch) -> torch.Tensor:
        questions = self.model.embed(self._tokenizer, batch.questions)
        return loss_of(questions, self.model.embed(self._tokenizer, batch.passages), batch.own, batch.also)

    @torch.no_grad()
    def mean_loss(self, batches: Sequence[Batch]) -> float:
        self.model.eval()
        found = sum(self.loss_of(batch).item() for batch in batches) / len(batches)
        self.model.train()
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, default=Path(".training/embedder"))
    parser.add_argument("--batch", type=int, default=24, help="questions a step")
    parser.add_argument("--steps", type=int, help="steps at most; all batches once by default")
    parser.add_argument("--rate", type=float, default=5e-5, help="learning rate at its highest")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    found = list(mined(options.data, options.out))
    batches = batches_of((own for _, own, _ in found), options.batch, pin().query_prefix, rng)
    held = batches_of((held for *_, held in found), options.batch, pin().query_prefix, rng)[:HELD_BATCHES]
    trainer = Trainer(EmbedderModel.starting_from(start() / "model.onnx"), load_tokenizer(start(), MOST_TOKENS))
    loop.one_pass(
        trainer.model,
        batches[: options.steps],
        trainer.loss_of,
        options.out,
        loop.Pace(options.rate, WARM_UP, PRINTED, LOOKED_AT, SAVED),
        about={"questions": {name: len(own.questions) for name, own, _ in found}, "steps": len(batches)},
        figures=lambda: {"held_out": round(trainer.mean_loss(held), 4)},
    )


if __name__ == "__main__":
    main()
