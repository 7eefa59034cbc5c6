"""The extractive backend: passages -> an answer of sentences quoted from the documents.

The reader marks spans of the best passages that may answer the question; the sentence around a span is quoted. The
confidence depends on the reader's logits and on the names of the question (``qa.read.evidence``,
``qa.read.confidence.calibration``). Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from documents.linearise import linearise
from documents.sentences import Range
from index.labels import label_said
from index.passage import Passage
from index.rerank import Reranker
from index.snapshot import embedding_text
from qa.answer import Answer, Asked, Citation, Statement, role_of
from qa.check import yes_no
from qa.check.entailment import Entailment, answered, as_judged, log_odds
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.notices import REFUSAL
from qa.read.arrange import Arranger
from qa.read.compute.compute import (
    all_named,
    computed,
    rows_named,
    states_extreme,
    states_list,
    states_number,
    total_is_given,
)
from qa.read.compute.wish import wish_of
from qa.read.confidence.calibration import Calibration
from qa.read.confidence.reasons import reasons_of, refused
from qa.read.evidence import (
    Evidence,
    absent_names,
    among_documents,
    are_several,
    as_written,
    better_first,
    is_entry,
    mistaken_names,
)
from qa.read.lines import WHOLE
from qa.read.newest import newest_first
from qa.read.placed import PlacedSpan, answer_span, quotable, spans_by_sentence
from qa.read.reader import READ, Reader
from qa.read.tables.alone import cell_alone
from qa.read.tables.settle import ALL, Rules, settle
from qa.reasons import Reason, reason
from qa.understand.question import Question, claims_of

# How often a count or sum is right that is computed at all: it depends on words found, not on the reader's logits.
# Chosen below the 20 of 22 that are right of the visitors' questions.
COMPUTED = 0.85
# A sentence that states a number comes before one that is surer by at most this: "None of them" is an answer too.
STATED = 0.1
# So many of the best sentences are judged by themselves, which takes two inferences each.
JUDGED = 4
# Of a yes/no question so many of the best sentences are asked whether they say yes or no, if they are about as good; a
# later one is said where it is surer by more than this.
DECIDING, SURER = 3, 0.05


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads passages for the sentences that answer a question.

    ``entailment`` tells whether they bear out an answer, or say yes or no; ``reranker``, how well a sentence by itself
    answers. What ``recogniser`` finds to be an injected instruction is not quoted.
    """

    reader: Reader
    calibration: Calibration
    rules: Rules = ALL
    entailment: Entailment | None = None
    reranker: Reranker | None = None
    recogniser: Recogniser = field(default_factory=Unchecked)

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages that have a span of the reader's, as evidence, best first."""
        best = best_to_read(passages)
        read = self.reader.read(question, [embedding_text(passage.chunk) for passage in best])
        found: dict[tuple[str, int, int], tuple[Passage, list[PlacedSpan]]] = {}
        for passage, spans in zip(best, read, strict=True):
            for sentence, own in spans_by_sentence(passage, spans, quotable(passage.chunk, self.recogniser)):
                key = (passage.document.id, *sentence)
                if key not in found or found[key][1][0].margin < own[0].margin:
                    found[key] = (passage, own)
        absent = {id(passage): absent_names(question, passage) for passage, _ in found.values()}
        evidence = [
            _evidence(question, passage, (start, end), own, absent[id(passage)])
            for (_, start, end), (passage, own) in found.items()
        ]
        # Sentences about something else than the question come last, however similar their wording is.
        ordered = sorted(evidence, key=lambda own: (bool(own.mistaken), -own.order, -own.margin))
        # Where all of a table is asked for, no single row or column has to agree with the question.
        settled = ordered if question.asked in WHOLE else settle(question, ordered, self.rules)
        texts = [as_judged(own.passage, own.start, own.end) for own in settled[:JUDGED]]
        judged = [self._judged(question, own, text) for own, text in zip(settled, texts, strict=False)]
        if self.reranker and len(judged) > 1 and question.asked not in WHOLE and are_several(passages):
            judged = better_first(judged, self.reranker.score(question.text, texts))
        return [*judged, *settled[JUDGED:]]

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        sure = self.calibration.confidence
        evidence = newest_first(question, self.read(question, passages), self.calibration)
        evidence = among_documents(evidence, passages)
        if stated := self._stated(question, evidence):
            if sure(stated) >= sure(evidence[0]) - STATED:
                evidence = _with_first(stated, evidence)
        elif counted := self._computed(question, passages) or self._listed(question, passages, evidence):
            return counted
        evidence, decision = self._decided(question, passages, evidence)
        if not evidence or not self.calibration.is_sure(evidence[0]):
            return self._refusal(question, passages, evidence)
        if decision:
            return self._yes_or_no(question, passages, evidence[0], decision)
        said, asked = Arranger(self.reader, self.calibration, self.recogniser).arranged(question, passages, evidence)
        return self.said(
            replace(question, asked=asked),
            passages,
            [
                Statement(own.citation.quote, (own.citation.number,), sure(own.found_by), "quoted", own.role)
                for own in said
            ],
            [own.citation for own in said],
            short=next((own.found_by.short for own in said if own.citation.spans), None),
            read=evidence[0].passage,
            reasons=reasons_of(self.calibration, said[0].found_by),
        )

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

    def _judged(self, question: Question, own: Evidence, text: str) -> Evidence:
        """The evidence with how well its ``text`` bears out its answer: the reader takes near-misses for answers."""
        if self.entailment is None:
            return own
        texts = [text, *filter(None, [cell_alone(question, own)])]
        judged = self.entailment.judge(answered(as_written(question, text), own.answer), texts)
        return replace(own, entails=max(map(log_odds, judged)))

    def _refusal(self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Answer:
        """That no sentence is sure enough, with how sure the best one is."""
        best = next(iter(evidence), None)
        return Answer(
            "refusal", question.text, question.text, self.calibration.confidence(best) if best else 0.0,
            message=REFUSAL, passages=tuple(passages),
            caveat=self.calibration.caveat(question, best.passage.chunk.text if best else ""),
            model=self.model, asked=asked_as(question), reasons=refused(self.calibration, evidence),
        )  # fmt: skip

    def _stated(self, question: Question, evidence: Sequence[Evidence]) -> Evidence | None:
        """The best sentence that itself states the number, the extreme or the list asked for; None where none does."""
        states = (states_number, states_extreme, states_list)
        sure = (own for own in evidence if self.calibration.is_sure(own))
        return next((own for own in sure if any(by(question, own) for by in states)), None)

    def _decided(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> tuple[list[Evidence], yes_no.Decision | None]:
        """The evidence, first the sentence that says yes or no where that is asked, and which of them it says.

        It is in the document that ranks first: another one may say the same words of something else.
        """
        if question.asked != "polar" or self.entailment is None:
            return list(evidence), None
        best, decided, surest = None, None, 0.0
        claims = claims_of(question.text)
        for own in evidence[:DECIDING]:
            is_near = own.is_about_as_good_as(evidence[0])
            if own.document.id != passages[0].document.id or not (is_near and self.calibration.is_sure(own)):
                continue
            decision = yes_no.decide(self.entailment, claims, as_judged(own.passage, own.start, own.end))
            if decision.probability < yes_no.LEAST:
                continue
            sure = min(self.calibration.confidence(own), decision.probability)
            if best is None or sure > surest + SURER:
                best, decided, surest = own, decision, sure
        return _with_first(best, evidence) if best else list(evidence), decided

    def _yes_or_no(
        self, question: Question, passages: Sequence[Passage], own: Evidence, decision: yes_no.Decision
    ) -> Answer:
        """Yes or no, and the sentence that says so."""
        support = min(self.calibration.confidence(own), decision.probability)
        citation = Citation(1, own.passage, own.start, own.end, (own.span,))
        statements = (
            Statement(f"{decision.word}.", (1,), support, "computed"),
            Statement(citation.quote, (1,), support, "quoted", role_of(own.document, own.start)),
        )
        answer = self.said(
            question, passages, statements, [citation],
            short=decision.word, read=own.passage, reasons=reasons_of(self.calibration, own, decision),
        )  # fmt: skip
        return replace(answer, model={**answer.model, "verifier": decision.by})

    def _computed(self, question: Question, passages: Sequence[Passage]) -> Answer | None:
        """A count, sum or extreme from the rows of a table or the items of a list."""
        wish = wish_of(question)
        if total_is_given(question, passages):
            return None
        # Rows are counted wherever they stand; what is added up ranks high, where the total may be given, too.
        tried = passages if wish and wish.operation == "count" else passages[:READ]
        found = computed(question, tried) if self.rules.compute else None
        if found is None:
            return None
        citations = found.citations()
        numbers = tuple(citation.number for citation in citations)
        statement = Statement(found.text, numbers, COMPUTED, "computed")
        answer = self.said(
            question, passages, [statement], citations,
            short=found.short, read=found.passage, reasons=[reason("computed", COMPUTED)],
        )  # fmt: skip
        return replace(answer, asked="count") if wish else answer

    def _listed(self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Answer | None:
        """The rows or items that are all asked for or that a condition picks, where no sentence is surer to be that."""
        if not self.rules.compute:
            return None
        found = all_named(question, passages) or rows_named(question, passages)
        best = next(iter(evidence), None)
        if found is None or (best and not best.is_entry and self.calibration.is_sure(best)):
            return None
        passage, rows = found
        rows = self.recogniser.free(passage.document.text, rows)
        if not rows:
            return None
        citations = [Citation(number, passage, *row) for number, row in enumerate(rows, start=1)]
        statements = [Statement(own.quote, (own.number,), COMPUTED, "quoted", "row") for own in citations]
        return self.said(
            replace(question, asked="list"), passages, statements, citations,
            short=None, read=passage, reasons=[reason("computed", COMPUTED)],
        )  # fmt: skip


def best_to_read(passages: Sequence[Passage]) -> list[Passage]:
    """The best ``READ`` passages and, where these are all rows or fields, which are much alike, the best other."""
    best = list(passages[:READ])
    if all(map(_is_entry, best)):
        best += [own for own in passages[READ:] if not _is_entry(own)][:1]
    return best


def _is_entry(passage: Passage) -> bool:
    return is_entry(passage.document, passage.chunk.start)


def asked_as(question: Question) -> Asked:
    """What the question asks for, as answers record it: keywords ask for a fact."""
    return "fact" if question.asked == "keyword" else question.asked


def _with_first(best: Evidence, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence with ``best`` in front."""
    return [best, *(own for own in evidence if own is not best)]


def _evidence(
    question: Question, passage: Passage, sentence: Range, spans: list[PlacedSpan], absent: tuple[str, ...]
) -> Evidence:
    document = passage.document
    return Evidence(
        passage,
        *sentence,
        span=answer_span(question, passage, sentence, spans),
        margin=spans[0].margin,
        rank=passage.stage_scores.get("rerank", passage.score),
        absent=absent,
        label=label_said(question.text, passage.chunk, *sentence),
        mistaken=mistaken_names(question, passage, linearise(document.text, document.tables, *sentence).text, absent),
    )
