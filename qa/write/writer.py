"""The generative backends: a language model writes the answer, and only what the documents support is kept.

Each sentence is verified as soon as it is complete (``qa.check.verifier``): against the passages that it cites, then
against all passages of the prompt. Citation markers come from the verification, never from the model. In the place of a
sentence without support stands the nearest quotation (``qa.write.nearest``); or it is dropped, or kept to be shown as
struck. Where no sentence has support, the extractive answer is given.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol
from unicodedata import east_asian_width

from documents.language import detect
from index.analyse import STOP_WORDS, terms
from index.passage import Passage
from qa.answer import Answer, Citation, Draft
from qa.answer.notices import BROKEN_OFF, DECLINED, NOTHING_LEFT, UNAVAILABLE  # fmt: skip
from qa.check.claims.tokens import contains_words
from qa.check.entailment import as_judged
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.check.support import without_introduction
from qa.check.verifier import Verdict
from qa.check.yes_no import Decision
from qa.llm.base import GenerationError, Generator, Message, prompt_tokens
from qa.llm.prompt import Prompt, load_prompt
from qa.read.lines import WHOLE
from qa.understand.question import Question, asks
from qa.write.answer_builder import AnswerBuilder, line_quoted
from qa.write.beyond import Beyond
from qa.write.excerpts import excerpts
from qa.write.fence import fence
from qa.write.held import Held, fill
from qa.write.nearest import nearest
from qa.write.stream import Sentence, declines, sentences_of

CAVEAT = "not calibrated for written answers"
# A text of fewer words than the first number is a fragment. One of fewer words than the second is a fragment too where
# it has only names or no full stop.
FEWEST, FEW = 3, 8

# Some words that occur three times.
_REPETITION = re.compile(r"\b(\w+(?:\W+\w+){3,12})\b(?:.*\b\1\b){2}", re.IGNORECASE | re.DOTALL)

logger = logging.getLogger(__name__)


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
class Writer:
    """Answers with the sentences that ``generator`` writes and ``verifier`` finds supported.

    - ``max_tokens``: of the reply; ``most_prompt``: of the prompt, where not all of the context is to be filled;
    - ``unsupported``: what becomes of a sentence without support: a quotation stands in its place ("quote"), it is left
      out ("drop"), or it is kept, to be shown as such ("strike");
    - ``always``: whether the model is asked even where the evidence is too weak to quote an answer. It may decline; for
      a model that never does, this should be off;
    - ``beyond``: says what a model knows beside a refusal; None: nobody does;
    - ``recogniser``: with it, passages are fenced in the prompt, and the injected instructions that it finds in them
      support no statement.
    """

    generator: Generator
    verifier: Verifier
    max_tokens: int = 512
    most_prompt: int | None = None
    unsupported: Literal["quote", "drop", "strike"] = "quote"
    always: bool = False
    beyond: Beyond | None = None
    recogniser: Recogniser | None = field(default_factory=Recogniser)
    prompt: Prompt = field(default_factory=lambda: load_prompt("answer"))

    def writes(self, quoted: Answer) -> bool:
        """Whether a model is asked, which the evidence decides and not the model."""
        if any(own.status == "computed" and not own.is_yes_or_no for own in quoted.statements):
            return False  # a model counts and adds up worse
        return self._has_evidence(quoted) or (quoted.kind == "refusal" and self.beyond is not None)

    def _has_evidence(self, quoted: Answer) -> bool:
        return quoted.answered or (quoted.kind == "refusal" and self.always and bool(quoted.passages))

    @property
    def facts(self) -> Mapping[str, str]:
        """The fingerprints that an answer and a run record of how it was written."""
        return {
            "generator": self.generator.fingerprint,
            "verifier": self.verifier.fingerprint,
            "prompt": self.prompt.fingerprint,
        }

    def answering(self, question: Question, quoted: Answer) -> Iterator[Draft | Answer]:
        """A draft after each verified sentence, then the answer; ``quoted`` is the extractive one with all passages."""
        answer = quoted
        for step in self._writing(question, quoted) if self._has_evidence(quoted) else ():
            if isinstance(step, Draft):
                yield step
            else:
                answer = step
        yield self.beyond.beside(answer, question.text) if self.beyond and not answer.answered else answer

    def _writing(self, question: Question, quoted: Answer) -> Iterator[Draft | Answer]:
        began = time.perf_counter()
        model = dict(self.facts)
        builder = AnswerBuilder()
        stopped = None
        try:
            held = self._filled(question, quoted)
            model["prompt_passages"] = str(held.passages)
            for sentence in self._sentences(question, held.messages, builder):
                line = line_quoted(sentence.text, quoted) if question.asked in WHOLE else None
                text = line[0].text if line else sentence.text
                if builder.repeats(text):
                    break
                if not line and not says_something(text, question):
                    continue
                builder.wrote(text)
                if line:
                    builder.take(*line)
                else:
                    self._verify(question, sentence, held, quoted, builder)
                if builder.supported:
                    yield Draft(self._answer(quoted, builder, model))
        except GenerationError as error:
            logger.warning("%s", error)
            stopped = BROKEN_OFF if builder.supported else UNAVAILABLE
        spent = {"write": 1000 * (time.perf_counter() - began) - builder.verifying, "verify": builder.verifying}
        yield replace(self._finished(quoted, builder, model, stopped), timings_ms=spent)

    def _finished(
        self, quoted: Answer, builder: AnswerBuilder, model: Mapping[str, str], stopped: str | None
    ) -> Answer:
        """The answer when the model has ended, with what is to be noted of it; ``stopped``: why it ended early."""
        differ = quoted.note  # that the documents do not say the same
        if builder.supported:
            if differ:
                builder.name_all(quoted)
            notes = [stopped, self._on_sentences(builder), differ]
            answer = self._answer(quoted, builder, {**model, **builder.sentences.as_model})
        else:
            builder.replaced = len(builder.written)  # the quoted answer stands in the place of all
            notes = [stopped or (NOTHING_LEFT if builder.written else DECLINED), differ]
            answer = replace(quoted, model={**quoted.model, **model, **builder.sentences.as_model})
        return replace(answer, note="\n".join(filter(None, notes)) or None if answer.answered else None)

    def _on_sentences(self, builder: AnswerBuilder) -> str | None:
        """What became of the model's sentences, where not all are shown as they were written."""
        if self.unsupported == "strike" or builder.shown == len(builder.written):
            return None
        return builder.sentences.note

    def _filled(self, question: Question, quoted: Answer) -> Held:
        """The prompt, with as many of the best excerpts as fit into the context beside the reply.

        Raises:
            GenerationError: not even one fits.
        """
        as_text = fence if self.recogniser else numbered
        room = self.generator.context - self.max_tokens
        held = fill(
            excerpts(quoted, quoted.passages),
            quoted.passages,
            lambda chosen: self.prompt.messages(
                passages=as_text(chosen), question=question.text, asked=question.asked, differ=quoted.note or ""
            ),
            lambda messages: prompt_tokens(self.generator, messages),
            room,
            min(room, self.most_prompt or room),
        )
        if held is None:
            raise GenerationError(
                f"a context of {self.generator.context} tokens has no room for a passage beside the question and a "
                f"reply of {self.max_tokens}: raise REFDESK_CONTEXT or lower REFDESK_MAX_TOKENS"
            )
        return held

    def _sentences(self, question: Question, messages: Sequence[Message], builder: AnswerBuilder) -> Iterator[Sentence]:
        """The sentences until the model declines, without yes or no; closing the iterator stops the model."""
        stream = self.generator.stream(messages, self.max_tokens)
        with closing(stream):
            for sentence in sentences_of(stream):
                if declines(sentence.text):
                    return
                if question.asked == "polar":
                    sentence = _without_yes_or_no(sentence, builder)
                yield sentence

    def _verify(
        self,
        question: Question,
        sentence: Sentence,
        held: Held,
        quoted: Answer,
        builder: AnswerBuilder,
    ) -> None:
        """Add the sentence to ``builder``, or what stands in its place; ``held`` is the prompt."""
        began = time.perf_counter()
        claim = claim_of(sentence.text, question.text)
        cited = held.cited(sentence.cites)
        verdict = self.verifier.verify(claim, cited) if cited else None
        if verdict is None or not verdict.supported:
            verdict = self.verifier.verify(claim, held.evidence)
        if self.recogniser and _is_injected(sentence.text, verdict, self.recogniser):
            verdict = replace(verdict, supported=False)
        is_first = verdict.supported and not builder.supported
        builder.add(sentence.text, verdict, sentence.code)
        if not verdict.supported and self.unsupported == "quote":
            builder.stand_in(nearest(verdict, quoted, self.recogniser or Unchecked()))
        if question.asked == "polar" and is_first and not quoted.note:  # no yes or no where documents differ
            self._decide(question, held.evidence, builder)
        builder.verifying += 1000 * (time.perf_counter() - began)

    def _decide(self, question: Question, passages: Sequence[Passage], builder: AnswerBuilder) -> None:
        """Yes or no as the first citation says, by the rule of the extractive answer."""
        cited = builder.citations[0]
        if cited.document.id == passages[0].document.id:
            text = as_judged(cited.passage, cited.start, cited.end)
            builder.decide(self.verifier.decide(question.text, text))

    def _answer(self, quoted: Answer, builder: AnswerBuilder, model: Mapping[str, str]) -> Answer:
        shown = [statement for statement in builder.statements if self.unsupported == "strike" or statement.is_said]
        return replace(
            quoted,
            kind="answer",
            message="",
            short_answer=builder.word or _short(quoted, builder.citations),
            statements=tuple(shown),
            citations=tuple(builder.citations),
            note=None,
            parts=(),  # which sentence is of which thing compared, only the model knows
            caveat=CAVEAT,
            model={**quoted.model, **model, "backend": self.generator.fingerprint},
        )


