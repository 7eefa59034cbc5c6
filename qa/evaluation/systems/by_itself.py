"""Baselines for what a language model writes: the model without documents, and with them but without verification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from qa.answer import Answer, Citation, Draft, Stage, Statement
from qa.answer.notices import REFUSAL
from qa.assistant import compose
from qa.assistant.compose import Models
from qa.assistant.generators import load_generator
from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.scoring.reply import DocumentLookup, as_short_answer
from qa.evaluation.systems.system import CLOSED_BOOK, OpenedSystem, in_turn
from qa.llm.base import Generator, Message
from qa.llm.prompt import load_prompt
from qa.settings import Settings
from qa.understand.question import Question
from qa.write.held import Held
from qa.write.stream import Sentence, declines
from qa.write.writer import CAVEAT, Writer

NOT_VERIFIED = "none"  # in the place of the verifier that an answer and a run record


def closed_book(dataset: Dataset, settings: Settings) -> OpenedSystem:
    """The language model without documents, in conversations after the earlier questions and their answers.

    Raises:
        GenerationError: the model that the settings name cannot be used.
    """
    generator, prompt = load_generator(settings), load_prompt("closed_book")

    def answer(question: str, history: list[tuple[str, str]]) -> object:
        system, asked = prompt.messages(question=question)
        turns = (own for before, said in history for own in (Message("user", before), Message("assistant", said)))
        messages = [system, *(own for own in turns if own.text), asked]
        text = "".join(generator.stream(messages, settings.max_tokens)).strip()
        return None if declines(text) else as_short_answer(text)

    lookup = DocumentLookup(dataset.documents)
    facts = {"models": {"generator": generator.fingerprint, "prompt": prompt.fingerprint}}
    return OpenedSystem(CLOSED_BOOK, lambda item: in_turn(answer, item, lookup), facts=facts, settings=settings)


@dataclass(frozen=True, slots=True)
class UnverifiedWriter(Writer):
    """Says what the model writes from the same prompt as it stands, with the excerpts that the model itself cites.

    It asks where ``Writer`` does. Such an answer is only for evaluation: its verifier is "none", and what it says may
    have no citation.
    """

    @property
    def facts(self) -> Mapping[str, str]:
        """Those of a writer, with no verifier."""
        return {**super(UnverifiedWriter, self).facts, "verifier": NOT_VERIFIED}

    def answering(self, question: Question, quoted: Answer) -> Iterator[Stage | Draft | Answer]:
        """The stages, and the answer; a refusal where the model declines.

        Raises:
            GenerationError: the model failed.
        """
        if not self.has_evidence(quoted):
            yield quoted
            return
        held = yield from self.prompted(question, quoted)
        yield Stage("write")
        yield self._said(quoted, held, list(self.sentences(held.messages)))

    def _said(self, quoted: Answer, held: Held, sentences: Sequence[Sentence]) -> Answer:
        model = {**quoted.model, **self.facts, "backend": self.generator.fingerprint}
        plain = replace(
            quoted, short_answer=None, statements=(), citations=(), note=None, parts=(), caveat=CAVEAT, model=model
        )
        if not sentences:
            return replace(plain, kind="refusal", message=REFUSAL)
        cited = dict.fromkeys(number for own in sentences for number in own.cites if 0 < number <= len(held.excerpts))
        numbers = {number: new for new, number in enumerate(cited, start=1)}
        excerpts = [(new, held.excerpts[number - 1]) for number, new in numbers.items()]

        def said(own: Sentence) -> Statement:
            marked = tuple(numbers[number] for number in own.cites if number in numbers)
            return Statement(own.text, marked, 0.0, "supported", code=own.code)

        return replace(
            plain,
            kind="answer",
            message="",
            statements=tuple(map(said, sentences)),
            citations=tuple(Citation(new, own, own.chunk.start, own.chunk.end) for new, own in excerpts),
        )


def unverified_writer_of(generator: Generator, models: Models, settings: Settings) -> UnverifiedWriter:
    """The writer that the settings name without its verification, and so without notes on documents."""
    writer = replace(compose.writer_of(generator, models, settings), most_documents=0)
    return UnverifiedWriter(**{own.name: getattr(writer, own.name) for own in fields(writer)})
