"""The words of a conversation that a follow-up leaves out, and how well a reading of the follow-up takes them up.

A tagger says of each word that was said how likely the question leaves it out (term resolution: Voskarides et al. 2020,
arXiv:2005.11723). A question that stands alone leaves none out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.analyse import STOP_WORDS, terms
from qa.understand.conversation import Turn
from qa.understand.phrases import words

LONGEST_REPLY = 30  # words: longer answers are not read beside their question; a short answer is read instead of any
LIKELY = -0.5  # log-odds from which on a word is taken to be left out
# Where each word's are below, the question surely stands alone: so do, of 460 turns of conversations held out, .54 of
# those that stand alone, and .03 of the others.
UNLIKELY = -3.0


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """A word of the conversation, from ``start`` to ``end``, with the log-odds that the question leaves it out."""

    start: int
    end: int
    logit: float
    stems: frozenset[str]


class Tagger(Protocol):
    """Reads a question together with the conversation before it."""

    def tag(self, question: str, conversation: str) -> list[TaggedWord]:
        """The content words of the conversation that the question does not say, in their order."""


def conversation_of(history: Sequence[Turn]) -> str:
    """What was said, the latest turn first, so that what is too long to be read is the oldest."""
    return " ".join(f"{turn.question} {_reply(turn)}".strip() for turn in reversed(history))


def _reply(turn: Turn) -> str:
    return turn.short or (turn.answer if len(turn.answer.split()) < LONGEST_REPLY else "")


def candidates(question: str, conversation: str) -> list[tuple[int, int, frozenset[str]]]:
    """The words that may be left out, as ``Tagger.tag`` has them: start, end, stems."""
    asked = stems(question)
    return [
        (word.start, word.end, of_word)
        for word in words(conversation)
        if not word.function and (of_word := stems(word.text)) and not of_word <= asked
    ]


def stems(text: str) -> frozenset[str]:
    """The stems of the words of ``text``, as an index of English has them."""
    return frozenset(terms(text, "en"))


def omitted_terms(conversation: str, tagged: Sequence[TaggedWord]) -> str:
    """The words that are likely left out, each once, adjacent ones as one phrase; "" if there are none."""
    phrases: list[tuple[int, int]] = []
    known: set[str] = set()
    last = None
    for number, word in enumerate(tagged):
        if word.logit < LIKELY or word.stems <= known:
            continue
        known |= word.stems
        is_next = last is not None and last == number - 1 and _are_together(conversation[phrases[-1][1] : word.start])
        phrases = [*phrases[:-1], (phrases[-1][0], word.end)] if is_next else [*phrases, (word.start, word.end)]
        last = number
    return ", ".join(conversation[start:end] for start, end in phrases)


def with_words(left_out: str, question: str) -> str:
    """The question with the words that it leaves out in front: what is searched for, and learned from."""
    return f"{left_out}: {question}"


def _are_together(between: str) -> bool:
    """Whether only spaces and stop words are between two words."""
    return all(part.casefold() in STOP_WORDS for part in between.split())


def likelihood(reading: str, tagged: Sequence[TaggedWord]) -> float:
    """The log-probability that exactly the words that the reading says are left out."""
    said = stems(reading)
    odds = ((word.logit - LIKELY) * (1 if word.stems & said else -1) for word in tagged)
    return sum(-math.log1p(math.exp(-each)) for each in odds)
