"""A logistic regression over a few signals, fitted by a command and shipped as data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Regression:
    """How likely something is, by its signals; it is taken to be so where the probability is ``least`` at least."""

    bias: float
    weights: Mapping[str, float]
    least: float

    @classmethod
    def shipped(cls, name: str) -> Regression:
        """The one that ships as ``qa/read/NAME.json``."""
        return cls(**json.loads((files("qa.read") / f"{name}.json").read_text("utf-8")))

    def probability(self, **signals: float) -> float:
        """The probability that the signals stand for, one for each weight.

        Raises:
            KeyError: a signal is missing.
        """
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-logit))

    def dumped(self) -> str:
        """The text of its file."""
        return json.dumps({"bias": self.bias, "weights": dict(self.weights), "least": self.least}) + "\n"
