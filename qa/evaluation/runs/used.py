"""Which settings mean anything to the system of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.evaluation.runs.config import GENERATION

# What each baseline uses of the settings that a run records; every other system uses all.
_USED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("bm25", "coverage"), frozenset()),
    **dict.fromkeys(("dense", "hybrid"), frozenset({"embedder"})),
    "reranker": frozenset({"reranker", "judge"}),
    "closed-book": frozenset({"backend", *GENERATION}),
}


def is_used(setting: str, config: Mapping[str, Any]) -> bool:
    """Whether the setting means anything to the system of the run with this configuration; to another's none does."""
    used = _USED.get(config["system"])
    return config.get("own") is not False and (used is None or setting in used)
