"""What the training programs share: batches of similar length, steps, checkpoints to resume from, and a log."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch

T = TypeVar("T")


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
