"""What became of the sentences that a language model wrote: the shares shown, replaced by a quotation, and left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRITTEN = ("written_shown", "written_replaced", "written_left_out")


def written_metrics(answer: Mapping[str, Any]) -> dict[str, float]:
    """The shares of an answer's sentences, as it counts them; none where no model wrote any."""
    model = answer.get("model") or {}
    try:
        written, shown, replaced = (int(model[f"sentences_{name}"]) for name in ("written", "shown", "replaced"))
    except (KeyError, TypeError, ValueError):  # no model wrote, or an earlier version did, or it is another's answer
        return {}
    if not 0 < written >= shown + replaced:
        return {}
    return dict(zip(WRITTEN, (part / written for part in (shown, replaced, written - shown - replaced)), strict=True))
