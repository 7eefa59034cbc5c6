"""Answers to questions that are answered with yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.evaluation.metrics.answers import normalise_answer

_FIRST = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)
_POLAR = {"yes", "no"}


def are_polar(golds: Sequence[str]) -> bool:
    """Whether the gold answers are yes or no, and nothing else."""
    return bool(golds) and all(map(is_polar, golds))


def is_polar(gold: str) -> bool:
    """Whether a gold answer is yes or no, in whatever case and punctuation."""
    return normalise_answer(gold) in _POLAR


def begins_rightly(text: str, golds: Sequence[str]) -> bool:
    """Whether the text begins with a yes or no that is one of the gold answers."""
    return polar(text) in _POLAR & set(map(normalise_answer, golds))


def polar(text: str) -> str:
    """ "yes" or "no", where the text begins with that word; else the text itself."""
    first = _FIRST.match(text)
    return first[1].lower() if first else text
