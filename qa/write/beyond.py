"""What a language model says of itself where the documents hold no answer: never checked, and never part of one.

The model sees the question alone, nothing of any document. What it says is cut to whole sentences without markers, so
that none of it looks cited.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from itertools import takewhile

from qa.answer import Answer
from qa.llm.base import GenerationError, Generator
from qa.llm.prompt import load_prompt
from qa.write.stream import declines, sentences_of

MOST_TOKENS, MOST_SENTENCES = 192, 4

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beyond:
    """Asks ``generator`` what it knows."""

    generator: Generator

    def beside(self, refusal: Answer, question: str) -> Answer:
        """The refusal with what the model says beside it."""
        began = time.perf_counter()
        said = self.says(question)
        spent = {**refusal.timings_ms, "beyond": 1000 * (time.perf_counter() - began)}
        return replace(refusal, beyond=said, timings_ms=spent)

    def says(self, question: str) -> str | None:
        """What the model says; None where it declines or cannot be reached."""
        stream = self.generator.stream(load_prompt("beyond").messages(question=question), MOST_TOKENS)
        try:
            said = [one.text for one in takewhile(lambda one: not declines(one.text), sentences_of(stream))]
        except GenerationError as error:
            logger.warning("%s", error)
            return None
        return " ".join(said[:MOST_SENTENCES]) or None
