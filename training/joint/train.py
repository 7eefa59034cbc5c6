"""Train the joint reader; an interrupted training resumes where it stopped.

    python -m training.joint.teacher --data DATA --out .training/joint
    python -m training.joint.train --data DATA --labels .training/joint --out .training/joint
    python -m training.joint.export .training/joint/checkpoint.pt qa/weights

Each step has a batch of questions on texts, which goes through all layers, and one of ranked passages, which goes
through the lower ones only. The loss is the earlier reader's (``training.train_reader``), the binary cross-entropy of
evidence and of orders by token, and for ranking the divergence of the scores of a question's passages from the
reranker's, with their difference, so that the logits mean the same.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation.metrics.abstention import auroc
from qa.evaluation.metrics.answers import f1
from qa.read.reader import TokenWindow, best_spans, windows
from training import loop
from training.joint.examples import Data, Example, Mark, Ranked, inserted, read, with_orders
from training.joint.model import END, EVIDENCE, ORDER, RELEVANCE, START, JointModel
from training.orders_data import read as read_orders
from training.train_reader import MULTIPLE, span_loss

WARM_UP = 100  # steps
POOL = 50  # batches whose examples are sorted by length together
QUESTIONS = 4  # of ranked passages in a step
RANKED_TOKENS = 320  # of a question and a passage that are ranked
SOFTENED = 2.0  # logits are divided by this where passages are compared
LOGITS = 3.0  # differences of logits are measured in this
EVIDENCE_SHARE, ORDER_SHARE, RANK_SHARE = 0.5, 0.3, 1.0  # of the loss
LOOKED_AT = 200  # held-out examples of each kind in the learning curve
EVERY, SAVED = 250, 240  # steps between two looks at what is held out; seconds between two checkpoints
SURE = 0.5  # probability from which a sentence is evidence, in the learning curve


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded inputs, each (rows, tokens). Marks are NaN where nothing is known."""

    inputs: tuple[Tensor, Tensor, Tensor]
    readable: Tensor
    spans: list[list[tuple[int, int, float]]]
    examples: list[Example]
    evidence: Tensor
    orders: Tensor
    windows: list[TokenWindow]


def batch_of(tokenizer: Tokenizer, examples: Sequence[Example]) -> Batch:
    """One window of each example: one with a span or with most evidence; without a span, spans are not known."""
    chosen = [_window_of(tokenizer, example) for example in examples]
    inputs = padded([(window.ids, window.types) for window, _ in chosen])
    readable = torch.zeros_like(inputs[0], dtype=torch.bool)
    evidence, orders = (torch.full(inputs[0].shape, torch.nan) for _ in range(2))
    for row, ((window, _), example) in enumerate(zip(chosen, examples, strict=True)):
        readable[row, window.first : window.first + len(window.offsets)] = True
        for target, marks in ((evidence, example.evidence), (orders, example.orders)):
            for number, how in _painted(window, marks):
                target[row, window.first + number] = how
    readable[:, 0] = True
    return Batch(
        inputs, readable, [spans for _, spans in chosen], list(examples), evidence, orders, [w for w, _ in chosen]
    )


def padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and types, each (rows, tokens), of token ids and types."""
    longest = max(len(own) for own, _ in rows)
    ids, mask, types = (torch.zeros(len(rows), -(-longest // MULTIPLE) * MULTIPLE, dtype=torch.long) for _ in range(3))
    for row, (own, segments) in enumerate(rows):
        ids[row, : len(own)] = torch.tensor(own)
        mask[row, : len(own)] = 1
        types[row, : len(own)] = torch.tensor(segments)
    return ids, mask, types


def _window_of(tokenizer: Tokenizer, example: Example) -> tuple[TokenWindow, list[tuple[int, int, float]]]:
    """The window with the most of what answers, and its candidate spans: first token, last token, prior."""
    every = windows(tokenizer, example.question, example.text)
    return max(
        ((own, list(_token_spans(own, example))) for own in every),
        key=lambda pair: (bool(pair[1]), _told(pair[0], example)),
    )


def _told(window: TokenWindow, example: Example) -> float:
    return sum(how for _, how in _painted(window, (*example.evidence, *example.orders)))


def _painted(window: TokenWindow, marks: Sequence[Mark]) -> Iterator[tuple[int, float]]:
    """The tokens in each mark, with how surely they belong; of two marks the later one counts."""
    for start, end, how in marks:
        for number, (a, b) in enumerate(window.offsets):
            if a < end and start < b:
                yield number, how


def _token_spans(window: TokenWindow, example: Example) -> Iterator[tuple[int, int, float]]:
    for (start, end), prior in zip(example.spans, example.priors, strict=True):
        if window.offsets[0][0] <= start and end <= window.offsets[-1][1]:
            own = [i for i, (a, b) in enumerate(window.offsets) if a < end and start < b]
            if own:
                yield window.first + own[0], window.first + own[-1], prior


def loss_of(outputs: Tensor, batch: Batch) -> Tensor:
    """The loss of all but the ranks; ``outputs`` is (rows, tokens, 5)."""
    known = torch.tensor([float(own.answerable is not None) for own in batch.examples])
    answerable = torch.tensor([float(bool(own.answerable)) for own in batch.examples])
    relevance = functional.binary_cross_entropy_with_logits(outputs[:, 0, RELEVANCE], answerable, weight=known)
    total = 0.5 * relevance + spans_loss(outputs, batch)
    total = total + EVIDENCE_SHARE * marked_loss(outputs[..., EVIDENCE], batch.evidence)
    return total + ORDER_SHARE * marked_loss(outputs[..., ORDER], batch.orders)


def spans_loss(outputs: Tensor, batch: Batch) -> Tensor:
    """Of the spans that may answer or, where it is known that none does, of none; over all examples."""
    starts, ends = (
        functional.log_softmax(outputs[..., i].masked_fill(~batch.readable, -1e4), dim=-1) for i in (START, END)
    )
    losses = []
    for row, spans in enumerate(batch.spans):
        if batch.examples[row].answerable is False:
            losses.append(-(starts[row, 0] + ends[row, 0]) / 2)
        elif spans:
            losses.append(span_loss(starts[row], ends[row], spans, batch.examples[row].sure))
    return torch.stack(losses).sum() / len(batch.spans) if losses else outputs.sum() * 0.0


def marked_loss(logits: Tensor, marks: Tensor) -> Tensor:
    """Over the tokens of which something is known: those that belong and the others have half the weight each."""
    known = ~torch.isnan(marks)
    if not known.any():
        return logits.sum() * 0.0
    own, target = logits[known], marks[known]
    each = functional.binary_cross_entropy_with_logits(own, target, reduction="none")
    total = torch.zeros(())
    for part in (target >= 0.5, target < 0.5):
        if part.any():
            total = total + each[part].mean() / 2
    return total


def rank_inputs(tokenizer: Tokenizer, ranked: Sequence[Ranked]) -> tuple[Tensor, Tensor, Tensor]:
    """All passages of the questions as one input."""
    return padded([ranked_tokens(tokenizer, own.question, text) for own in ranked for text in own.texts])


def ranked_tokens(tokenizer: Tokenizer, question: str, text: str) -> tuple[list[int], list[int]]:
    window = windows(tokenizer, question, text)[0]
    return window.ids[:RANKED_TOKENS], window.types[:RANKED_TOKENS]


def rank_loss(scores: Tensor, ranked: Sequence[Ranked]) -> Tensor:
    """How far the scores, (passages,), are from the reranker's: in their order, and by themselves."""
    total, at = torch.zeros(()), 0
    for own in ranked:
        mine, teacher = scores[at : at + len(own.logits)], torch.tensor(own.logits)
        at += len(own.logits)
        wanted = torch.softmax(teacher / SOFTENED, dim=0)
        total = total + functional.kl_div(torch.log_softmax(mine / SOFTENED, dim=0), wanted, reduction="sum")
        total = total + functional.smooth_l1_loss(mine / LOGITS, teacher / LOGITS)
    return total / len(ranked)


