"""Answers to questions that are answered with yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FIRST = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)
_POLAR = {"yes", "no"}


def are_polar(golds: Sequence[str]) -> bool:
    """Whether the gold answers are yes or no, and nothing else."""
    return bool(golds) and {gold.lower() for gold in golds} <= _POLAR


def polar(text: str) -> str:
    """ "yes" or "no", where the text begins with that word; else the text itself."""
    first = _FIRST.match(text)
    return first[1].lower() if first else text
