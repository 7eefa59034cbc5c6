"""What a text that a language model wrote claims, and what bears it out: passages, but no injected instruction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from unicodedata import east_asian_width

from documents.language import detect
from index.analyse import STOP_WORDS, terms
from index.passage import Passage
from qa.check.injection.recogniser import Recogniser
from qa.check.support import without_introduction
from qa.check.verifier import Verdict
from qa.check.yes_no import Decision
from qa.understand.question import Question, asks

# A text of fewer words than the first number is a fragment. One of fewer words than the second is a fragment too where
# it has only names or no full stop.
FEWEST, FEW = 3, 8

# Some words that occur three times.
_REPETITION = re.compile(r"\b(\w+(?:\W+\w+){3,12})\b(?:.*\b\1\b){2}", re.IGNORECASE | re.DOTALL)


class Verifier(Protocol):
    """Decides whether passages support a sentence, and where."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        """The best support that ``passages`` give to ``claim``."""

    def decide(self, question: str, text: str) -> Decision:
        """Whether ``text`` says yes or no to the question."""

    def call_for_care(self, quotes: Sequence[str], short: str | None) -> bool:
        """Whether an answer of these quotes is shown with a caution."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Looks for what bears out a text; ``recogniser`` finds the injected instructions, which do not."""

    verifier: Verifier
    recogniser: Recogniser

    def of(self, text: str, claim: str, *tried: Sequence[Passage]) -> Verdict:
        """The verdict on what ``text`` claims: of the first passages ``tried`` that bear it out, else of the last.

        None of them is tried where there are no passages.
        """
        verdict = Verdict(False, 0.0, None, 0, 0, ())
        for passages in filter(None, tried):
            verdict = self.verifier.verify(claim, passages)
            if verdict.supported:
                break
        if _is_injected(text, verdict, self.recogniser):
            return replace(verdict, supported=False)
        return verdict


def claim_of(text: str, question: str) -> str:
    """What a sentence claims: without its introduction, and for a fragment together with the question."""
    claim = without_introduction(text)
    return f"{question} {claim}" if is_fragment(claim) else claim


def is_fragment(text: str) -> bool:
    """Whether the text is no sentence by itself, and only makes sense as the reply to a question."""
    words = text.split()
    unspaced = sum(east_asian_width(character) == "W" for character in text)
    length = max(len(words), unspaced // 2)
    ended = text.rstrip("”\"'’)").endswith((".", "!", "。", "！", "।"))
    cased = any(character.isupper() for character in text)
    named = cased and not any(word[0].islower() and word.strip(".,") not in STOP_WORDS for word in words)
    return length < FEWEST or (length < FEW and (not ended or named))


def says_something(text: str, question: Question) -> bool:
    """Whether the text states anything: it is no lead-in, copy of the question, or endless repetition.

    A statement in the words of a yes/no question is its answer.
    """
    text = without_introduction(text)
    if not text or text.endswith((":", ",", ";", "：", "，")) or _REPETITION.search(text):
        return False
    if question.asked == "polar" and not asks(text):
        return True
    language = detect([question.text, text], lead=2)
    return not set(terms(text, language)) <= {*terms(question.text, language), *STOP_WORDS}


def _is_injected(text: str, verdict: Verdict, recogniser: Recogniser) -> bool:
    """Whether the text, or its evidence, is an injected instruction: even a true copy of one is no statement."""
    if verdict.passage is None:
        return False
    document = verdict.passage.document
    return any(recogniser.judge([text])) or not recogniser.free(document.text, [(verdict.start, verdict.end)])
