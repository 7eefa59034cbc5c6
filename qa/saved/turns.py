"""Saved answers as the conversation that a follow-up is asked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.saved.verification_source import said
from qa.understand.conversation import Turn


def turn_of(answer: Mapping[str, Any]) -> Turn:
    """The turn that an answer's public JSON was; it has passed ``qa.saved.read.is_answer``."""
    return Turn(
        str(answer.get("standalone_question", answer.get("question"))),
        " ".join(statement["text"] for statement in said(answer)),
        answer.get("short_answer") or "",
        next(((own["document"], own["start"], own["end"]) for own in answer.get("citations", ())), None),
    )


def turns_of(answers: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """The turns of ``answers``, in their order."""
    return [turn_of(answer) for answer in answers]
