"""A written sentence -> what is said of it: itself where the documents bear it out, else what stands in its place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from index.passage import Passage
from qa.answer import Answer
from qa.check.entailment import as_judged
from qa.check.verifier import Verdict
from qa.understand.question import Question
from qa.write.answer_builder import AnswerBuilder
from qa.write.grounds import FEWEST, Grounds, claim_of
from qa.write.held import Held
from qa.write.nearest import nearest
from qa.write.rows import row_of
from qa.write.stream import Sentence

Unsupported = Literal["quote", "drop", "strike"]


@dataclass(frozen=True, slots=True)
class Verified:
    """Adds the sentences that answer a ``question`` to a builder, as far as ``grounds`` bear them out.

    - ``unsupported``: what becomes of those without support (``Writer``);
    - ``quoted``: the extractive answer; ``held``: the prompt that they are written from.
    """

    grounds: Grounds
    unsupported: Unsupported
    question: Question
    quoted: Answer
    held: Held

    def add(self, sentence: Sentence, builder: AnswerBuilder) -> None:
        """Add the sentence, or what stands in its place."""
        began = time.perf_counter()
        if not self._add_row(sentence, builder):
            self._add_sentence(sentence, builder)
        builder.verifying += 1000 * (time.perf_counter() - began)

    def _add_row(self, sentence: Sentence, builder: AnswerBuilder) -> bool:
        """Whether the sentence is a row of a table that is added as the document has it."""
        passages = (*self.held.cited(sentence.cites), *self.held.evidence)
        row = row_of(sentence.cells, passages, self.grounds.recogniser) if sentence.cells else None
        if row is None or not (row.is_whole or self.unsupported == "quote"):
            return False
        if row.is_whole:
            builder.take(row.statement, row.citation)
        else:
            builder.stand_in([(row.statement, row.citation)])
        return True

    def _add_sentence(self, sentence: Sentence, builder: AnswerBuilder) -> None:
        question, held = self.question, self.held
        verdict = self._verdict(sentence)
        is_first = verdict.supported and not builder.supported
        builder.add(sentence.text, verdict, sentence.code)
        if not verdict.supported and self.unsupported == "quote":
            builder.stand_in(nearest(verdict, self.quoted, self.grounds.recogniser))
        if question.asked == "polar" and is_first and not self.quoted.note:  # no yes or no where documents differ
            self._decide(held.evidence, builder)

    def _verdict(self, sentence: Sentence) -> Verdict:
        """What the passages say of the sentence; a fragment that is a whole line of theirs needs no question."""
        text, passages = sentence.text, (self.held.cited(sentence.cites), self.held.evidence)
        claim = claim_of(text, self.question.text)
        verdict = self.grounds.of(text, claim, *passages)
        is_held = any(text in own.chunk.text for own in chain(*passages))
        if verdict.supported or claim == text or len(text.split()) < FEWEST or not is_held:
            return verdict
        alone = self.grounds.of(text, text, *passages)
        is_line = alone.passage is not None and alone.passage.document.text[alone.start : alone.end] == text
        return alone if alone.supported and is_line else verdict

    def _decide(self, passages: Sequence[Passage], builder: AnswerBuilder) -> None:
        """Yes or no as the first citation says, by the rule of the extractive answer."""
        cited = builder.citations[0]
        if cited.document.id == passages[0].document.id:
            text = as_judged(cited.passage, cited.start, cited.end)
            builder.decide(self.grounds.verifier.decide(self.question.text, text))
