"""Does a text give orders to whoever reads on the user's behalf? Learned from examples, not listed.

A logistic regression over short runs of words (``weights.json``, made by ``training.fit_injection``). The weights can
be read: each is a run of words, and how much it speaks for an order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

# Longer texts are judged a window at a time, so that no order is drowned in other words.
WINDOW = 40
STEP = 20

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|example|io|info)\b\S*|\S+@\S+\.\w+")
_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|(?:[^\\W_]|[\u0900-\u097f])+|[^\\s]")
_DIGITS = re.compile(r"\d+")
# Where an order may begin within what looks like one sentence: after its end, and where markup opens.
_PART = re.compile(r"(?<=[.!?]) +|(?=\[\[|\{\{|<!--|<\w|%%|@@)")
_STEM = 5  # characters that a long word shares with its other forms


def windows(folded: str) -> Iterator[list[str]]:
    """The text's words, marks and, of scripts without spaces, characters, in runs that overlap by half.

    An address and a number are one token each; ^ and $ stand where the text begins and ends.
    """
    words = ["^", *_TOKEN.findall(_DIGITS.sub("0", _ADDRESS.sub(" URL ", folded))), "$"]
    for start in range(0, max(1, len(words) - STEP), STEP):
        yield words[start : start + WINDOW]


def features(words: Sequence[str]) -> set[str]:
    """Runs of one to three tokens, pairs with one or two tokens between them, and the beginnings of long words."""
    pairs = list(pairwise(words))
    found = {*words, *(f"{word[:_STEM]}*" for word in words if len(word) > _STEM)}
    found.update(f"{one} {two}" for one, two in pairs)
    found.update(f"{one} {two} {three}" for (one, two), three in zip(pairs, words[2:], strict=False))
    for gap in (2, 3):
        found.update(f"{one} _ {two}" for one, two in zip(words, words[gap:], strict=False))
    return found


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A linear model over ``features``; a text counts from ``threshold`` on."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def score(self, folded: str) -> float:
        """The log-odds of an order in the most suspicious window of the text, or of a part of it."""
        weight = self.weights.get
        parts = _PART.split(folded)
        texts = (folded, *filter(None, parts)) if len(parts) > 1 else (folded,)
        found = (features(words) for text in texts for words in windows(text))
        return self.bias + max(sum(weight(feature, 0.0) for feature in own) for own in found)

    def finds(self, folded: str, less: float = 0.0) -> bool:
        """Whether the score reaches the threshold, or comes as near to it as ``less``."""
        return self.score(folded) >= self.threshold - less


def load(text: str) -> Recogniser:
    """The recogniser that the JSON text holds."""
    data = json.loads(text)
    weights = {feature: data["scale"] * weight for feature, weight in data["weights"].items()}
    return Recogniser(weights, data["bias"], data["threshold"])


@lru_cache(maxsize=1)
def recogniser() -> Recogniser:
    """The one that ships."""
    return load((files("qa.check.injection") / "weights.json").read_text("utf-8"))
