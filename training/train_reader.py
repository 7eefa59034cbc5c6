"""Train the span reader that ``training.joint`` starts from; an interrupted training resumes where it stopped.

    python -m training.train_reader --data DATA/train --out .training
    python -m training.export_reader .training/checkpoint.pt .training/reader.onnx

Training starts from the default reranker (cross-encoder/ms-marco-MiniLM-L-12-v2, int8 ONNX, dequantised), which already
recognises passages that answer a question. It has three stages: exact answers; then mostly back-translated SQuAD 2.0
with candidate spans and unanswerable questions; finally exact answers and trusted weak labels in equal parts. Where
only candidate spans are known, the model itself chooses among them: hard EM (Min et al. 2019, "A Discrete Hard EM
Approach for Weakly Supervised Question Answering") with the candidates' priors, weighted by the posterior. The loss is
the cross-entropy of start and end (both [CLS] for an unanswerable question), plus the binary cross-entropy of the
relevance head, which starts as the reranker's."""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation.metrics.abstention import auroc
from qa.evaluation.metrics.answers import exact_match, f1
from qa.read.reader import Span, TokenWindow, best_spans, windows
from training import loop
from training.data import Data, Example, digests, read
from training.near_misses import last_stage

# For each stage: where it begins, as a share of all steps, and its share of exact answers.
STAGES = ((0.0, 1.0), (0.24, 0.25), (0.86, 0.5))
# The same when training starts from a reader that has already learnt from exact answers.
LATER_STAGES = ((0.0, 0.25), (0.82, 0.5))
TRUSTED = 0.85  # least prior of a weak label in the last stage
WARM_UP = 200  # steps
POOL = 50  # batches whose examples are sorted by length together
MULTIPLE = 32  # inputs are padded to a multiple of so many tokens: each new shape takes the library seconds
HELD_OUT = 400  # held-out weak questions for the learning curve


