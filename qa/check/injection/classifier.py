"""Is a text an instruction to a machine? A classifier learned from examples.

A logistic regression over short runs of tokens (``weights.json``, made by ``training.fit_injection``). The weights can
be read: each is a run of tokens, and how much it speaks for an injected instruction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

# Tokens of a window and between the starts of windows: a short instruction counts in a long text too.
WINDOW = 40
STEP = 20

# The weights were trained on these tokens: changing a pattern means training again.
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|example|io|info)\b\S*|\S+@\S+\.\w+")
_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u9fff]|(?:[^\\W_]|[\u0900-\u097f])+|[^\\s]")
_DIGITS = re.compile(r"\d+")
# Where an instruction may begin within a sentence: after a full stop inside it, and where markup opens.
_PART = re.compile(r"(?<=[.!?]) +|(?=\[\[|\{\{|<!--|<\w|%%|@@)")
_STEM = 5  # letters of a long word that its other forms share


def windows(folded: str) -> Iterator[list[str]]:
    """The text's tokens in runs of up to ``WINDOW`` that overlap by half.

    A token is a word, a mark or, in scripts without spaces, a character; an address and a number are one token each.
    The text's beginning is the token ^, its end the token $.
    """
    tokens = ["^", *_TOKEN.findall(_DIGITS.sub("0", _ADDRESS.sub(" URL ", folded))), "$"]
    for start in range(0, max(1, len(tokens) - STEP), STEP):
        yield tokens[start : start + WINDOW]


def features(tokens: Sequence[str]) -> set[str]:
    """Runs of one to three tokens, pairs with one or two tokens between them, and the beginnings of long words."""
    pairs = list(pairwise(tokens))
    found = {*tokens, *(f"{token[:_STEM]}*" for token in tokens if len(token) > _STEM)}
    found.update(f"{one} {two}" for one, two in pairs)
    found.update(f"{one} {two} {three}" for (one, two), three in zip(pairs, tokens[2:], strict=False))
    for gap in (2, 3):
        found.update(f"{one} _ {two}" for one, two in zip(tokens, tokens[gap:], strict=False))
    return found


@dataclass(frozen=True, slots=True)
class Classifier:
    """A linear model over ``features``; a text is an injected instruction from ``threshold`` on."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def score(self, folded: str) -> float:
        """The log-odds of an injected instruction in the text's most suspicious window, or a part's."""
        weight = self.weights.get
        parts = _PART.split(folded)
        texts = (folded, *filter(None, parts)) if len(parts) > 1 else (folded,)
        found = (features(tokens) for text in texts for tokens in windows(text))
        return self.bias + max(sum(weight(feature, 0.0) for feature in own) for own in found)

    def flags(self, folded: str, discount: float = 0.0) -> bool:
        """Whether the score reaches the threshold, lowered by ``discount``."""
        return self.score(folded) >= self.threshold - discount


def load(text: str) -> Classifier:
    """The classifier in a JSON text."""
    data = json.loads(text)
    weights = {feature: data["scale"] * weight for feature, weight in data["weights"].items()}
    return Classifier(weights, data["bias"], data["threshold"])


@lru_cache(maxsize=1)
def shipped() -> Classifier:
    """The classifier that ships."""
    return load((files("qa.check.injection") / "weights.json").read_text("utf-8"))
