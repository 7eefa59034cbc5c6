"""The generative backends: a model writes, and only what the documents support is said.

Each sentence is verified as soon as it is whole (``qa.check.verifier``): against the passages that it cites, then
against all that the model was given. Markers are made of what verification found, never taken from the model. What is
not supported is dropped, or shown struck; where nothing is left, the extractive answer stands.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Protocol
from unicodedata import east_asian_width

from documents.language import detect
from index.analyse import STOP_WORDS, terms
from index.passage import Passage
from qa.answer import Answer, Citation, Draft, Statement, Status
from qa.check.claims.tokens import holds
from qa.check.injection.detection import injections, is_injection
from qa.check.verifier import Verdict, bare
from qa.llm.base import GenerationError, Generator, Message, prompt_tokens
from qa.llm.prompt import Prompt, load_prompt
from qa.understand.question import Question
from qa.write.fence import fence
from qa.write.stream import Written, written

NOT_FOUND = "not found"  # how the prompt lets the model decline
CAVEAT = "not calibrated for written answers"
UNAVAILABLE = "The language model is not available just now; this is quoted from the documents."
BROKEN_OFF = "The language model broke off; this is what it had written and the documents support."
NOTHING_LEFT = "Nothing that the language model wrote is found in the documents; this is quoted from them."
DECLINED = "The language model found no answer in the passages; this is quoted from them."
# What has fewer words says nothing alone, nor what has few and is only names or does not end as a sentence does.
FEWEST, FEW = 3, 8
BEFORE = 500  # characters before a passage in which it may be made an order

_CIRCLE = re.compile(r"\b(\w+(?:\W+\w+){3,12})\b(?:.*\b\1\b){2}", re.IGNORECASE | re.DOTALL)

logger = logging.getLogger(__name__)


class Verifier(Protocol):
    """Says whether passages support a sentence, and where."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        """The best support that ``passages`` give to ``claim``."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Answers with what ``generator`` writes and ``verifier`` finds supported.

    ``max_tokens``: of the reply. ``strike``: sentences that are not supported are kept, to be shown as such.
    ``defended``: passages are fenced in the prompt, and what they order their reader to do supports no statement.
    ``always``: the model is asked also where the evidence is too weak to quote an answer, and may decline; a model that
    writes something whatever it is asked should not be.
    """

    generator: Generator
    verifier: Verifier
    max_tokens: int = 512
    strike: bool = False
    always: bool = False
    defended: bool = True
    prompt: Prompt = field(default_factory=lambda: load_prompt("answer"))

    def writes(self, quoted: Answer) -> bool:
        """Whether the model is asked: that the documents hold an answer is the evidence's to say, not the model's."""
        return quoted.answered or (self.always and bool(quoted.passages))

    @property
    def facts(self) -> Mapping[str, str]:
        """What an answer and a run tell of how it was written."""
        return {
            "generator": self.generator.fingerprint,
            "verifier": self.verifier.fingerprint,
            "prompt": self.prompt.fingerprint,
        }

    def answering(self, question: Question, passages: Sequence[Passage], quoted: Answer) -> Iterator[Draft | Answer]:
        """A draft for each sentence that is verified, then the answer; ``quoted`` is the extractive one."""
        began = time.perf_counter()
        model = dict(self.facts)
        said = _Said()
        note = None
        try:
            messages, read = self._fill(question, passages)
            model["prompt_passages"] = str(read)
            for sentence in self._sentences(question, messages):
                if said.holds(sentence.text):  # it has begun to repeat itself
                    break
                self._verify(question, sentence, passages[:read], said)
                if said.supported:
                    yield Draft(self._answer(quoted, said, model))
        except GenerationError as error:
            logger.warning("%s", error)
            note = BROKEN_OFF if said.supported else UNAVAILABLE
        spent = {"write": 1000 * (time.perf_counter() - began) - said.verifying, "verify": said.verifying}
        if said.supported:
            answer = self._answer(quoted, said, model)
        else:
            note = note or (NOTHING_LEFT if said.statements else DECLINED)
            answer = replace(quoted, model={**quoted.model, **model})
        yield replace(answer, note=note if answer.answered else None, timings_ms=spent)

    def _fill(self, question: Question, passages: Sequence[Passage]) -> tuple[list[Message], int]:
        """The prompt with as many whole passages, best first, as the window holds beside the reply; and how many.

        Raises:
            GenerationError: not even one fits.
        """
        room = self.generator.context - self.max_tokens
        tell = fence if self.defended else numbered
        prompts = (
            self.prompt.messages(passages=tell(passages[:count]), question=question.text)
            for count in range(1, len(passages) + 1)
        )
        fitting = list(takewhile(lambda messages: prompt_tokens(self.generator, messages) <= room, prompts))
        if not fitting:
            raise GenerationError(
                f"a context of {self.generator.context} tokens holds no passage beside the question and a reply of "
                f"{self.max_tokens}: raise REFDESK_CONTEXT or lower REFDESK_MAX_TOKENS"
            )
        return fitting[-1], len(fitting)

    def _sentences(self, question: Question, messages: Sequence[Message]) -> Iterator[Written]:
        """The statements that the model writes until it declines; it is stopped when nobody listens any more."""
        stream = self.generator.stream(messages, self.max_tokens)
        with closing(stream):
            for sentence in written(stream):
                if declines(sentence.text):
                    return
                if says_something(sentence.text, question):
                    yield sentence

    def _verify(self, question: Question, sentence: Written, passages: Sequence[Passage], said: _Said) -> None:
        began = time.perf_counter()
        claim = claim_of(sentence.text, question.text)
        cited = [passages[number - 1] for number in sentence.cites if 0 < number <= len(passages)]
        verdict = self.verifier.verify(claim, cited) if cited else None
        if verdict is None or not verdict.supported:
            verdict = self.verifier.verify(claim, passages)
        if self.defended and _is_ordered(sentence.text, verdict):
            verdict = replace(verdict, supported=False)
        said.add(sentence.text, verdict)
        said.verifying += 1000 * (time.perf_counter() - began)

    def _answer(self, quoted: Answer, said: _Said, model: Mapping[str, str]) -> Answer:
        shown = [statement for statement in said.statements if self.strike or statement.is_said]
        return replace(
            quoted,
            kind="answer",
            message="",
            short_answer=_short(quoted, said.citations),
            statements=tuple(shown),
            citations=tuple(said.citations),
            caveat=CAVEAT,
            model={**quoted.model, **model, "backend": self.generator.fingerprint},
        )


def claim_of(text: str, question: str) -> str:
    """What a sentence claims: without what only introduces it, and a fragment together with its question."""
    claim = bare(text)
    return f"{question} {claim}" if is_fragment(claim) else claim


def is_fragment(text: str) -> bool:
    """Whether the text only says something as the reply to its question."""
    words = text.split()
    unspaced = sum(east_asian_width(character) == "W" for character in text)
    length = max(len(words), unspaced // 2)
    ended = text.rstrip("”\"'’)").endswith((".", "!", "。", "！", "।"))
    cased = any(character.isupper() for character in text)
    named = cased and not any(word[0].islower() and word.strip(".,") not in STOP_WORDS for word in words)
    return length < FEWEST or (length < FEW and (not ended or named))


def says_something(text: str, question: Question) -> bool:
    """Whether the text states anything: not what only leads to it, repeats the question, or goes round in a circle."""
    text = bare(text)
    if text.endswith((":", ",", ";", "：", "，")) or _CIRCLE.search(text):
        return False
    language = detect([question.text, text], lead=2)
    return not set(terms(text, language)) <= {*terms(question.text, language), *STOP_WORDS}


def declines(text: str) -> bool:
    """Whether the model says, as the prompts let it, that it has no answer."""
    return text.casefold().strip(" .!\"'*") == NOT_FOUND


class _Said:
    """The statements so far and the citations that they rest on."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.citations: list[Citation] = []
        self.verifying = 0.0  # milliseconds

    @property
    def supported(self) -> bool:
        return any(statement.is_said for statement in self.statements)

    def holds(self, text: str) -> bool:
        return any(statement.text.casefold() == text.casefold() for statement in self.statements)

    def add(self, text: str, verdict: Verdict) -> None:
        if not verdict.supported or verdict.passage is None:
            self.statements.append(Statement(text, (), verdict.score, "unsupported"))
            return
        citation = self._cite(verdict.passage, verdict.start, verdict.end)
        # A part of a sentence is no quotation: it may leave out what turns the rest round.
        status: Status = "quoted" if text == citation.quote else "supported"
        self.statements.append(Statement(text, (citation.number,), verdict.score, status))

    def _cite(self, passage: Passage, start: int, end: int) -> Citation:
        """The citation of these characters: a new one, unless they are cited already."""
        document = passage.chunk.document.id
        for known in self.citations:
            if (known.passage.chunk.document.id, known.start, known.end) == (document, start, end):
                return known
        self.citations.append(Citation(len(self.citations) + 1, passage, start, end))
        return self.citations[-1]


def numbered(passages: Sequence[Passage]) -> str:
    """The passages as they are: what ``fence`` is to be compared with."""
    return "\n\n".join(f"[{number}] {passage.chunk.text}" for number, passage in enumerate(passages, start=1))


def _is_ordered(text: str, verdict: Verdict) -> bool:
    """Whether this is what a document orders its reader to do or to say: no statement, however truly it is repeated."""
    if verdict.passage is None:
        return False
    chunk = verdict.passage.chunk
    # What precedes a sentence may make an order of it, also a heading that its chunk does not hold.
    orders = injections(chunk.document.text, max(0, chunk.start - BEFORE), chunk.end)
    return is_injection(text) or any(start < verdict.end and verdict.start < end for start, end in orders)


def _short(quoted: Answer, citations: Sequence[Citation]) -> str | None:
    """The extractive short answer, where what is cited holds it."""
    if not quoted.short_answer or not quoted.citations:
        return None
    best = quoted.citations[0]
    for citation in citations:
        same = citation.passage.chunk.document.id == best.passage.chunk.document.id
        overlaps = same and citation.start < best.end and best.start < citation.end
        if overlaps and holds(citation.quote, quoted.short_answer):
            return quoted.short_answer
    return None