def _without_yes_or_no(sentence: Sentence, builder: AnswerBuilder) -> Sentence:
    text = builder.without_yes_or_no(sentence.text)
    gone = len(sentence.text) - len(text)
    code = tuple((start - gone, end - gone) for start, end in sentence.code if start >= gone)
    return replace(sentence, text=text, code=code)


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


def numbered(passages: Sequence[Passage]) -> str:
    """The passages with numbers and nothing else, as prompts have them without the defence."""
    return "\n\n".join(f"[{number}] {passage.chunk.text}" for number, passage in enumerate(passages, start=1))


def _is_injected(text: str, verdict: Verdict, recogniser: Recogniser) -> bool:
    """Whether the text, or its evidence, is an injected instruction: even a true copy of one is no statement."""
    if verdict.passage is None:
        return False
    document = verdict.passage.document
    return any(recogniser.judge([text])) or not recogniser.free(document.text, [(verdict.start, verdict.end)])


def _short(quoted: Answer, citations: Sequence[Citation]) -> str | None:
    """The extractive short answer, where a citation of the same text has it."""
    if not quoted.short_answer or not quoted.citations:
        return None
    best = quoted.citations[0]
    for citation in citations:
        same = citation.document.id == best.document.id
        overlaps = same and citation.start < best.end and best.start < citation.end
        if overlaps and contains_words(citation.quote, quoted.short_answer):
            return quoted.short_answer
    return None
