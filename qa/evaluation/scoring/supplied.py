"""What a system supplied with its answers: figures of what it never supplies are none, where they would mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SUPPLIED = ("citations", "retrieved", "confidence")
# How the metrics begin that rest on each.
_RESTS_ON = {
    "citations": ("citation", "document_", "character_", "word_", "sentence_", "span_", "answer_citation", "evidence_"),
    "retrieved": ("hit@",),
}


def as_supplied(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records of a run, without the metrics and the confidence that rest on what none of them was supplied with.

    Where some answers came without a confidence, none has one: what stands in its place would be measured as theirs.
    Where some came without what was found, these have no ``hit@k``: nobody knows what it would be. A failure, and a
    refusal that does not tell, count as found nothing, or a system would gain by refusing where it finds nothing.
    Records of earlier versions, which do not tell, are left as they are; so is what failed, which tells nothing.
    """
    telling = [record for record in records if "error" not in record and "supplied" in record]
    missing = {name for name in SUPPLIED if telling and not any(name in record["supplied"] for record in telling)}
    if any(record["answer"]["answered"] and "confidence" not in record["supplied"] for record in telling):
        missing.add("confidence")
    found = []
    for record in records:
        own = dict(record)
        lacking = missing if _tells_found(record) else {*missing, "retrieved"}
        without = tuple(start for name in lacking for start in _RESTS_ON.get(name, ()))
        own["metrics"] = {name: value for name, value in record["metrics"].items() if not name.startswith(without)}
        if "confidence" in missing and "signals" in record:
            own["signals"] = {name: value for name, value in record["signals"].items() if name != "confidence"}
        found.append(own)
    return found


def _tells_found(record: Mapping[str, Any]) -> bool:
    """Whether ``hit@k`` counts what the record has as found: what its answer came with, else nothing was answered."""
    is_told = "error" in record or "retrieved" in record.get("supplied", SUPPLIED)
    return is_told or not record["answer"]["answered"]


def have_confidence(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the records' answers have a confidence; where every question failed, there are no answers."""
    has_answers = any("error" not in record for record in records)
    return has_answers and all("confidence" in record.get("signals", ()) for record in records)
