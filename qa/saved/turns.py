"""Saved answers as the conversation that a follow-up is asked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qa.saved.verification_source import said
from qa.understand.conversation import Turn

LONGEST = 2000  # characters of a question or an answer that are read again: as many as a question may have


def turn_of(answer: Mapping[str, Any]) -> Turn:
    """The turn that an answer's public JSON was; it has passed ``qa.saved.read.is_answer``."""
    return Turn(
        question_of(answer)[:LONGEST],
        " ".join(statement["text"] for statement in said(answer))[:LONGEST],
        (answer.get("short_answer") or "")[:LONGEST],
        next(((own["document"], own["start"], own["end"]) for own in answer.get("citations", ())), None),
    )


def question_of(answer: Mapping[str, Any]) -> str:
    """The question that an answer's public JSON stands for; "" where it names none."""
    return answer.get("standalone_question") or answer.get("question") or ""


def turns_of(answers: Sequence[Mapping[str, Any]]) -> list[Turn]:
    """The turns of ``answers``, in their order."""
    return [turn_of(answer) for answer in answers]
