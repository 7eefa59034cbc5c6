"""Answers as the turns of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.saved.checks import said
from qa.understand.conversation import Turn


def turn_of(answer: Mapping[str, Any]) -> Turn:
    """The turn that an answer's public JSON was."""
    return Turn(
        str(answer.get("standalone_question", answer.get("question"))),
        " ".join(statement["text"] for statement in said(answer)),
        answer.get("short_answer") or "",
    )
