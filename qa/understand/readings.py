"""What an English follow-up may mean, by rule: the stand-alone questions that it may be short for.

Three things refer to an earlier turn: an ellipsis ("And in 2021?"), an anaphor ("it", "that city") and, in a question
without names, a definite noun ("the company"). Without any of them there are no readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.understand.anaphora import anaphors, definite_nouns, refers_to_time, resolved
from qa.understand.conversation import Turn
from qa.understand.ellipsis import filled_in, without_conjunction
from qa.understand.phrases import phrases

MOST = 3  # resolved readings

# Words of the previous question in a joined reading: without a limit, joined readings would grow from turn to turn.
_JOINED = 40
# A question of at most this many words without a noun does not say what it is about.
_SHORT = 4
# Words that continue an earlier turn, or compare with it.
_CONTINUES = re.compile(r"\b(?:else|others?|another|next|more|afterwards?|instead|same|ones?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Readings:
    """What a follow-up may mean.

    - ``resolved``: with all references filled in, the likeliest first; may be empty;
    - ``joined``: the previous question followed by this one, for references that no rule resolves;
      None where there is exactly one way to fill an ellipsis;
    - ``whole``: whether it may also be a stand-alone question about something new.
    """

    resolved: tuple[str, ...]
    joined: str | None
    whole: bool


def readings(question: str, history: Sequence[Turn]) -> Readings | None:
    """What ``question`` may mean after ``history``, of at least one turn; None where it refers to nothing there."""
    last, text = history[-1], without_conjunction(question)
    joined = " ".join([*last.question.split()[-_JOINED:], question])
    elliptic = filled_in(question, last.question, last.short)
    if elliptic is not None:
        filled = _questions(elliptic)
        return Readings(filled, None if len(filled) == 1 else joined, whole=False)
    back = anaphors(text)
    whole = not back and not refers_to_time(text)
    found = _questions(resolved(text, back or definite_nouns(text, last), history))
    if whole and not found and (phrases(text) or not (_CONTINUES.search(text) or len(text.split()) <= _SHORT)):
        return None
    return Readings(found, joined, whole)


def _questions(texts: Iterable[str]) -> tuple[str, ...]:
    """The first few different texts, written as questions."""
    written = (" ".join(text.split()).rstrip("?.! ") + "?" for text in texts)
    return tuple(dict.fromkeys(text[:1].upper() + text[1:] for text in written))[:MOST]
