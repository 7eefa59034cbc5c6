"""What the training programs share: batches of similar length, steps, checkpoints to resume from, and a log."""

from __future__ import annotations

import json
import math
import pickle
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """The highest learning ``rate``, and how it goes on; all but ``saved``, in seconds, are numbers of steps.

    - ``warm_up``: until the rate is reached;
    - ``printed``, ``looked_at``, ``saved``: from one printed loss, look at held-out examples, checkpoint to the next.
    """

    rate: float
    warm_up: int
    printed: int
    looked_at: int
    saved: float


def by_length(
    items: Sequence[T], length: Callable[[T], int], size: int, pool: int, rng: random.Random
) -> list[list[T]]:
    """The items in batches of ``size`` of similar ``length``, to save padding; ``pool`` batches are sorted together."""
    found: list[list[T]] = []
    for start in range(0, len(items), pool * size):
        own = sorted(items[start : start + pool * size], key=length)
        parts = [own[i : i + size] for i in range(0, len(own), size)]
        rng.shuffle(parts)
        found += parts
    return found


def kept(file: Path, make: Callable[[], T]) -> T:
    """What ``make`` gives, from the ``file`` where it was kept before: a training goes on with the data it began with.

    The file is a pickle of this machine's: it is scratch, like the checkpoint beside it.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".tmp").write_bytes(pickle.dumps(make()))
        file.with_suffix(".tmp").replace(file)
    found: T = pickle.loads(file.read_bytes())
    return found


def set_rate(optimiser: torch.optim.Optimizer, highest: float, warm_up: int, step: int, steps: int) -> None:
    """Set the learning rate of a step: it rises for ``warm_up`` steps, and falls to 0 over all of them."""
    for setting in optimiser.param_groups:
        setting["lr"] = highest * min(1.0, (step + 1) / warm_up) * (1 - step / steps)


def descend(loss: torch.Tensor, optimiser: torch.optim.Optimizer, step: int) -> float:
    """One step of the optimiser, its gradients clipped; returns the loss.

    Raises:
        SystemExit: the loss is not finite.
    """
    loss.backward()
    weights = [weight for setting in optimiser.param_groups for weight in setting["params"]]
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimiser.step()
    optimiser.zero_grad()
    value = loss.item()
    if not math.isfinite(value):
        raise SystemExit(f"loss is {value} at step {step}")
    return value


def resume(checkpoint: Path, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
    """Go on from the checkpoint; returns its step and the seconds spent until then, 0 and 0 where there is none."""
    if not checkpoint.exists():
        return 0, 0.0
    saved = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return saved["step"], saved["spent"]


def save(checkpoint: Path, model: torch.nn.Module, optimiser: torch.optim.Optimizer, step: int, spent: float) -> None:
    """Write the checkpoint, in one piece."""
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "spent": spent, "step": step}
    torch.save(state, checkpoint.with_suffix(".tmp"))
    checkpoint.with_suffix(".tmp").replace(checkpoint)


def log(folder: Path, row: Mapping[str, object]) -> None:
    """Print a row of the learning curve, and add it to the one in the folder."""
    line = json.dumps(row)
    print(line, flush=True)
    with (folder / "curve.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def one_pass(
    model: torch.nn.Module,
    batches: Sequence[T],
    loss_of: Callable[[T], torch.Tensor],
    out: Path,
    pace: Pace,
    *,
    about: Mapping[str, object],
    figures: Callable[[], Mapping[str, object]],
) -> None:
    """Train the model on each batch once, or go on from the checkpoint in ``out``, where the log is kept, too.

    The log begins with what the training is ``about``, and has the ``figures`` at each look.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=pace.rate, weight_decay=0.01, fused=True)
    checkpoint = out / "checkpoint.pt"
    step, spent = resume(checkpoint, model, optimiser)
    if not step:
        log(out, about)
    began = saved = time.monotonic()
    losses: list[float] = []
    model.train()
    while step < len(batches):
        set_rate(optimiser, pace.rate, pace.warm_up, step, len(batches))
        losses.append(descend(loss_of(batches[step]), optimiser, step))
        step += 1
        now = time.monotonic()
        if step % pace.printed == 0:
            print(
                step,
                len(batches),
                f"{np.mean(losses[-pace.printed :]):.4f}",
                f"{spent + now - began:.0f} s",
                flush=True,
            )
        if step % pace.looked_at == 0 or step == len(batches):
            log(out, {"step": step, "loss": round(float(np.mean(losses)), 4), **figures()})
            losses = []
        if now - saved > pace.saved or step == len(batches):
            saved = now
            save(checkpoint, model, optimiser, step, spent + now - began)
