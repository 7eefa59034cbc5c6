"""What is remembered of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what was said to it.

    - ``question``: in its stand-alone form;
    - ``answer``: what was said, as plain text; "" for a refusal;
    - ``short``: the short answer, where there was one.
    """

    question: str
    answer: str
    short: str = ""


def remembered(history: Sequence[Turn], budget: int, count: Callable[[str], int]) -> list[Turn]:
    """The last turns of ``history`` that take no more than ``budget`` tokens, as ``count`` counts them.

    Turns are kept or left out whole; only the very last is kept without its answer, where that is too long.
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