class ReaderModel(torch.nn.Module):
    """BERT with the two heads; returns (batch, tokens, 3): start, end and, on every token, the relevance logit."""

    def __init__(self, start: BertForSequenceClassification) -> None:
        super().__init__()
        self.bert = start.bert
        self.relevance = start.classifier
        self.span = torch.nn.Linear(start.config.hidden_size, 2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        # The additive mask has the type of the attention; a wider type would widen all of it.
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        masked = ((1 - mask[:, None, None, :]) * -1e4).to(kind)
        output = self.bert(input_ids=ids, attention_mask=masked, token_type_ids=types)
        relevance = self.relevance(output.pooler_output)[:, None].expand(-1, ids.shape[1], -1)
        return torch.cat([self.span(output.last_hidden_state), relevance], dim=-1)


_WEIGHTS = ("bert.", "embeddings.", "encoder.", "classifier.", "relevance.", "span.", "marks.", "verdict.")


def dequantised(onnx_path: Path) -> dict[str, torch.Tensor]:
    """The float weights of a dynamically quantised BERT, (q - zero point) x scale, by their PyTorch names.

    Linear layers are stored transposed, under their own name or that of the node that multiplies with them.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(onnx_path))
    arrays = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    state: dict[str, torch.Tensor] = {}

    def floats(name: str) -> np.ndarray:
        base = name.removesuffix("_quantized")
        scale, zero = arrays[f"{base}_scale"], arrays[f"{base}_zero_point"]
        return (arrays[name].astype(np.float32) - zero.astype(np.float32)) * scale

    for name, array in arrays.items():
        own = name.removeprefix("model.")  # of the reader in two parts
        if not own.startswith(_WEIGHTS):
            continue
        if array.dtype == np.float32 and not own.endswith("_scale"):
            state[own] = torch.tensor(array)
        elif own.endswith("_Transposed_quantized"):
            state[own.removesuffix("_Transposed_quantized")] = torch.tensor(floats(name).T.copy())
        elif own.endswith("_quantized"):
            state[own.removesuffix("_quantized")] = torch.tensor(floats(name))
    for node in model.graph.node:
        if node.op_type == "MatMulInteger" and node.input[1].endswith("_quantized"):
            layer = node.name.strip("/").removesuffix("_quant").rsplit("/", 1)[0].replace("/", ".")
            layer = f"bert.encoder.{layer}" if layer.startswith("layer.") else layer
            state[f"{layer}.weight"] = torch.tensor(floats(node.input[1]).T.copy())
    return state


def encoder_config() -> BertConfig:
    """The reranker's architecture, without dropout, which a single pass over the data does not need.

    Attention is not fused: on CPUs the backward pass of the fused kernel takes twice as long as everything else.
    """
    return BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536,
        num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, attn_implementation="eager",
    )  # fmt: skip


def starting_model(folder: Path) -> ReaderModel:
    """The reranker in PyTorch; word embeddings are frozen."""
    model = BertForSequenceClassification(encoder_config())
    state = dequantised(folder / "model.onnx")
    expected = {name for name, _ in model.named_parameters()}
    if missing := expected - set(state):
        raise SystemExit(f"weights that the ONNX file does not give: {sorted(missing)[:5]}")
    model.load_state_dict({name: tensor for name, tensor in state.items() if name in expected}, strict=False)
    reader = ReaderModel(model)
    reader.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return reader


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded inputs, each (rows, tokens); ``spans`` are the candidates of each row: first token, last token, prior."""

    inputs: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    readable: torch.Tensor
    spans: list[list[tuple[int, int, float]]]
    sure: list[bool]
    windows: list[TokenWindow]


def batch_of(tokenizer: Tokenizer, examples: Sequence[Example]) -> Batch:
    """The first window of each example; an example whose answers all lie beyond it is left out."""
    rows = []
    for example in examples:
        window = windows(tokenizer, example.question, example.text)[0]
        spans = list(_token_spans(window, example))
        if spans or not example.spans:
            rows.append((window, spans, example.sure))
    longest = max(len(window.ids) for window, _, _ in rows)
    length = -(-longest // MULTIPLE) * MULTIPLE
    ids, mask, types, readable = (torch.zeros(len(rows), length, dtype=torch.long) for _ in range(4))
    for row, (window, _, _) in enumerate(rows):
        size = len(window.ids)
        ids[row, :size] = torch.tensor(window.ids)
        types[row, :size] = torch.tensor(window.types)
        mask[row, :size] = 1
        readable[row, window.first : window.first + len(window.offsets)] = 1
    readable[:, 0] = 1
    return Batch(
        (ids, mask, types),
        readable.bool(),
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[0] for row in rows],
    )


def _token_spans(window: TokenWindow, example: Example) -> Iterator[tuple[int, int, float]]:
    for (start, end), prior in zip(example.spans, example.priors, strict=True):
        if end <= window.offsets[-1][1]:
            own = [i for i, (a, b) in enumerate(window.offsets) if a < end and start < b]
            if own:
                yield window.first + own[0], window.first + own[-1], prior


def loss_of(outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
    """The loss described in the module's docstring, a mean over the rows; ``outputs`` is (rows, tokens, 3)."""
    starts, ends = (functional.log_softmax(outputs[..., i].masked_fill(~batch.readable, -1e4), dim=-1) for i in (0, 1))
    answerable = torch.tensor([float(bool(spans)) for spans in batch.spans])
    span_losses = []
    for row, spans in enumerate(batch.spans):
        if not spans:
            span_losses.append(-(starts[row, 0] + ends[row, 0]) / 2)
            continue
        span_losses.append(span_loss(starts[row], ends[row], spans, batch.sure[row]))
    relevance = functional.binary_cross_entropy_with_logits(outputs[:, 0, 2], answerable)
    return torch.stack(span_losses).mean() + 0.5 * relevance


def span_loss(
    starts: torch.Tensor, ends: torch.Tensor, spans: Sequence[tuple[int, int, float]], sure: bool
) -> torch.Tensor:
    """Of the likeliest candidate, weighted by the posterior of all that overlap it, unless it is ``sure``."""
    first, last, prior = (torch.tensor(column) for column in zip(*spans, strict=True))
    likelihood = starts[first] + ends[last]
    weights = torch.softmax((likelihood.detach() + torch.log(prior)), dim=0)
    best = int(weights.argmax())
    alike = (first <= last[best]) & (last >= first[best])  # the same answer with another start or end
    weight = 1.0 if sure else float(weights[alike].sum())
    return -weight * likelihood[best] / 2


Stages = Sequence[tuple[float, float]]


def schedule(data: Data, stages: Stages, steps: int, size: int, rng: random.Random) -> list[list[Example]]:
    """The batches of all steps, stage by stage, with examples of similar length together to save padding."""
    trusted = [example for example in data.weak if not example.spans or max(example.priors) >= TRUSTED]
    clean, weak, last = (cycle(part) for part in (data.clean, data.weak, trusted))
    borders = [round(share * steps) for share, _ in stages] + [steps]
    batches: list[list[Example]] = []
    for number, (_, exact) in enumerate(stages):
        count = size * (borders[number + 1] - borders[number])
        own = list(islice(clean, round(exact * count)))
        own += islice(last if number == len(stages) - 1 else weak, count - len(own))
        rng.shuffle(own)
        batches += loop.by_length(own, length_of, size, POOL, rng)
    return batches


def length_of(example: Example) -> int:
    """About how long an example is, in characters."""
    return len(example.question) + len(example.text)


@torch.no_grad()
def predict(model: ReaderModel, tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Span]:
    """The best span of each example's first window."""
    model.eval()
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].text))
    found: dict[int, Span] = {}
    for start in range(0, len(order), 16):
        part = order[start : start + 16]
        batch = batch_of(tokenizer, [Example(examples[i].question, examples[i].text) for i in part])
        with torch.autocast("cpu", torch.bfloat16):
            outputs = model(*batch.inputs).float().numpy()
        for i, window, row in zip(part, batch.windows, outputs, strict=True):
            found[i] = best_spans(window, row[:, 0], row[:, 1], float(row[0, 2]))[0]
    model.train()
    return [found[i] for i in range(len(examples))]


