"""The generative backends: a language model writes the answer, and only what the documents support is kept.

Each sentence is verified as soon as it is complete (``qa.check.verifier``): against the passages that it cites, then
against all passages of the prompt. Citation markers come from the verification, never from the model. In the place of a
sentence without support stands the nearest quotation (``qa.write.nearest``); or it is dropped, or kept to be shown as
struck. Where no sentence has support, the extractive answer is given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator as Pieces
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import takewhile

from index.passage import Passage
from qa.answer import Answer, Citation, Draft, Stage, Statement
from qa.answer.notices import BROKEN_OFF, DECLINED, NOTHING_LEFT, UNAVAILABLE
from qa.check.claims.tokens import contains_words
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.llm.base import GenerationError, Generator, Message
from qa.llm.prompt import Prompt, load_prompt
from qa.read.lines import WHOLE
from qa.understand.question import Question
from qa.write.answer_builder import AnswerBuilder, line_quoted
from qa.write.beyond import Beyond
from qa.write.excerpts import excerpts
from qa.write.fence import fence
from qa.write.grounds import Grounds, Verifier, says_something
from qa.write.held import Held, Room, numbered
from qa.write.in_force import in_force_first, lead
from qa.write.several import MOST_DOCUMENTS, NOTE_TOKENS, Notes, documents_asked, in_turns
from qa.write.stream import Sentence, declines, sentences_of
from qa.write.verified import Unsupported, Verified

CAVEAT = "not calibrated for written answers"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writer:
    """Answers with the sentences that ``generator`` writes and ``verifier`` finds supported.

    - ``max_tokens``: of the reply; ``most_prompt``: of the prompt, where not all of the context is to be filled;
    - ``most_documents``: that are noted one by one where several are asked of;
    - ``unsupported``: what becomes of a sentence without support: a quotation stands in its place ("quote"), it is left
      out ("drop"), or it is kept, to be shown as such ("strike");
    - ``always``: whether the model is asked even where the evidence is too weak to quote an answer. It may decline; for
      a model that never does, this should be off;
    - ``beyond``: says what a model knows beside a refusal; None: nobody does;
    - ``recogniser``: the injected instructions that it finds support no statement; passages are fenced in the prompt,
      unless it is ``Unchecked``.
    """

    generator: Generator
    verifier: Verifier
    max_tokens: int = 512
    most_prompt: int | None = None
    most_documents: int = MOST_DOCUMENTS
    unsupported: Unsupported = "quote"
    always: bool = False
    beyond: Beyond | None = None
    recogniser: Recogniser = field(default_factory=Recogniser)
    prompt: Prompt = field(default_factory=lambda: load_prompt("answer"))

    def writes(self, quoted: Answer) -> bool:
        """Whether a model is asked, which the evidence decides and not the model."""
        if any(own.status == "computed" and not own.is_yes_or_no for own in quoted.statements):
            return False  # a model counts and adds up worse
        return self.has_evidence(quoted) or (quoted.kind == "refusal" and self.beyond is not None)

    def has_evidence(self, quoted: Answer) -> bool:
        """Whether there is something to write from: what answers, or where ``always`` is set what was found."""
        return quoted.answered or (quoted.kind == "refusal" and self.always and bool(quoted.passages))

    @property
    def facts(self) -> Mapping[str, str]:
        """The fingerprints that an answer and a run record of how it was written."""
        return {
            "generator": self.generator.fingerprint,
            "verifier": self.verifier.fingerprint,
            "prompt": self.prompt.fingerprint,
        }

    @property
    def _grounds(self) -> Grounds:
        return Grounds(self.verifier, self.recogniser)

    def answering(self, question: Question, quoted: Answer) -> Iterator[Stage | Draft | Answer]:
        """The stages, a draft after each verified sentence, then the answer.

        ``quoted`` is the extractive answer with all passages.
        """
        answer = quoted
        for step in self._writing(question, quoted) if self.has_evidence(quoted) else ():
            if isinstance(step, Answer):
                answer = step
            else:
                yield step
        if self.beyond and not answer.answered:
            yield Stage("write")
            answer = self.beyond.beside(answer, question.text)
        yield answer

    def _writing(self, question: Question, quoted: Answer) -> Iterator[Stage | Draft | Answer]:
        began = time.perf_counter()
        model = dict(self.facts)
        builder = AnswerBuilder()
        stopped = None
        try:
            held = yield from self.prompted(question, quoted)
            yield Stage("write")
            model |= held.facts
            verified = Verified(self._grounds, self.unsupported, question, quoted, held)
            for sentence in self.sentences(held.messages):
                if question.asked == "polar":
                    sentence = _without_yes_or_no(sentence, builder)
                line = line_quoted(sentence.text, quoted) if question.asked in WHOLE else None
                text = line[0].text if line else sentence.text
                if builder.repeats(text):
                    break
                if not line and not sentence.cells and not says_something(text, question):
                    continue
                builder.wrote(text)
                if line:
                    builder.take(*line)
                else:
                    verified.add(sentence, builder)
                if builder.supported and (draft := self._answer(quoted, builder, model, is_draft=True)).said:
                    yield Draft(draft)
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
            builder.end_lead_in(quoted)
            if differ:
                builder.name_all(quoted)
            notes = [stopped, self._on_sentences(builder), differ]
            answer = self._answer(quoted, builder, {**model, **builder.sentences.as_model})
        else:
            builder.replaced = len(builder.written)  # the quoted answer stands in the place of all
            notes = [stopped or (NOTHING_LEFT if builder.written else DECLINED), differ]
            answer = replace(quoted, model={**quoted.model, **model, **builder.sentences.as_model})
        note = "\n".join(filter(None, notes)) or None if answer.answered else None
        # They were written from in turns of the things compared; an answer has the best first.
        passages = sorted(answer.passages, key=lambda own: -own.score)
        told = {**answer.model, **_reach(answer.passages, passages, answer.model)}
        return replace(answer, note=note, passages=tuple(passages), model=told)

    def _on_sentences(self, builder: AnswerBuilder) -> str | None:
        """What became of the model's sentences, where not all are shown as they were written."""
        if self.unsupported == "strike" or builder.shown == len(builder.written):
            return None
        return builder.sentences.note

    def prompted(self, question: Question, quoted: Answer) -> Pieces[Stage, None, Held]:
        """The prompt, with as many of the best excerpts as fit into the context beside the reply.

        Where several documents are asked of, and it holds no block of some, each document is noted first.

        Raises:
            GenerationError: not even one excerpt fits, or a model failed on a note.
        """
        fields = {
            "question": question.text,
            "asked": question.asked,
            "differ": quoted.note or "",
            "doubtful": "" if quoted.answered else "yes",  # a weak model that may decline does so where it need not
        }
        shown = numbered if isinstance(self.recogniser, Unchecked) else fence
        room = Room(self.generator, self.max_tokens, self.most_prompt, shown)
        found, blocks = quoted.passages, excerpts(quoted, quoted.passages)
        held = room.filled(self.prompt, blocks, found, **fields)
        documents = documents_asked(question, quoted, self.most_documents)
        if held.documents.issuperset(documents):
            return held
        beside = room.filled(self.prompt, in_turns(blocks, documents), found, **fields)
        if beside.documents.issuperset(documents):
            return beside
        yield Stage("note", len(documents))
        noted = Notes(replace(room, reply=min(NOTE_TOKENS, self.max_tokens)), self._grounds).of(
            question, quoted, documents
        )
        return replace(room.filled(self.prompt, noted, found, **fields) if noted else held, noted=len(documents))

    def sentences(self, messages: Sequence[Message]) -> Iterator[Sentence]:
        """The sentences that the model writes until it declines; closing the iterator stops the model.

        Raises:
            GenerationError: the model failed; also after some sentences.
        """
        with closing(self.generator.stream(messages, self.max_tokens)) as stream:
            yield from takewhile(lambda sentence: not declines(sentence.text), sentences_of(stream))

    def _answer(
        self, quoted: Answer, builder: AnswerBuilder, model: Mapping[str, str], is_draft: bool = False
    ) -> Answer:
        statements: Sequence[Statement] = builder.statements
        citations: Sequence[Citation] = builder.citations
        if quoted.note:
            statements, citations = (lead if is_draft else in_force_first)(statements, citations, quoted)
        return replace(
            quoted,
            kind="answer",
            message="",
            short_answer=builder.word or _short(quoted, citations),
            statements=tuple(own for own in statements if self.unsupported == "strike" or own.is_said),
            citations=tuple(citations),
            note=None,
            parts=(),  # which sentence is of which thing compared, only the model knows
            caveat=CAVEAT,
            model={**quoted.model, **model, "backend": self.generator.fingerprint},
        )


def _reach(found: Sequence[Passage], passages: Sequence[Passage], model: Mapping[str, str | None]) -> Mapping[str, str]:
    """``prompt_passages`` of a model, so many of the first ``found``, as so many of the first of ``passages``."""
    held = found[: int(model.get("prompt_passages") or 0)]
    last = max((passages.index(own) for own in held), default=-1)
    return {"prompt_passages": str(last + 1)} if held else {}


def _without_yes_or_no(sentence: Sentence, builder: AnswerBuilder) -> Sentence:
    text = builder.without_yes_or_no(sentence.text)
    gone = len(sentence.text) - len(text)
    code = tuple((start - gone, end - gone) for start, end in sentence.code if start >= gone)
    return replace(sentence, text=text, code=code)


def _short(quoted: Answer, citations: Sequence[Citation]) -> str | None:
    """The extractive short answer, where a citation of the same text has it."""
    if not quoted.short_answer or not quoted.citations:
        return None
    best = quoted.citations[0]
    is_held = any(contains_words(own.quote, quoted.short_answer) for own in filter(best.shares, citations))
    return quoted.short_answer if is_held else None
