"""The loop that both training programs share: batches, the learning rate, steps, checkpoints, the log."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# PyTorch is imported where it is tested: every worker imports this file.
if TYPE_CHECKING:
    import torch


def trained(steps: int, checkpoint: Path | None = None, stop: int | None = None) -> torch.nn.Linear:
    """A small model after so many steps; with a ``checkpoint``, stopped after ``stop`` and resumed from it."""
    import torch

    from training import loop

    torch.manual_seed(1)
    inputs = torch.randn(steps, 4, 3)
    model = torch.nn.Linear(3, 1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    step, _ = loop.resume(checkpoint, model, optimiser) if checkpoint else (0, 0.0)
    while step < (stop or steps):
        loop.set_rate(optimiser, 0.1, 2, step, steps)
        loop.descend((model(inputs[step]) - 1).square().mean(), optimiser, step)
        step += 1
    if checkpoint:
        loop.save(checkpoint, model, optimiser, step, 1.5)
    return model


def test_batches_have_every_item_once_and_similar_lengths() -> None:
    from training import loop

    items = random.Random(3).sample(range(1, 41), 40)
    batches = loop.by_length(items, lambda item: item, 4, 10, random.Random(5))
    assert sorted(item for batch in batches for item in batch) == sorted(items)
    assert all(max(batch) - min(batch) <= 4 for batch in batches[:10])
    assert batches == loop.by_length(items, lambda item: item, 4, 10, random.Random(5))


def test_the_learning_rate_rises_and_then_falls_to_nothing() -> None:
    import torch

    from training import loop

    optimiser = torch.optim.AdamW(torch.nn.Linear(1, 1).parameters())
    rates = []
    for step in range(5):
        loop.set_rate(optimiser, 1.0, 2, step, 4)
        rates.append(optimiser.param_groups[0]["lr"])
    assert rates == [0.5, 0.75, 0.5, 0.25, 0.0]


def test_a_resumed_training_gives_the_same_weights(tmp_path: Path) -> None:
    import torch

    whole = trained(6)
    trained(6, tmp_path / "checkpoint.pt", stop=3)
    resumed = trained(6, tmp_path / "checkpoint.pt")
    assert torch.equal(whole.weight, resumed.weight)
    assert torch.equal(whole.bias, resumed.bias)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_training_goes_on_with_the_data_that_it_began_with(tmp_path: Path) -> None:
    from training import loop

    first = loop.kept(tmp_path / "new" / "data.pkl", lambda: [("a", 1)])
    assert loop.kept(tmp_path / "new" / "data.pkl", lambda: [("other", 2)]) == first == [("a", 1)]


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    import torch

    from training import loop

    model = torch.nn.Linear(1, 1)
    with pytest.raises(SystemExit, match="loss is nan at step 7"):
        loop.descend(model(torch.tensor([float("nan")])).sum(), torch.optim.AdamW(model.parameters()), 7)


def test_the_log_keeps_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from training import loop

    for step in (1, 2):
        loop.log(tmp_path, {"step": step})
    rows = (tmp_path / "curve.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row) for row in rows] == [{"step": 1}, {"step": 2}]
    assert capsys.readouterr().out.splitlines() == rows