@torch.no_grad()
def outputs_of(
    model: JointModel, tokenizer: Tokenizer, examples: Sequence[Example]
) -> Iterator[tuple[Example, TokenWindow, np.ndarray]]:
    """The logits of one window of each example."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].text))
    for start in range(0, len(order), 16):
        part = [examples[i] for i in order[start : start + 16]]
        batch = batch_of(tokenizer, part)
        with torch.autocast("cpu", torch.bfloat16):
            logits, _ = model(*batch.inputs)
        yield from zip(part, batch.windows, logits.float().numpy(), strict=True)


def evaluate(model: JointModel, tokenizer: Tokenizer, data: Data, orders: Sequence[Example]) -> dict[str, float]:
    """How well each head does what it is for, on what is held out."""
    model.eval()
    right, margins, told, evidence = [], [], [], []
    for example, window, logits in outputs_of(model, tokenizer, data.held_spans[:LOOKED_AT]):
        span = best_spans(window, logits[:, START], logits[:, END], float(logits[0, RELEVANCE]))[0]
        right.append(f1(example.text[span.start : span.end], [example.text[a:b] for a, b in example.spans], "en"))
    for example, window, logits in outputs_of(model, tokenizer, data.held_everyday[:LOOKED_AT]):
        if example.answerable is not None:
            span = best_spans(window, logits[:, START], logits[:, END], float(logits[0, RELEVANCE]))[0]
            margins.append(span.margin)
            told.append(bool(example.answerable))
        evidence += (
            by_sentence(example.evidence, window, logits[:, EVIDENCE]) if example.answerable is not False else []
        )
    selected, relevant = [], []
    for example, window, logits in outputs_of(model, tokenizer, data.clapnq):
        relevant.append((float(logits[0, RELEVANCE]), bool(example.answerable)))
        if example.answerable:
            selected.append(_f1_of(by_sentence(example.evidence, window, logits[:, EVIDENCE])))
    explaining = [
        _f1_of(by_sentence(example.evidence, window, logits[:, EVIDENCE]))
        for example, window, logits in outputs_of(model, tokenizer, data.held_explaining)
        if example.answerable
    ]
    marked = [
        own
        for example, window, logits in outputs_of(model, tokenizer, orders)
        for own in by_sentence(example.orders[1:], window, logits[:, ORDER])
    ]
    firsts, errors = [], []
    with torch.no_grad():
        for own in data.held_ranked[:LOOKED_AT]:
            with torch.autocast("cpu", torch.bfloat16):
                _, scores = model.lower(*rank_inputs(tokenizer, [own]))
            scores = scores.float()
            firsts.append(int(scores.argmax()) == int(np.argmax(own.logits)))
            errors.append(float((scores - torch.tensor(own.logits)).abs().mean()))
    model.train()
    figures = {
        "f1": float(np.mean(right)),
        "everyday_margin": auroc(margins, told),
        "everyday_evidence": auroc([a for a, _ in evidence], [b for _, b in evidence]),
        "explaining_f1": float(np.mean(explaining)),
        "clapnq_f1": float(np.mean(selected)),
        "clapnq_relevance": auroc([a for a, _ in relevant], [b for _, b in relevant]),
        "orders": auroc([a for a, _ in marked], [b for _, b in marked]) if marked else 0.0,
        "same_first": float(np.mean(firsts)),
        "rank_error": float(np.mean(errors)),
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def by_sentence(marks: Sequence[Mark], window: TokenWindow, logits: np.ndarray) -> list[tuple[float, bool]]:
    """The mean logit of each sentence that is marked, and whether it belongs."""
    found = []
    for start, end, how in marks:
        own = [window.first + i for i, (a, b) in enumerate(window.offsets) if a < end and start < b]
        if own:
            found.append((float(logits[own].mean()), how >= 0.5))
    return found


def _f1_of(sentences: Sequence[tuple[float, bool]]) -> float:
    """Of the sentences that are evidence more likely than not, or the likeliest one."""
    best = max(logit for logit, _ in sentences)
    said = [own for logit, own in sentences if logit >= min(best, 0.0)]
    both = sum(said)
    return 2 * both / (len(said) + sum(own for _, own in sentences))


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--labels", type=Path, default=Path(".training/joint"), help="what training.joint.teacher wrote"
    )
    parser.add_argument("--out", type=Path, default=Path(".training/joint"))
    parser.add_argument("--start", type=Path, default=Path(".training/reader.onnx"), help="reader or checkpoint")
    parser.add_argument("--batch", type=int, default=32, help="examples a step")
    parser.add_argument("--steps", type=int, help="steps at most; all examples once by default")
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--rate", type=float, default=8e-5, help="learning rate at its highest")
    return parser.parse_args()


def main() -> None:
    options = options_of()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    tokenizer = load_tokenizer(folder)
    data = read(options.data, options.labels, rng)
    written = list(read_orders())
    own = with_orders(data.examples, [(text.text, text.kind == "order") for text in written if not text.held], rng)
    batches = loop.by_length(own, lambda example: len(example.question) + len(example.text), options.batch, POOL, rng)[
        : options.steps
    ]
    ranks = [rng.sample(data.ranked, QUESTIONS) for _ in batches]
    held = _held_orders(data, [(text.text, text.kind == "order") for text in written if text.held], rng)
    model = JointModel.starting_from(options.start, folder / "model.onnx")
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=options.rate, weight_decay=0.01, fused=True)
    checkpoint = options.out / "checkpoint.pt"
    step, spent = loop.resume(checkpoint, model, optimiser)
    if not step:
        counts = {"examples": len(own), "ranked": len(data.ranked), "orders": len(written), "steps": len(batches)}
        loop.log(options.out, {**counts, "step": 0, **evaluate(model, tokenizer, data, held)})
    model.train()
    began = saved = time.monotonic()
    while step < len(batches):
        loop.set_rate(optimiser, options.rate, WARM_UP, step, len(batches))
        batch = batch_of(tokenizer, batches[step])
        with torch.autocast("cpu", torch.bfloat16):
            outputs, _ = model(*batch.inputs)
            _, scores = model.lower(*rank_inputs(tokenizer, ranks[step]))
        parts = (loss_of(outputs.float(), batch), RANK_SHARE * rank_loss(scores.float(), ranks[step]))
        loop.descend(parts[0] + parts[1], optimiser, step)
        step += 1
        now = time.monotonic()
        if step % 10 == 0:
            print(
                step,
                len(batches),
                *(f"{part.item():.3f}" for part in parts),
                f"{spent + now - began:.0f} s",
                flush=True,
            )
        if step % EVERY == 0 or step == len(batches):
            loop.log(options.out, {"step": step, **evaluate(model, tokenizer, data, held)})
        if now - saved > SAVED or step == len(batches):
            saved = now
            loop.save(checkpoint, model, optimiser, step, spent + now - began)


def _held_orders(data: Data, texts: Sequence[tuple[str, bool]], rng: random.Random) -> list[Example]:
    """Held-out texts, orders and others, each between the sentences of one of the shorter held-out documents."""
    hosts = sorted(data.held_everyday, key=lambda own: len(own.text))[: len(data.held_everyday) // 3]
    return [inserted(rng.choice(hosts), text, is_order, rng) for text, is_order in texts]


if __name__ == "__main__":
    main()
