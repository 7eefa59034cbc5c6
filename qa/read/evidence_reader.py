"""Passages -> the sentences that may answer a question, as evidence.

The reader marks spans of the best passages that may answer the question; the sentence around a span is evidence. The
best are read a second time, as they would be quoted: a passage says several things, of which one may fit the question
better than the answer beside it. Confidence depends on the reader's logits and the question's names
(``qa.read.evidence``, ``qa.read.confidence.calibration``). Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from documents.document import Chunk
from documents.linearise import linearise
from documents.sentences import Range
from index.labels import label_said
from index.passage import Passage
from qa.answer import Answer, AnswerType, Citation, Statement
from qa.answer.notices import REFUSAL
from qa.answer.reasons import Reason
from qa.check.entailment import Entailment, answered, as_judged, log_odds
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.layout.quotation import quotation
from qa.read.confidence.calibration import Calibration
from qa.read.confidence.reasons import refused
from qa.read.evidence import (
    Evidence,
    absent_names,
    as_written,
    is_entry,
    mistaken_names,
)
from qa.read.lines import WHOLE
from qa.read.placed import PlacedSpan, ahead_of_others, answer_span, quotable, spans_by_sentence
from qa.read.quotable_block import quotable_block
from qa.read.reader import READ, Reader
from qa.understand.question import Question

# So many of the best sentences are read again as they would be quoted, and then judged, at an inference each. With 6
# and 8 read again the right one is first as often (``python -m benchmarks.finding --read``).
QUOTED, JUDGED = 4, 4


@dataclass(frozen=True, slots=True)
class EvidenceReader:
    """Reads passages for the sentences that answer a question.

    ``entailment`` tells whether they support an answer, or say yes or no. What ``recogniser`` finds to be an injected
    instruction is not quoted. ``quoted``: how many of the best are read again as they would be quoted.
    """

    reader: Reader
    calibration: Calibration
    entailment: Entailment | None = None
    recogniser: Recogniser = field(default_factory=Unchecked)
    quoted: int = QUOTED

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages that have a span of the reader's, as evidence, best first."""
        best = best_to_read(passages)
        read = self.reader.read(question, [passage.ranked_text for passage in best])
        found: dict[tuple[str, int, int], tuple[Passage, list[PlacedSpan]]] = {}
        for passage, spans in zip(best, read, strict=True):
            for sentence, inside in spans_by_sentence(passage, spans, quotable(passage.chunk, self.recogniser)):
                key = (passage.document.id, *sentence)
                if key not in found or found[key][1][0].margin < inside[0].margin:
                    found[key] = (passage, inside)
        absent = {id(passage): absent_names(question, passage) for passage, _ in found.values()}
        evidence = [
            _evidence(question, passage, (start, end), spans, absent[id(passage)])
            for (_, start, end), (passage, spans) in found.items()
        ]
        ordered = _ordered(evidence)
        ordered = [*_ordered(self._as_quoted(question, ordered[: self.quoted])), *ordered[self.quoted :]]
        return [*self._judged(question, ordered[:JUDGED]), *ordered[JUDGED:]]

    @property
    def model(self) -> dict[str, str]:
        """What an answer records of how it was found."""
        return {"reader": self.reader.fingerprint, "backend": "extractive"}

    def said(
        self,
        question: Question,
        passages: Sequence[Passage],
        statements: Sequence[Statement],
        citations: Sequence[Citation],
        *,
        short: str | None,
        read: Passage,
        reasons: Sequence[Reason],
    ) -> Answer:
        """The answer of these statements, as sure as the first for these ``reasons``; ``read`` is what they rest on."""
        return Answer(
            kind="answer",
            question=question.text,
            standalone_question=question.text,
            confidence=statements[0].support,
            short_answer=short,
            statements=tuple(statements),
            citations=tuple(citations),
            passages=tuple(passages),
            caveat=self.calibration.caveat(question, read.chunk.text),
            model=self.model,
            asked=asked_as(question),
            reasons=tuple(reasons),
        )

    def refusal(self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Answer:
        """A refusal: none of the evidence is sure enough. It says how sure the best is."""
        best = next(iter(evidence), None)
        block = quotable_block(best.document, self.recogniser, (best.start, best.end)) if best else None
        return Answer(
            "refusal", question.text, question.text, self.calibration.confidence(best) if best else 0.0,
            message=REFUSAL, passages=tuple(passages),
            caveat=self.calibration.caveat(question, best.passage.chunk.text if best else ""),
            model=self.model, asked=asked_as(question), reasons=refused(self.calibration, evidence),
            nearest=Citation(1, best.passage, *block, (best.span,)) if best and block else None,
        )  # fmt: skip

    def _as_quoted(self, question: Question, every: Sequence[Evidence]) -> list[Evidence]:
        """The evidence with the means of the logits of both readings: of its passage, and of what would be quoted.

        Passages that no reranker has read, as those in other languages, have no logits.
        """
        is_ranked = ["rerank" in one.passage.stage_scores for one in every]
        if not any(is_ranked):
            return list(every)
        chunks = [Chunk(one.document, *quotation(one.document, (one.start, one.end))) for one in every]
        quoted = [replace(one.passage, chunk=chunk) for one, chunk in zip(every, chunks, strict=True)]
        read = self.reader.read(question, [passage.ranked_text for passage in quoted])
        return [
            one.read_again(spans[0].relevance, spans[0].margin, ahead_of_others(passage, spans, one.span))
            if spans and has_logit
            else one
            for one, passage, spans, has_logit in zip(every, quoted, read, is_ranked, strict=True)
        ]

    def _judged(self, question: Question, every: Sequence[Evidence]) -> list[Evidence]:
        """The evidence with how well its texts support its answers: the reader takes near-misses for answers."""
        if self.entailment is None:
            return list(every)
        texts = [as_judged(one.passage, one.start, one.end) for one in every]
        claims = [answered(as_written(question, text), one.answer) for one, text in zip(every, texts, strict=True)]
        judged = self.entailment.judge(list(zip(claims, texts, strict=True)))
        return [replace(one, entails=log_odds(said)) for one, said in zip(every, judged, strict=True)]


def best_to_read(passages: Sequence[Passage]) -> list[Passage]:
    """The best ``READ`` passages and, if these are all rows or fields, which resemble each other, the best other."""
    best = list(passages[:READ])
    if all(map(_is_entry, best)):
        best += [passage for passage in passages[READ:] if not _is_entry(passage)][:1]
    return best


def _ordered(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The best first; sentences about something else than the question last, however similar their wording is."""
    return sorted(evidence, key=lambda one: (bool(one.mistaken), -one.order, -one.margin))


def _is_entry(passage: Passage) -> bool:
    return is_entry(passage.document, passage.chunk.start)


def asked_as(question: Question) -> AnswerType:
    """What the question asks for, as answers record it: keywords ask for a fact."""
    return "fact" if question.asked == "keyword" else question.asked


def _evidence(
    question: Question, passage: Passage, sentence: Range, spans: list[PlacedSpan], absent: tuple[str, ...]
) -> Evidence:
    document, likelier = passage.document, passage.stage_scores.get("likelier", 0.0)
    return Evidence(
        passage,
        *sentence,
        span=answer_span(question, passage, sentence, spans),
        margin=spans[0].margin,
        rank=passage.stage_scores.get("rerank", passage.score) + likelier,
        likelier=likelier,
        several=question.asked in WHOLE,
        absent=absent,
        label=label_said(question.text, passage.chunk, *sentence),
        mistaken=mistaken_names(question, passage, linearise(document.text, document.tables, *sentence).text, absent),
    )
