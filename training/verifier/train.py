"""Train the entailment verifier; an interrupted training resumes where it stopped.

    python -m training.verifier.train --data DATA --out .training/verifier
    python -m training.verifier.export .training/verifier/checkpoint.pt qa/weights/verifier.onnx

The encoder starts as the shipped reader's, whose training has taught it to tell an answer from a near-miss, or the
whole model as an earlier verifier. One pass over the pairs, in batches of similar length; AdamW, warm-up, then a linear
decay; word embeddings stay as they are.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation.metrics.abstention import auroc
from training import loop
from training.verifier.everyday import everyday
from training.verifier.examples import SUPPORTED, UNSUPPORTED, Pair, labelled, with_distractors
from training.verifier.made import made
from training.verifier.model import VerifierModel, batch_of, loss_of
from training.verifier.shared import ANSWERS, ASKED, LATER, behind_chatter, shared
from training.verifier.written import written

WARM_UP = 150  # steps
POOL = 40  # batches whose pairs are sorted by length together
DISTRACTED = 0.2  # share of the pairs that get a sentence which says nothing of the claim
EARLIER = 0.5  # share of the pairs of the first everyday documents, which earlier generations have learned from
CHATTER = 0.1  # share of the questions that stand behind what was told before another
EPOCHS = 2  # how often claims and yes/no questions in other words, and written sentences, are learned from
MOST_HELD_OUT = 350  # held-out pairs of each source in the learning curve
EVERY = 400  # steps between two looks at the held-out pairs
SAVED = 240  # seconds between two checkpoints


def read(
    data: Path, seed: int, share: float = 1.0, known: tuple[float, float] | None = None, later: float | None = None
) -> tuple[list[Pair], dict[str, list[Pair]]]:
    """The pairs to learn from, shuffled, and those held out, by source.

    A ``share`` of those of others are learned from, and claims and yes/no questions that hide in other words ``EPOCHS``
    times. If a generation has learned all but the later articles, these shares of its yes/no questions and of the rest
    are ``known``, and are learned from once more. If it has learned the later articles, too, that is the share of them;
    then written sentences are learned from ``EPOCHS`` times, which no other generation learns, and nothing of what
    rules or the reader make of texts.
    """
    rng = random.Random(seed)
    is_last = later is not None
    others = with_distractors([*labelled(data, rng), *(() if is_last else made(data, rng))], DISTRACTED, rng)
    earlier = with_distractors([] if is_last else list(everyday()), DISTRACTED, rng)
    hidden = behind_chatter(list(shared(data, rng)), CHATTER, rng)
    new = [pair for pair in hidden if not known or pair.source.startswith(LATER)]
    old = [pair for pair in hidden if known and not pair.source.startswith(LATER)]
    again = [pair for pair in new if not pair.held_out and not pair.source.endswith(ANSWERS)]
    of_asked, of_rest = known or (1.0, 1.0)

    def some(pairs: Iterable[Pair], share: float) -> list[Pair]:
        return [pair for pair in pairs if pair.held_out or rng.random() < share]

    asked = [pair for pair in old if pair.source.endswith(ASKED)]
    rest = [pair for pair in old if not pair.source.endswith(ASKED)]
    every = [*some(others, share), *some(earlier, EARLIER * of_rest), *some(asked, of_asked), *some(rest, of_rest)]
    if later is None:
        every += [*new, *((EPOCHS - 1) * again)]
    else:
        sentences = list(written(rng))
        every += [*some(new, later), *sentences]
        every += (EPOCHS - 1) * [pair for pair in sentences if not pair.held_out]
    held: dict[str, list[Pair]] = {}
    for pair in every:
        if pair.held_out:
            held.setdefault(pair.source, []).append(pair)
    own = [pair for pair in every if not pair.held_out]
    rng.shuffle(own)
    return own, {source: pairs[:MOST_HELD_OUT] for source, pairs in held.items()}


def length_of(pair: Pair) -> int:
    """About how long a pair is, in characters."""
    return len(pair.claim) + len(pair.evidence)


@torch.no_grad()
def probabilities(model: VerifierModel, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> np.ndarray:
    """(pairs, 3): the probability of each verdict."""
    model.eval()
    found = np.empty((len(pairs), 3))
    order = sorted(range(len(pairs)), key=lambda i: length_of(pairs[i]))
    for start in range(0, len(order), 32):
        part = order[start : start + 32]
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(*batch_of(tokenizer, [pairs[i] for i in part]).inputs)
        found[part] = torch.softmax(logits.float(), dim=-1).numpy()
    model.train()
    return found


def evaluate(model: VerifierModel, tokenizer: Tokenizer, held: dict[str, list[Pair]]) -> dict[str, float]:
    """For each source the AUROC of supported against not supported, and how often the likeliest verdict is right."""
    figures = {}
    for source, pairs in held.items():
        found = probabilities(model, tokenizer, pairs)
        supported = [pair.label == SUPPORTED for pair in pairs]
        if any(supported) and not all(supported):
            figures[source] = float(auroc(found[:, SUPPORTED].tolist(), supported))
        labels = np.array([pair.label for pair in pairs])
        if (known := labels != UNSUPPORTED).any():
            figures[f"{source} verdict"] = float((found[known].argmax(axis=1) == labels[known]).mean())
    return {name: round(value, 4) for name, value in figures.items()}


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training/verifier"))
    reader = Path(".training/reader.onnx")
    parser.add_argument("--start", type=Path, default=reader, help="span reader or verifier to start from")
    parser.add_argument("--share", type=float, default=1.0, help="share of the pairs of others that are learned from")
    parser.add_argument("--known", type=float, nargs=2, metavar=("ASKED", "REST"), help="as read() says")
    parser.add_argument("--later", type=float, metavar="SHARE", help="as read() says")
    parser.add_argument("--batch", type=int, default=32, help="pairs a step")
    parser.add_argument("--steps", type=int, help="steps at most; all pairs once by default")
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate at its highest")
    return parser.parse_args()


def main() -> None:
    options = options_of()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    own, held = loop.kept(
        options.out / "data.pkl", lambda: read(options.data, options.seed, options.share, options.known, options.later)
    )
    rng = random.Random(options.seed)
    batches = loop.by_length(own, length_of, options.batch, POOL, rng)[: options.steps]
    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    model = VerifierModel.starting_from(options.start)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=options.rate, weight_decay=0.01, fused=True)
    checkpoint = options.out / "checkpoint.pt"
    step, spent = loop.resume(checkpoint, model, optimiser)
    if not step:
        loop.log(options.out, {"pairs": len(own), "held_out": {name: len(pairs) for name, pairs in held.items()}})
    began = saved = time.monotonic()
    losses: list[float] = []
    while step < len(batches):
        loop.set_rate(optimiser, options.rate, WARM_UP, step, len(batches))
        batch = batch_of(tokenizer, batches[step])
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(*batch.inputs)
        losses.append(loop.descend(loss_of(logits.float(), batch.labels), optimiser, step))
        step += 1
        now = time.monotonic()
        if step % 50 == 0:
            print(step, len(batches), f"{np.mean(losses[-50:]):.4f}", f"{spent + now - began:.0f} s", flush=True)
        if step % EVERY == 0 or step == len(batches):
            loss = round(float(np.mean(losses)), 4)
            loop.log(options.out, {"step": step, "loss": loss, **evaluate(model, tokenizer, held)})
            losses = []
        if now - saved > SAVED or step == len(batches):
            saved = now
            loop.save(checkpoint, model, optimiser, step, spent + now - began)


if __name__ == "__main__":
    main()
