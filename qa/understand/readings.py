"""What an English follow-up may mean: the stand-alone questions that it may be short for.

Two things refer to an earlier turn: an ellipsis ("And in 2021?") and an anaphor ("it", "that city"). A question with
hardly a word of its own ("Which is the shortest?"), or one that begins with "And", may go on with the one before. Any
other stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.analyse import STOP_WORDS
from qa.understand.anaphora import anaphors, resolved
from qa.understand.conversation import Turn
from qa.understand.ellipsis import filled_in, without_conjunction
from qa.understand.phrases import lower_words

MOST = 3  # resolved readings

# Words of the previous question in a joined reading: without a limit, joined readings would grow from turn to turn.
_JOINED = 40
# A question with fewer words than these, stop words aside, hardly says what it is about.
_SAYS = 2


@dataclass(frozen=True, slots=True)
class Readings:
    """What a follow-up may mean.

    - ``resolved``: with all references filled in, the likeliest first; may be empty;
    - ``joined``: the previous question followed by this one, for references that are resolved wrongly or not at all;
      None where an ellipsis is filled;
    - ``whole``: whether it may also be a stand-alone question about something new.
    """

    resolved: tuple[str, ...]
    joined: str | None
    whole: bool


def readings(question: str, history: Sequence[Turn]) -> Readings | None:
    """What ``question`` may mean after ``history``, of at least one turn; None where it refers to nothing there."""
    last, text = history[-1], without_conjunction(question)
    elliptic = filled_in(question, last.question, last.short)
    back = anaphors(text) if elliptic is None else []
    whole = elliptic is None and not back
    content = [word for word in lower_words(text) if word not in STOP_WORDS]
    if whole and text == question and len(content) >= _SAYS:
        return None
    found = _questions(resolved(text, back, history) if elliptic is None else elliptic)
    joined = " ".join([*last.question.split()[-_JOINED:], question])
    return Readings(found, None if elliptic and found else joined, whole)


def _questions(texts: Iterable[str]) -> tuple[str, ...]:
    """The first few different texts, written as questions."""
    written = (" ".join(text.split()).rstrip("?.! ") + "?" for text in texts)
    return tuple(dict.fromkeys(text[:1].upper() + text[1:] for text in written))[:MOST]
