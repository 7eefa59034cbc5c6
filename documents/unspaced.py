"""Scripts that are written without spaces, in which overlapping pairs of characters take the place of words."""

from __future__ import annotations

import re

UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
UNSPACED_RUN = re.compile(f"[{UNSPACED}]+")


def paired(text: str) -> str:
    """``text`` with every run of unspaced script replaced by its pairs of characters, with spaces between them."""
    return UNSPACED_RUN.sub(lambda run: f" {' '.join(pairs(run.group()))} ", text)


def pairs(run: str) -> list[str]:
    """The overlapping pairs of characters of ``run``; the character itself where there is only one."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
