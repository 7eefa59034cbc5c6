"""The extractive backend: an answer made of the documents' own sentences, verbatim.

Deterministic. The reader marks spans of the best passages that may answer; each span's sentence is what is quoted.
The reader's verdict is weighed with what the question names (``qa.evidence``, ``qa.calibrate``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from documents.document import Chunk, Document
from documents.sentences import sentences
from documents.split import regions
from index.passage import Passage
from qa.answer import REFUSAL, Answer, Citation, Statement
from qa.calibrate import Calibration
from qa.claims.tokens import widened
from qa.evidence import Evidence, absent_names, mistaken_names
from qa.question import Question
from qa.reader import Reader, Span

# Answers are sought in this many of the best passages.
READ = 5
# A further sentence's margin may lie so far below the best one's.
NEAR = 3.0
# Where things are listed, spans of one sentence whose margins differ by at most this are one answer.
TOGETHER = 1.0


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads passages for the sentences that answer a question."""

    reader: Reader
    calibration: Calibration

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages that hold an answer, as evidence, best first."""
        best = passages[:READ]
        texts = [passage.chunk.text for passage in best]
        found: dict[tuple[str, int, int], tuple[Passage, list[Span]]] = {}
        for passage, spans in zip(best, self.reader.read(question.text, texts), strict=True):
            for sentence, own in _by_sentence(passage, spans):
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
        # What speaks of another thing than the question comes last, however well it is worded.
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
        """The sentences to say: the best, and where the question asks for more, others that the reader is as sure of.

        The best comes first; the others follow in document order.
        """
        best, *others = evidence[: question.most_sentences]
        near = (sentence for sentence in others if sentence.margin >= best.margin - NEAR)
        also = [sentence for sentence in near if self.calibration.confidence(sentence) >= self.calibration.threshold]
        return [best, *sorted(also, key=lambda sentence: (sentence.passage.chunk.document.id, sentence.start))]


def _by_sentence(passage: Passage, spans: Sequence[Span]) -> Iterator[tuple[tuple[int, int], list[Span]]]:
    """Each sayable sentence of the passage that holds spans, with these, best first. A span over two has no home."""
    chunk = passage.chunk
    for start, end in _sentences_in(chunk):
        if _is_heading(passage, start, end) or _is_question(chunk.document.text[start:end]):
            continue
        own = [span for span in spans if start <= chunk.start + span.start and chunk.start + span.end <= end]
        if own:
            yield (start, end), own


def _sentences_in(chunk: Chunk) -> Iterator[tuple[int, int]]:
    """The sentences that the chunk was made of; one that was too long for a chunk as far as it goes."""
    document = chunk.document
    region = next((start, end) for start, _, end in regions_of(document) if start <= chunk.start < end)
    for start, end in sentences_of(document, *region):
        if start < chunk.end and chunk.start < end:
            yield max(start, chunk.start), min(end, chunk.end)


# Passages of one document come together, and its sentences depend on what stands around them.
regions_of = lru_cache(maxsize=64)(regions)


@lru_cache(maxsize=64)
def sentences_of(document: Document, start: int, end: int) -> list[tuple[int, int]]:
    return sentences(document.text, start, end)


def _answer_span(
    question: Question, passage: Passage, sentence: tuple[int, int], spans: Sequence[Span]
) -> tuple[int, int]:
    """The best span in the document, of whole words and numbers (a reader's tokens may be parts of them).

    For a list, with the other things of its sentence that stand together with it.
    """
    best, *others = spans
    chosen = [best]
    if question.form == "list":
        near = (span for span in others if span.margin >= best.margin - TOGETHER)
        chosen += [span for span in near if span.end <= best.start or best.end <= span.start]
    document, base = passage.chunk.document, passage.chunk.start - sentence[0]
    start, end = base + min(span.start for span in chosen), base + max(span.end for span in chosen)
    start, end = widened(document.text[slice(*sentence)], start, end)
    return sentence[0] + start, sentence[0] + end


def _is_question(sentence: str) -> bool:
    """Whether the sentence asks: what a document asks, it does not answer in the same sentence."""
    return sentence.rstrip("”\"'’)»*_ ").endswith(("?", "？", "؟"))


def _is_heading(passage: Passage, start: int, end: int) -> bool:
    return any(section.start <= start and end <= section.heading_end for section in passage.chunk.document.sections)