def evaluate(model: ReaderModel, tokenizer: Tokenizer, data: Data) -> dict[str, float]:
    """EM and F1 on held-out exact answers; AUROC of margin and relevance on held-out weak questions.

    Where everyday documents are held out, too: F1 and AUROC of the margin on them.
    """
    spans = predict(model, tokenizer, data.held_clean)
    pairs = [
        (example.text[span.start : span.end], [example.text[a:b] for a, b in example.spans])
        for example, span in zip(data.held_clean, spans, strict=True)
    ]
    held = data.held_weak[:HELD_OUT]
    spans = predict(model, tokenizer, held)
    answerable = [bool(example.spans) for example in held]
    figures = {
        "exact_match": float(np.mean([exact_match(said, gold, "en") for said, gold in pairs])),
        "f1": float(np.mean([f1(said, gold, "en") for said, gold in pairs])),
        "auroc_margin": auroc([span.margin for span in spans], answerable),
        "auroc_relevance": auroc([span.relevance for span in spans], answerable),
    }
    if data.held_everyday:
        spans = predict(model, tokenizer, data.held_everyday)
        answerable = [bool(example.spans) for example in data.held_everyday]
        figures["everyday_auroc_margin"] = auroc([span.margin for span in spans], answerable)
        figures["everyday_f1"] = float(
            np.mean(
                [
                    f1(example.text[span.start : span.end], [example.text[a:b] for a, b in example.spans], "en")
                    for example, span in zip(data.held_everyday, spans, strict=True)
                    if example.spans
                ]
            )
        )
    return figures


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training"))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--questions", type=Path, help="learn only the last stage, of the questions in this folder")
    parser.add_argument("--batch", type=int, default=32, help="examples a step")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate at its highest")
    parser.add_argument("--start", type=Path, help="go on from this exported reader, past the first stage")
    parser.add_argument(
        "--freeze", type=int, default=0, help="lower layers that stay as they are: a step takes less time"
    )
    return parser.parse_args()


def planned(options: argparse.Namespace, rng: random.Random) -> tuple[Data, list[list[Example]], Stages]:
    """The data, the batches of all steps, and the stages that they belong to: none where only the last is learned."""
    data = read(options.data, rng)
    if options.questions:
        own, held = last_stage(options.questions, data, rng)
        batches = loop.by_length(own, length_of, options.batch, POOL, rng)[: options.steps]
        return replace(data, held_everyday=held), batches, ()
    stages = LATER_STAGES if options.start else STAGES
    return data, schedule(data, stages, options.steps, options.batch, rng), stages


def main() -> None:
    options = options_of()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    data, batches, stages = planned(options, rng)
    steps = len(batches)
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    tokenizer = load_tokenizer(folder)
    model = starting_model(folder)
    if options.start:
        model.load_state_dict(dequantised(options.start))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=options.rate, weight_decay=0.01, fused=True)
    checkpoint = options.out / "checkpoint.pt"
    step, spent = loop.resume(checkpoint, model, optimiser)
    borders = {round(share * steps): number for number, (share, _) in enumerate(stages)}
    if not checkpoint.exists():
        settings = {"seed": options.seed, "steps": steps, "batch": options.batch, "rate": options.rate}
        settings |= {"start": hashlib.sha256(options.start.read_bytes()).hexdigest() if options.start else None}
        loop.log(
            options.out, {**settings, "clean": len(data.clean), "weak": len(data.weak), "data": digests(options.data)}
        )
    for layer in model.bert.encoder.layer[: options.freeze]:
        layer.requires_grad_(False)
    if options.freeze:
        model.bert.embeddings.requires_grad_(False)
    model.train()
    began = last_save = time.monotonic()
    while step < steps:
        loop.set_rate(optimiser, options.rate, WARM_UP, step, steps)
        batch = batch_of(tokenizer, batches[step])
        with torch.autocast("cpu", torch.bfloat16):
            outputs = model(*batch.inputs)
        loss = loop.descend(loss_of(outputs.float(), batch), optimiser, step)
        step += 1
        if step in borders:
            torch.save({"model": model.state_dict()}, options.out / f"stage-{borders[step]}.pt")
        if time.monotonic() - last_save > 300 or step == steps:
            last_save = time.monotonic()
            minutes = (spent + last_save - began) / 60
            loop.save(checkpoint, model, optimiser, step, spent + last_save - began)
            loop.log(
                options.out,
                {"step": step, "minutes": round(minutes, 1), "loss": loss, **evaluate(model, tokenizer, data)},
            )


if __name__ == "__main__":
    main()
