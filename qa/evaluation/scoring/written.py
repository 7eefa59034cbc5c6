"""What became of the sentences that a language model wrote: the shares shown, replaced by a quotation, and left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.answer.written import WrittenSentences


def written_metrics(answer: Mapping[str, Any]) -> dict[str, float]:
    """The shares of an answer's sentences, as it counts them; none where no model wrote any."""
    own = WrittenSentences.of(answer.get("model") or {})
    if own is None or not 0 < own.written >= own.shown + own.replaced:
        return {}
    return {
        "written_shown": own.shown / own.written,
        "written_replaced": own.replaced / own.written,
        "written_left_out": own.left_out / own.written,
    }
