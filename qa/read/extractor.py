"""The extractive backend: passages -> an answer of sentences quoted from the documents.

The reader marks spans of the best passages that may answer the question; the sentence around a span is quoted. The
confidence depends on the reader's logits and on the names of the question (``qa.read.evidence``,
``qa.read.calibration``). Deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.sentences import Range
from documents.split import sentences_within
from index.passage import Passage
from qa.answer import REFUSAL, Answer, Citation, Statement
from qa.check.claims.tokens import to_whole_words
from qa.read.calibration import Calibration
from qa.read.evidence import Evidence, absent_names, mistaken_names
from qa.read.reader import Reader, Span
from qa.understand.question import Question

# How many of the best passages are read.
READ = 5
# A further sentence is quoted when its margin is at most this much below the best sentence's.
NEAR = 3.0
# For a list, spans of one sentence whose margins differ by at most this are one answer.
TOGETHER = 1.0


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads passages for the sentences that answer a question."""

    reader: Reader
    calibration: Calibration

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages that have a span of the reader's, as evidence, best first."""
        best = passages[:READ]
        texts = [passage.chunk.text for passage in best]
        found: dict[tuple[str, int, int], tuple[Passage, list[Span]]] = {}
        for passage, spans in zip(best, self.reader.read(question.text, texts), strict=True):
            for sentence, own in _spans_by_sentence(passage, spans):
                key = (passage.chunk.document.id, *sentence)
                if key not in found or found[key][1][0].margin < own[0].margin:
                    found[key] = (passage, own)
        evidence = [
            Evidence(
                passage,
                start,
                end,
                span=_answer_span(question, passage, (start, end), own),
                margin=own[0].margin,
                relevance=own[0].relevance,
                rank=passage.stage_scores.get("rerank", passage.score),
                absent=(absent := absent_names(question, passage)),
                mistaken=mistaken_names(question, passage, passage.chunk.document.text[start:end], absent),
            )
            for (_, start, end), (passage, own) in found.items()
        ]
        # Sentences about something else than the question come last, however similar their wording is.
        return sorted(evidence, key=lambda own: (bool(own.mistaken), -own.order, -own.margin))

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        evidence = self.read(question, passages)
        confidence = self.calibration.confidence(evidence[0]) if evidence else 0.0
        model = {"reader": self.reader.fingerprint, "backend": "extractive"}
        read = evidence[0].passage.chunk.text if evidence else ""
        caveat = self.calibration.caveat(question, read)
        if not evidence or confidence < self.calibration.threshold:
            return Answer(
                "refusal", question.text, question.text, confidence,
                message=REFUSAL, passages=tuple(passages), caveat=caveat, model=model,
            )  # fmt: skip
        chosen = self._choose(question, evidence)
        citations = [
            Citation(number, sentence.passage, sentence.start, sentence.end)
            for number, sentence in enumerate(chosen, start=1)
        ]
        statements = [
            Statement(citation.quote, (citation.number,), self.calibration.confidence(sentence), "quoted")
            for citation, sentence in zip(citations, chosen, strict=True)
        ]
        return Answer(
            kind="answer",
            question=question.text,
            standalone_question=question.text,
            confidence=confidence,
            short_answer=chosen[0].answer,
            statements=tuple(statements),
            citations=tuple(citations),
            passages=tuple(passages),
            caveat=caveat,
            model=model,
        )

    def _choose(self, question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The sentences to quote: the best, then others with nearly its margin, as many as the question asks for.

        The others are in the order of their documents.
        """
        best, *others = evidence[: question.most_sentences]
        near = (sentence for sentence in others if sentence.margin >= best.margin - NEAR)
        further = [sentence for sentence in near if self.calibration.confidence(sentence) >= self.calibration.threshold]
        return [best, *sorted(further, key=lambda sentence: (sentence.passage.chunk.document.id, sentence.start))]


def _spans_by_sentence(passage: Passage, spans: Sequence[Span]) -> Iterator[tuple[Range, list[Span]]]:
    """The passage's sentences that may be quoted, each with the spans inside it, best first.

    A sentence without a span is left out, and so is a span that two sentences share.
    """
    chunk = passage.chunk
    for start, end in sentences_within(chunk.document, chunk.start, chunk.end):
        if _is_heading(passage, start, end) or _is_question(chunk.document.text[start:end]):
            continue
        own = [span for span in spans if start <= chunk.start + span.start and chunk.start + span.end <= end]
        if own:
            yield (start, end), own


def _answer_span(question: Question, passage: Passage, sentence: Range, spans: Sequence[Span]) -> Range:
    """The best span, as offsets in the document, extended to whole words and numbers.

    For a list, it also covers the other spans of the sentence with nearly the same margin.
    """
    best, *others = spans
    chosen = [best]
    if question.form == "list":
        near = (span for span in others if span.margin >= best.margin - TOGETHER)
        chosen += [span for span in near if span.end <= best.start or best.end <= span.start]
    document, base = passage.chunk.document, passage.chunk.start - sentence[0]
    start, end = base + min(span.start for span in chosen), base + max(span.end for span in chosen)
    start, end = to_whole_words(document.text[slice(*sentence)], start, end)
    return sentence[0] + start, sentence[0] + end


def _is_question(sentence: str) -> bool:
    """Whether the sentence is a question, which answers nothing."""
    return sentence.rstrip("”\"'’)»*_ ").endswith(("?", "？", "؟"))


def _is_heading(passage: Passage, start: int, end: int) -> bool:
    return any(section.start <= start and end <= section.heading_end for section in passage.chunk.document.sections)
