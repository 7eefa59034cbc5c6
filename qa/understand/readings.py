"""What a follow-up may mean, by rule: the stand-alone questions that an English speaker could have in mind.

Three things point back: an ellipsis ("And in 2021?"), an anaphor ("it", "that city") and, in a question without names,
a definite noun ("the company"). Where nothing does there are no readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.understand.anaphora import definite, pointers, points_to_time, resolved
from qa.understand.conversation import Turn
from qa.understand.ellipsis import filled_in, without_and
from qa.understand.phrases import phrases

# At most so many readings have all filled in.
MOST = 3

# At most so many words of the previous question stand before a joined one: chains of them would grow without end.
_JOINED = 40
# Without a noun in it a question of so many words leaves open what it is about.
_SHORT = 4
# What only continues, or compares with, what was said.
_CONTINUES = re.compile(r"\b(?:else|others?|another|next|more|afterwards?|instead|same|ones?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Readings:
    """What a follow-up may mean.

    - ``resolved``: with all that points back filled in, the likeliest first; may be empty;
    - ``joined``: the previous question and this one behind it, for what no rule resolves;
      None where one filling is sure;
    - ``whole``: it reads as a whole question too, as one about something new would.
    """

    resolved: tuple[str, ...]
    joined: str | None
    whole: bool


def readings(question: str, history: Sequence[Turn]) -> Readings | None:
    """What ``question`` may mean after ``history``, of at least one turn; None where nothing in it points back."""
    last, text = history[-1], without_and(question)
    joined = " ".join([*last.question.split()[-_JOINED:], question])
    elliptic = filled_in(question, last.question, last.short)
    if elliptic is not None:
        filled = _questions(elliptic)
        return Readings(filled, None if len(filled) == 1 else joined, whole=False)
    back = pointers(text)
    whole = not back and not points_to_time(text)
    found = _questions(resolved(text, back or definite(text, last), history))
    if whole and not found and (phrases(text) or not (_CONTINUES.search(text) or len(text.split()) <= _SHORT)):
        return None
    return Readings(found, joined, whole)


def _questions(texts: Iterable[str]) -> tuple[str, ...]:
    """The first few that differ, written as questions."""
    written = (" ".join(text.split()).rstrip("?.! ") + "?" for text in texts)
    return tuple(dict.fromkeys(text[:1].upper() + text[1:] for text in written))[:MOST]
