"""A follow-up -> the question it stands for, which is what gets searched.

Rules propose readings (``qa.understand``), and so does a language model where there is one. What the documents are
about decides between them: the reading whose best passage the reranker likes most. A model's reading is one among the
others, and is not even looked at when it brings in names or numbers that nobody has mentioned.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence

from documents.language import told
from documents.tokens import counter
from documents.words import word_set
from index.passage import Scope
from index.search import ENGLISH, Index
from qa.llm.base import GenerationError, Generator, Message
from qa.llm.prompt import load_prompt
from qa.understand.conversation import Turn, remembered
from qa.understand.phrases import words
from qa.understand.question import analyse
from qa.understand.readings import Readings, readings

__all__ = ["Rewriter", "Turn"]

log = logging.getLogger(__name__)

# Passages that a reading is tried on.
DEPTH = 2
# Logits that a reading has, or lacks, beside its best passage's, chosen with ``python -m benchmarks.follow_ups`` on the
# development conversations: a question that reads as a whole is rather one; of readings by rule the first is likelier
# than the next; and a passage found for two questions at once says little about the second.
WHOLE, NEXT, JOINED = 1.0, 1.0, 3.0
_REPLY = 96  # tokens
_LONGEST = 60  # words of a model's reading
# What follow-ups begin with in languages for which there are no rules.
_AND = word_set("und et y e ed en och og i a и а και ve और و")
# In scripts without spaces: at most four characters, or with "what about" behind it.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_UNSPACED_FOLLOW_UP = re.compile(r"\w{1,4}|\w{1,12}(?:呢|は)")


class Rewriter:
    """Makes follow-ups stand alone. Holds no conversation: one may serve any number of visitors."""

    def __init__(
        self,
        index: Index,
        generator: Generator | None = None,
        budget: int = 800,
        count: Callable[[str], int] | None = None,
    ) -> None:
        """``budget`` is how much of a conversation is looked at, in tokens as ``count`` counts them (tiktoken's)."""
        self._index = index
        self._generator = generator
        self._budget = budget
        self._count = count

    def standalone(self, question: str, history: Sequence[Turn], scope: Scope = Scope()) -> str:  # noqa: B008 - frozen
        """What ``question`` asks for after ``history`` (oldest turn first); itself where it stands alone.

        Raises:
            StoreError: the index cannot be read.
        """
        history = remembered(history, self._budget, self._count or counter())
        if not history:
            return question
        last = history[-1].question
        if (told([question]) or told([last]) or ENGLISH) != ENGLISH:
            return f"{last} {question}" if _leans_on_another(question) else question
        found = readings(question, history)
        if found is None:
            return question
        proposal = self._proposal(question, history)
        return self._likeliest(question, found, proposal, scope)

    def _likeliest(self, question: str, found: Readings, proposal: str | None, scope: Scope) -> str:
        options = {proposal: 0.0} if proposal else {}
        for number, reading in enumerate(found.resolved):
            options.setdefault(reading, -NEXT * number)
        if found.whole:
            options[question] = WHOLE
        if found.joined:
            options.setdefault(found.joined, -JOINED)
        if len(options) == 1:
            return next(iter(options))
        return max(options, key=lambda reading: self._support(reading, scope) + options[reading])

    def _support(self, reading: str, scope: Scope) -> float:
        """How well the best passage answers the reading: the reranker's logit, with retrieval's share."""
        found = self._index.rerank(reading, self._index.candidates(reading, scope, DEPTH))
        return found[0].score if found else float("-inf")

    def _proposal(self, question: str, history: Sequence[Turn]) -> str | None:
        """The model's reading, where there is a model and it keeps to what was said."""
        if self._generator is None:
            return None
        try:
            reply = "".join(self._generator.stream(messages(question, history), _REPLY))
        except GenerationError as error:
            log.warning("the follow-up is read by rules, the language model failed: %s", error)
            return None
        return accepted(reply, question, history)


def messages(question: str, history: Sequence[Turn]) -> list[Message]:
    """What a model is told, to make ``question`` stand alone; the conversation is fenced and cannot close its fence."""
    told_of = "\n".join(f"Q: {turn.question}\nA: {turn.answer or '(no answer)'}" for turn in history)
    return load_prompt("standalone").messages(history=told_of.replace("<", "‹").replace(">", "›"), question=question)


def accepted(reply: str, question: str, history: Sequence[Turn]) -> str | None:
    """The question in a model's ``reply``, where it asks what ``question`` asks.

    None where it answers, repeats an earlier question, brings in names or numbers that nobody mentioned, or drops the
    question's own or most of its words.
    """
    line = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    line = re.sub(r"^(?:(?:rewritten|stand-?alone) )?question: *", "", line, flags=re.IGNORECASE).strip('"“”* ')
    if not line.endswith("?") or len(line.split()) > _LONGEST:
        return None
    if line.casefold() in (turn.question.casefold() for turn in history):
        return None
    known = _known([question, *(text for turn in history for text in (turn.question, turn.answer, turn.short))])
    kept, asked = _known([line]), analyse(question).content
    invents = not known.issuperset(_names(line))
    drops = not kept.issuperset(_names(question)) or 2 * len(kept & set(asked)) < len(asked)
    return None if invents or drops else line


def _names(text: str) -> Iterator[str]:
    return (name.casefold() for name in analyse(text).names)


def _known(texts: Sequence[str]) -> set[str]:
    return {re.sub(r"['’]s?$", "", word.lower) for text in texts for word in words(text)}


def _leans_on_another(question: str) -> bool:
    """Whether a question in another language than English is too short to stand alone, as "Und 2021?"."""
    own = [word.lower for word in words(question)]
    if _UNSPACED.search(question):
        return _UNSPACED_FOLLOW_UP.fullmatch("".join(own)) is not None
    return len(own) <= 2 or (len(own) <= 4 and own[0] in _AND)
