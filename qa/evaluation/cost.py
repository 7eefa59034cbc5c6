"""What a run's answers cost: time, processor time, memory and tokens, from its records; and how that is shown.

What a system does not tell is unknown, and never 0. Records of earlier versions tell only their seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

PROCESSOR, MEMORY, READ, WRITTEN = "processor_seconds", "peak_memory", "tokens_in", "tokens_out"
COST = "cost"  # of a record, and of metrics.json
COSTS = (PROCESSOR, MEMORY, READ, WRITTEN)
_UNKNOWN = "–"
_MIB = 1 << 20


def costs_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Each of ``COSTS`` of a question; None where it is unknown."""
    told = record.get(COST) or {}
    return {name: told.get(name) for name in COSTS}


def cost(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part ``cost`` of ``metrics.json``; each value is None where no question tells it.

    ``{"seconds": {"median", "p95", "count"}, "processor_seconds": {"mean", "count"}, "peak_memory": bytes,
    "tokens_in": {"mean", "total", "count"}, "tokens_out": as tokens_in}``, where ``count`` is how many questions tell.
    """
    seconds = [record["seconds"] for record in records if record["seconds"]]
    told = {name: [own for record in records if (own := costs_of(record)[name]) is not None] for name in COSTS}
    return {
        "seconds": _seconds(seconds) if seconds else None,
        PROCESSOR: _mean(told[PROCESSOR]),
        MEMORY: max(told[MEMORY], default=None),
        **{name: _tokens(told[name]) for name in (READ, WRITTEN)},
    }


def _seconds(values: Sequence[float]) -> dict[str, float | int]:
    median, p95 = np.percentile(values, [50, 95])
    return {"median": round(float(median), 4), "p95": round(float(p95), 4), "count": len(values)}


def _mean(values: Sequence[float]) -> dict[str, float | int] | None:
    return {"mean": round(float(np.mean(values)), 4), "count": len(values)} if values else None


def _tokens(values: Sequence[int]) -> dict[str, float | int] | None:
    mean = _mean(values)
    return {**mean, "total": sum(values)} if mean else None


def cost_shown(told: Mapping[str, Any] | None, questions: int) -> list[tuple[str, str]]:
    """The part ``cost`` as rows to read, each a name and a value; "–" where it is unknown, as in earlier runs."""
    told = told or {}

    def shown(name: str, form: str) -> str:
        """The value in the form, with the number of questions that tell it where these are not all."""
        own = told.get(name)
        if not own:
            return _UNKNOWN
        some = f" (of {own['count']} questions)" if own["count"] < questions else ""
        return form.format(**own) + some

    memory = told.get(MEMORY)
    tokens = "{mean:,.0f}, in all {total:,}"
    return [
        ("seconds a question, median and 95%", shown("seconds", "{median:.3f} and {p95:.3f}")),
        ("processor seconds a question", shown(PROCESSOR, "{mean:.3f}")),
        ("memory at its peak", f"{memory / _MIB:,.0f} MiB" if memory else _UNKNOWN),
        ("tokens read a question", shown(READ, tokens)),
        ("tokens written a question", shown(WRITTEN, tokens)),
    ]
