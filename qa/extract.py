"""The extractive backend: an answer made of the documents' own sentences, verbatim.

Deterministic. The best passages are cut into sentences; the reader judges each against the question; its verdict
is then weighed with what the question names and asks for (``qa.evidence``, ``qa.calibrate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.sentences import sentences
from index.embed import Embedder
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.calibrate import Calibration
from qa.evidence import Evidence, absent_names
from qa.question import Question
from qa.reader import SentenceReader, context_before
from qa.spans import short_answer

REFUSAL = "I did not find an answer to that in these documents."
# Sentences are sought in this many of the best passages.
READ = 4
# A further sentence must be at least so much as likely to answer as the best one.
SHARE = 0.5
# A sentence's lead is over so many of the best others.
RIVALS = 4


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads passages for the sentences that answer a question."""

    reader: SentenceReader
    embedder: Embedder
    calibration: Calibration

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages, as evidence, best first."""
        spans: dict[tuple[str, int, int], Passage] = {}
        for passage in passages[:READ]:
            document = passage.chunk.document
            for start, end in sentences(document.text, passage.chunk.start, passage.chunk.end):
                if not _is_heading(passage, start, end) and not _is_question(document.text[start:end]):
                    spans.setdefault((document.id, start, end), passage)
        if not spans:
            return []
        texts = [passage.chunk.document.text[start:end] for (_, start, end), passage in spans.items()]
        contexts = [context_before(passage.chunk.document.text, start) for (_, start, _), passage in spans.items()]
        logits = self.reader.score(question.text, list(zip(contexts, texts, strict=True)))
        similarities = self.embedder.embed(texts, "passage") @ self.embedder.embed([question.text], "query")[0]
        evidence = [
            Evidence(passage, start, end, logit, lead, float(similarity), absent_names(question, passage))
            for ((_, start, end), passage), logit, lead, similarity in zip(
                spans.items(), logits, leads(logits), similarities, strict=True
            )
        ]
        return sorted(evidence, key=lambda sentence: -self.calibration.confidence(sentence))

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        evidence = self.read(question, passages)
        confidence = self.calibration.confidence(evidence[0]) if evidence else 0.0
        if not evidence or confidence < self.calibration.threshold:
            return Answer(
                "refusal", question.text, question.text, confidence, message=REFUSAL, passages=tuple(passages)
            )
        chosen = self._choose(question, evidence)
        citations = [
            Citation(number, sentence.passage, sentence.start, sentence.end)
            for number, sentence in enumerate(chosen, start=1)
        ]
        statements = [
            Statement(citation.quote, (citation.number,), self.calibration.confidence(sentence), "quoted")
            for citation, sentence in zip(citations, chosen, strict=True)
        ]
        span = short_answer(question, chosen[0].text)
        return Answer(
            kind="answer",
            question=question.text,
            standalone_question=question.text,
            confidence=confidence,
            short_answer=chosen[0].text[slice(*span)] if span else None,
            statements=tuple(statements),
            citations=tuple(citations),
            passages=tuple(passages),
        )

    def _choose(self, question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The sentences to say: the best, and where the question asks for more, others nearly as good.

        The best comes first; the others follow in document order.
        """
        best, *others = evidence[: question.most_sentences]
        enough = max(self.calibration.threshold, SHARE * self.calibration.confidence(best))
        also = [sentence for sentence in others if self.calibration.confidence(sentence) >= enough]
        return [best, *sorted(also, key=lambda sentence: (sentence.passage.chunk.document.id, sentence.start))]


def leads(logits: Sequence[float]) -> list[float]:
    """By how much each logit exceeds the mean of the ``RIVALS`` best others; 0 for one alone."""
    best = sorted(range(len(logits)), key=lambda i: -logits[i])[: RIVALS + 1]
    rivals = [[logits[j] for j in best if j != i][:RIVALS] for i in range(len(logits))]
    return [logit - sum(own) / len(own) if own else 0.0 for logit, own in zip(logits, rivals, strict=True)]


def _is_question(sentence: str) -> bool:
    """Whether the sentence asks: what a document asks, it does not answer in the same sentence."""
    return sentence.rstrip("”\"'’)»*_ ").endswith(("?", "？", "؟"))


def _is_heading(passage: Passage, start: int, end: int) -> bool:
    return any(section.start <= start and end <= section.heading_end for section in passage.chunk.document.sections)
