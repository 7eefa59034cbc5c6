"""The turns of a conversation, and how many of them are remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qa.answer.extract import Where


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    - ``question``: in its stand-alone form;
    - ``answer``: as plain text; "" for a refusal;
    - ``short``: the short answer, or "";
    - ``where``: what the answer rests on, or None; whoever asks may tell anything, so it may be nowhere.
    """

    question: str
    answer: str
    short: str = ""
    where: Where | None = None


def remembered(history: Sequence[Turn], budget: int, count: Callable[[str], int]) -> list[Turn]:
    """The last turns of ``history`` that take at most ``budget`` tokens together, as ``count`` counts them.

    Only the very last turn may be kept without its answer, where the answer is too long.
    """
    kept: list[Turn] = []
    left = budget
    for turn in reversed(history):
        question, answer = count(turn.question), count(turn.answer)
        if question + answer > left:
            if not kept and question <= left:
                kept.append(replace(turn, answer=""))
            break
        left -= question + answer
        kept.append(turn)
    return kept[::-1]
