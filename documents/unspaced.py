"""Scripts written without spaces: overlapping pairs of characters (bigrams) stand in for words."""

from __future__ import annotations

import re

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")


def paired(text: str) -> str:
    """``text`` with every run of an unspaced script replaced by its pairs of characters, separated by spaces."""
    return UNSPACED_RUN.sub(lambda run: f" {' '.join(pairs(run.group()))} ", text)


def pairs(run: str) -> list[str]:
    """The run's overlapping pairs of characters; a single character is returned as it is."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
