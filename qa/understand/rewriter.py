"""A follow-up -> the question that it stands for, which is what is searched for.

A tagger tells which words of the conversation the question leaves out (``qa.understand.omitted_terms``): they are put
in front of it. A language model, where there is one, proposes a reading of its own. It is passed over where it brings
in names or numbers that the conversation does not hold; else that of the two wins which better says the words left out
and whose best passage scores higher.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from documents.language import identify
from documents.tokens import counter
from documents.vocabulary import Vocabulary
from documents.words import without_possessive
from index.query import Query
from index.search import View
from qa.llm.base import GenerationError, Generator, Message
from qa.llm.prompt import load_prompt
from qa.understand.conversation import Turn, remembered
from qa.understand.omitted_terms import (
    UNLIKELY,
    TaggedWord,
    Tagger,
    conversation_of,
    likelihood,
    omitted_terms,
    with_words,
)
from qa.understand.phrases import words
from qa.understand.question import Question, analyse

__all__ = ["Rewriter", "Turn"]

log = logging.getLogger(__name__)

DEPTH = 2  # passages that a reading is tried on
# How much a reading's log-likelihood counts beside the score of its best passage.
TAGGED = 2.0
_REPLY = 96  # tokens of a model's reply
_LONGEST = 60  # words of a model's reading
# What follow-ups begin with in languages for which there are no rules.
_AND = Vocabulary("qa").words_of("first_words_of_follow_ups")
# In scripts without spaces: a follow-up has at most four characters, or ends with "what about".
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_UNSPACED_FOLLOW_UP = re.compile(r"\w{1,4}|\w{1,12}(?:呢|は)")


class Rewriter:
    """Makes follow-ups stand alone. Holds no conversation: one may serve any number of visitors."""

    def __init__(
        self,
        tagger: Tagger,
        generator: Generator | None = None,
        budget: int = 800,
        count: Callable[[str], int] | None = None,
    ) -> None:
        """``budget``: the tokens of a conversation that are looked at, counted by ``count`` (tiktoken's by default)."""
        self._tagger = tagger
        self._generator = generator
        self._budget = budget
        self._count = count

    def standalone(self, question: Question, history: Sequence[Turn], view: View) -> Question:
        """What ``question`` asks after ``history`` (oldest turn first); itself where it leaves nothing out.

        Raises:
            StoreError: the index cannot be read.
        """
        history = remembered(history, self._budget, self._count or counter())
        if not history:
            return question
        last = history[-1].question
        if _is_in_other_language(question, last):
            if _leans_on_another(question.text):
                return analyse(f"{last} {question.text}")
            # Behind the last question, the last answer would be the nearest to anything.
            return replace(question, stands_alone=True)
        conversation = conversation_of(history)
        tagged = self._tagger.tag(question.text, conversation)
        left_out = omitted_terms(conversation, tagged)
        if not left_out:
            return replace(question, stands_alone=all(word.logit < UNLIKELY for word in tagged))
        readings = [with_words(left_out, question.text)]
        if proposal := self._proposal(question, history):
            readings.append(proposal)
        return analyse(_likeliest(readings, tagged, view))

    def _proposal(self, question: Question, history: Sequence[Turn]) -> str | None:
        """The model's reading, where there is a model and its reply is accepted."""
        if self._generator is None:
            return None
        try:
            reply = "".join(self._generator.stream(messages(question.text, history), _REPLY))
        except GenerationError as error:
            log.warning("the follow-up is read without the language model, which failed: %s", error)
            return None
        return accepted(reply, question, history)


def _likeliest(readings: Sequence[str], tagged: Sequence[TaggedWord], view: View) -> str:
    """The reading with the highest sum of likelihood and support in the documents."""
    if len(readings) == 1:
        return readings[0]
    return max(readings, key=lambda reading: TAGGED * likelihood(reading, tagged) + _support(reading, view))


def _is_in_other_language(question: Question, last: str) -> bool:
    """Whether the question is certainly not in English; if its language is uncertain, whether ``last`` is not."""
    if question.language.certain is None:
        return identify(last).is_certainly_other
    return question.language.is_certainly_other


def _support(reading: str, view: View) -> float:
    """The score of the reading's best passage: the reranker's logit plus a share of the retrieval score."""
    query = Query.of(reading)
    found = view.rerank(query, view.candidates(query, DEPTH))
    return found[0].score if found else float("-inf")


def messages(question: str, history: Sequence[Turn]) -> list[Message]:
    """The prompt that makes ``question`` stand alone; its conversation is fenced and cannot close the fence."""
    conversation = "\n".join(f"Q: {turn.question}\nA: {turn.answer or '(no answer)'}" for turn in history)
    return load_prompt("standalone").messages(
        history=conversation.replace("<", "‹").replace(">", "›"), question=question
    )


def accepted(reply: str, question: Question, history: Sequence[Turn]) -> str | None:
    """The question in a model's ``reply``, where it asks what ``question`` asks.

    None where the reply answers, repeats an earlier question, brings in names or numbers that the conversation does not
    hold, or drops names or most of the words of ``question``.
    """
    line = next((line.strip() for line in reply.splitlines() if line.strip()), "")
    line = re.sub(r"^(?:(?:rewritten|stand-?alone) )?question: *", "", line, flags=re.IGNORECASE).strip('"“”* ')
    if not line.endswith("?") or len(line.split()) > _LONGEST:
        return None
    if line.casefold() in (turn.question.casefold() for turn in history):
        return None
    held = _bare([question.text, *(text for turn in history for text in (turn.question, turn.answer, turn.short))])
    kept, asked = _bare([line]), question.content
    invents = not held.issuperset(_names(analyse(line)))
    drops = not kept.issuperset(_names(question)) or 2 * len(kept & set(asked)) < len(asked)
    return None if invents or drops else line


def _names(question: Question) -> set[str]:
    return {name.casefold() for name in question.names}


def _bare(texts: Sequence[str]) -> set[str]:
    return {without_possessive(word.lower) for text in texts for word in words(text)}


def _leans_on_another(question: str) -> bool:
    """Whether a question in another language than English is too short to stand alone, such as "Und 2021?"."""
    tokens = [word.lower for word in words(question)]
    if _UNSPACED.search(question):
        return _UNSPACED_FOLLOW_UP.fullmatch("".join(tokens)) is not None
    return len(tokens) <= 2 or (len(tokens) <= 4 and tokens[0] in _AND)
