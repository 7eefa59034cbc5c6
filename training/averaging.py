"""The mean of two models' weights: what a training taught, with what its start read better (Wortsman et al. 2022)."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

from torch import nn

Model = TypeVar("Model", bound=nn.Module)


def between(start: Model, learned: Model, share: float) -> Model:
    """The model whose weights are the mean of both, of which those ``learned`` count as ``share``, from 0 to 1."""
    found, first, last = deepcopy(start), start.state_dict(), learned.state_dict()
    found.load_state_dict({name: (1 - share) * first[name] + share * value for name, value in last.items()})
    return found
