"""Whether the reasons of a saved answer are such as Refdesk gives, for the confidence that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qa.answer.reasons import WORDS, caveat_of, reason

# Those that a number begins with; one of them comes first, and no other.
BEGINNINGS = ("start", "nothing", "computed", "placed", "overview")
# Those that are said beside the number, and move nothing.
BESIDE = ("least", "threshold", "caveat")
SIGNALS = ("margin", "lead", "entails")  # those with words for more and for less than usual
_NAMES = re.compile(r"“([^”]+)”")
_EXACT = 2e-4  # shares and confidence have four decimals

Record = Mapping[str, Any]


def problems_of_reasons(answer: Record) -> Iterator[str]:
    """What is wrong with the reasons, a line each; nothing where there are none, as in answers of earlier versions."""
    reasons = answer.get("reasons") or []
    if not reasons:
        return
    if abs(sum(own["share"] for own in reasons) - answer["confidence"]) > _EXACT:
        yield "the shares of the reasons do not add up to the confidence"
    asked = _asked(answer)
    for number, own in enumerate(reasons, start=1):
        if (own["name"] in BEGINNINGS) != (number == 1) or (own["name"] in BESIDE and own["share"]):
            yield f"reason {number} does not stand where refdesk gives it"
        elif own["name"] == "caveat":
            if own["text"] != caveat_of(answer["model"].get("calibration") or "").text:
                yield f"reason {number} is not what model.calibration says"
        elif not _is_worded(own, asked):
            yield f"reason {number} is not in refdesk's words"
        elif not _is_signed(own):
            yield f"reason {number} says the opposite of its share"


def _is_worded(own: Record, asked: Sequence[str]) -> bool:
    """Whether the text is one that a reason of its name has, and names only what is in ``asked``."""
    names = _NAMES.findall(own["text"])
    texts = {reason(own["name"], wording=number, about=names).text for number in range(len(WORDS.get(own["name"], ())))}
    is_about = any(text.endswith(":") for text in WORDS.get(own["name"], ()))
    return (
        own["text"] in texts and bool(names) == is_about and all(any(name in text for text in asked) for name in names)
    )


def _is_signed(own: Record) -> bool:
    """Whether a signal that has words for more and for less than usual has those of its share."""
    words = WORDS[own["name"]]
    if own["name"] not in SIGNALS or not own["share"]:
        return True
    return bool(own["text"] == words[0 if own["share"] > 0 else 1])


def _asked(answer: Record) -> list[str]:
    """The texts that a name of the question can be from: of a chain's second question it is from what is quoted."""
    parts = [part["question"] for part in answer.get("parts", ())]
    quotes = [citation["quote"] for citation in answer["citations"]]
    return [answer["question"], answer["standalone_question"], *parts, *quotes]
