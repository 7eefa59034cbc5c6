"""What an English follow-up may mean: the stand-alone questions that it may be short for.

Two things refer to an earlier turn: an ellipsis ("And in 2021?") and an anaphor ("it", "that city"). A question with
hardly a content word ("Which is the shortest?"), or one that begins with "And", may continue the one before. It gets
the topic of that one, since of two whole questions the first would be answered. Any other stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from index.analyse import STOP_WORDS
from qa.understand.anaphora import anaphors, resolved
from qa.understand.conversation import Turn
from qa.understand.ellipsis import Likeness, filled_in, without_conjunction
from qa.understand.parts import topic
from qa.understand.phrases import lower_words, spelt_out

MOST = 3  # resolved readings

_TOPIC = 40  # words of the previous question in a joined reading
# A question with fewer content words hardly says what it is about.
_SAYS = 2


@dataclass(frozen=True, slots=True)
class Readings:
    """What a follow-up may mean.

    - ``resolved``: with all references filled in, the likeliest first; may be empty;
    - ``joined``: this question after what the previous one is about ("The ferries on the lake: which is the fastest?"),
      for references that are resolved wrongly or not at all; None where an ellipsis is filled;
    - ``whole``: whether it may also be a stand-alone question about something new.
    """

    resolved: tuple[str, ...]
    joined: str | None
    whole: bool


def readings(question: str, history: Sequence[Turn], likeness: Likeness) -> Readings | None:
    """What ``question`` may mean after ``history`` (at least one turn); None if it refers to nothing there."""
    question = spelt_out(question)
    history = [replace(turn, question=spelt_out(turn.question)) for turn in history]
    last, text = history[-1], without_conjunction(question)
    elliptic = filled_in(question, last.question, last.short, likeness)
    back = anaphors(text) if elliptic is None else []
    whole = elliptic is None and not back
    content = [word for word in lower_words(text) if word not in STOP_WORDS]
    if whole and text == question and len(content) >= _SAYS:
        return None
    found = _questions(resolved(text, back, history) if elliptic is None else elliptic)
    about = " ".join(topic(last.question).split()[-_TOPIC:])
    (joined,) = _questions([f"{about}: {text}" if about else text])
    return Readings(found, None if elliptic and found else joined, whole)


def _questions(texts: Iterable[str]) -> tuple[str, ...]:
    """The first few different texts, written as questions."""
    written = (" ".join(text.split()).rstrip("?.! ") + "?" for text in texts)
    return tuple(dict.fromkeys(text[:1].upper() + text[1:] for text in written))[:MOST]
