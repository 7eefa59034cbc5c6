"""Train the sentence reader that ships in ``qa/weights``: one command, resumes, bounded by time.

    python -m training.train_reader --data DATA/train --out .training --minutes 60
    python -m training.export_reader .training qa/weights

Starts from the weights of the default reranker (cross-encoder/ms-marco-MiniLM-L-12-v2, int8 ONNX, dequantised), which
already knows which passage answers a question; learns from ``training.data`` to judge single sentences in
context and to say no. Binary cross-entropy over all pairs plus softmax cross-entropy over the sentences of a question
that has an answer.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification

from index.models import DEFAULT_RERANKER, resolve
from qa.reader import encode
from training.data import Group, read


def dequantised(onnx_path: Path) -> dict[str, torch.Tensor]:
    """The float weights behind a dynamically quantised BERT: (q - zero point) x scale, by their PyTorch names."""
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
        if name.startswith(("bert.", "classifier.")) and array.dtype == np.float32 and not name.endswith("_scale"):
            state[name] = torch.tensor(array)
        elif name.startswith(("bert.", "classifier.")) and name.endswith("_quantized"):
            state[name.removesuffix("_quantized")] = torch.tensor(floats(name))
    for node in model.graph.node:
        if node.op_type == "MatMulInteger" and node.input[1].endswith("_quantized"):
            layer = node.name.strip("/").removesuffix("_quant").rsplit("/", 1)[0].replace("/", ".")
            state[f"{layer}.weight"] = torch.tensor(floats(node.input[1]).T.copy())
    return state


def starting_model(folder: Path) -> BertForSequenceClassification:
    """The reranker in PyTorch, every weight matched; without dropout, which one pass over the data does not need."""
    config = BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=12, num_attention_heads=12, intermediate_size=1536,
        num_labels=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    state = dequantised(folder / "model.onnx")
    expected = {name for name, _ in model.named_parameters()}
    if missing := expected - set(state):
        raise SystemExit(f"weights that the ONNX file does not give: {sorted(missing)[:5]}")
    model.load_state_dict({name: tensor for name, tensor in state.items() if name in expected}, strict=False)
    return model


def bucketed(groups: list[Group], size: int, rng: random.Random) -> list[list[Group]]:
    """Batches of ``size`` groups of like length, in random order: padding is work for nothing."""

    def length(group: Group) -> int:
        return max(len(group.question) + len(context) + len(sentence) for context, sentence in group.pairs)

    pool = 50 * size
    batches = []
    for start in range(0, len(groups), pool):
        part = sorted(groups[start : start + pool], key=length)
        own = [part[i : i + size] for i in range(0, len(part), size)]
        rng.shuffle(own)
        batches += own
    return batches


def batch_of(tokenizer: Tokenizer, groups: list[Group]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Padded inputs of every pair, and labels of shape (pairs,): 1.0 for the sentence that answers."""
    rows = [encode(tokenizer, group.question, *pair) for group in groups for pair in group.pairs]
    length = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (tokens, kinds) in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        types[row, : len(tokens)] = torch.tensor(kinds)
        mask[row, : len(tokens)] = 1
    labels = torch.tensor([float(i == group.answer) for group in groups for i in range(len(group.pairs))])
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}, labels


def loss_of(logits: torch.Tensor, labels: torch.Tensor, groups: list[Group]) -> torch.Tensor:
    """Mean binary cross-entropy, plus the mean softmax cross-entropy of the groups that have an answer."""
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    parts, start = [], 0
    for group in groups:
        if group.answer is not None:
            own = logits[start : start + len(group.pairs)]
            parts.append(torch.nn.functional.cross_entropy(own[None], torch.tensor([group.answer])))
        start += len(group.pairs)
    return loss + 0.5 * torch.stack(parts).mean() if parts else loss


@torch.no_grad()
def evaluate(model: BertForSequenceClassification, tokenizer: Tokenizer, groups: list[Group]) -> dict[str, float]:
    """Right sentence first, and AUROC of the best logit for answerable versus not, on held-out groups."""
    model.eval()
    right, best = [], []
    for part in bucketed(groups, 12, random.Random(0)):
        inputs, _ = batch_of(tokenizer, part)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(**inputs).logits[:, 0].float()
        position = 0
        for group in part:
            own = logits[position : position + len(group.pairs)]
            position += len(group.pairs)
            best.append((float(own.max()), group.answer is not None))
            if group.answer is not None:
                right.append(int(own.argmax()) == group.answer)
    model.train()
    positive = [score for score, answerable in best if answerable]
    negative = [score for score, answerable in best if not answerable]
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return {"right_sentence": sum(right) / len(right), "auroc": wins / (len(positive) * len(negative))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--rate", type=float, default=6e-5)
    parser.add_argument("--groups", type=int, default=12, help="questions a step")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    train, held = read(options.data, rng)
    held = held[:400]
    batches = bucketed(train, options.groups, rng)
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = starting_model(folder)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=0.01)
    spent, step = 0.0, 0
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        spent, step = saved["spent"], saved["step"]
    else:
        log(options.out, {"groups": len(train), "held_out": len(held), **evaluate(model, tokenizer, held)})
    model.train()
    last_save = time.monotonic()
    began = last_save - spent
    while (share := (time.monotonic() - began) / (60 * options.minutes)) < 1:
        for setting in optimiser.param_groups:
            setting["lr"] = options.rate * min(1.0, step / 200) * (1 - share)
        groups = batches[step % len(batches)]
        inputs, labels = batch_of(tokenizer, groups)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(**inputs).logits[:, 0]
        loss = loss_of(logits.float(), labels, groups)
        if not math.isfinite(loss.item()):
            raise SystemExit(f"loss is {loss.item()} at step {step}")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        step += 1
        if time.monotonic() - last_save > 300:
            last_save = time.monotonic()
            figures = evaluate(model, tokenizer, held)
            log(options.out, {"step": step, "minutes": (last_save - began) / 60, "loss": loss.item(), **figures})
            save(checkpoint, model, optimiser, time.monotonic() - began, step)
    save(checkpoint, model, optimiser, time.monotonic() - began, step)
    log(options.out, {"step": step, "seed": options.seed, "done": True, **evaluate(model, tokenizer, held)})


def save(path: Path, model: torch.nn.Module, optimiser: torch.optim.Optimizer, spent: float, step: int) -> None:
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "spent": spent, "step": step}
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def log(out: Path, row: dict[str, object]) -> None:
    line = json.dumps(row)
    print(line, flush=True)
    with (out / "curve.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main()
