"""The extractive backend: passages -> an answer of sentences quoted from the documents.

The reader marks spans of the best passages that may answer the question; the sentence around a span is quoted. The
confidence depends on the reader's logits and on the names of the question (``qa.read.evidence``,
``qa.read.calibration``). Deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NamedTuple

from documents.document import Chunk, Document
from documents.linearise import linearise
from documents.sentences import Range
from index.passage import Passage
from index.snapshot import embedding_text, text_begins
from qa.answer import REFUSAL, Answer, Asked, Citation, Role, Statement, role_of
from qa.check import yes_no
from qa.check.caution import sends_elsewhere
from qa.check.claims.number_words import has_number
from qa.check.entailment import Entailment, answered, as_judged, log_odds
from qa.check.injection.recogniser import Recogniser
from qa.read.arrange import WHOLE, Line, block_around, numbered_in, procedure_before, procedure_of
from qa.read.calibration import Calibration
from qa.read.compute.compute import computed, rows_asked_for, rows_named, states_extreme, states_list, states_number
from qa.read.compute.wish import wish_of
from qa.read.evidence import Evidence, absent_names, as_written, mistaken_names, with_lead
from qa.read.newest import is_outdated, newest_first
from qa.read.placed import PlacedSpan, answer_span, quotable, spans_by_sentence
from qa.read.reader import Reader
from qa.read.reasons import reasons_of, refused
from qa.read.tables.alone import cell_alone
from qa.read.tables.settle import ALL, Rules, settle
from qa.reasons import Reason, reason
from qa.understand.question import Question, claimed

# How many of the best passages are read.
READ = 5
# A further sentence is quoted when its margin is at most this much below the best sentence's.
NEAR = 3.0
# A list, table or code is said whole where its evidence's order is at most this below the best's.
WITHIN = 2.0
# How often a count or sum is right that is computed at all: it depends on words found, not on the reader's logits.
COMPUTED = 0.85
# A sentence that states a number comes before one that is surer by at most this: "None of them" is an answer too.
STATED = 0.1
# So many of the best sentences are asked whether they bear out their answer, which takes an inference each.
JUDGED = 4
# Of an answer at most so many sentences of one passage are said: those with at least this logit of the reader's, and
# with more where the answer is a number, which says more by itself.
TOLD, BELONGS, BELONGS_TO_NUMBER = 6, 0.0, 0.3
# What is said in the order of the document.
IN_ORDER: tuple[Asked, ...] = ("explanation", "steps")
# What is answered by one sentence.
NARROW: tuple[Asked, ...] = ("polar", "count")
# Of a yes/no question so many of the best sentences are asked whether they say yes or no; a later one is said where it
# is surer by more than this.
DECIDING, SURER = 3, 0.05


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads passages for the sentences that answer a question.

    ``entailment`` tells whether they say yes or no. What ``recogniser`` finds to be an injected instruction is not
    quoted.
    """

    reader: Reader
    calibration: Calibration
    rules: Rules = ALL
    entailment: Entailment | None = None
    recogniser: Recogniser | None = None

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages that have a span of the reader's, as evidence, best first."""
        best = passages[:READ]
        read = self.reader.read(question.text, [embedding_text(passage.chunk) for passage in best])
        found: dict[tuple[str, int, int], tuple[Passage, list[PlacedSpan]]] = {}
        for passage, spans in zip(best, read, strict=True):
            for sentence, own in spans_by_sentence(passage, spans, self._quotable(passage.chunk)):
                key = (passage.chunk.document.id, *sentence)
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
        return [*(self._judged(question, own) for own in settled[:JUDGED]), *settled[JUDGED:]]

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        """A cited answer from ``passages``, or a refusal that offers them."""
        sure = self.calibration.confidence
        evidence = with_lead(newest_first(question, self.read(question, passages), self._is_sure))
        states = (states_number, states_extreme, states_list)
        stated = [own for own in evidence if any(by(question, own) for by in states) and self._is_sure(own)]
        if stated:
            if sure(stated[0]) >= sure(evidence[0]) - STATED:
                evidence = [stated[0], *(own for own in evidence if own is not stated[0])]
        elif counted := self._computed(question, passages) or self._listed(question, passages, evidence):
            return counted
        evidence, decision = self._decided(question, evidence)
        confidence = sure(evidence[0]) if evidence else 0.0
        if not evidence or confidence < self.calibration.threshold:
            return Answer(
                "refusal", question.text, question.text, confidence, message=REFUSAL, passages=tuple(passages),
                caveat=self.calibration.caveat(question, evidence[0].passage.chunk.text if evidence else ""),
                model=self.model, asked=asked_as(question), reasons=refused(self.calibration, evidence),
            )  # fmt: skip
        if decision:
            return self._yes_or_no(question, passages, evidence[0], decision)
        is_list = states_list(question, evidence[0])  # then nothing else is
        said = [] if is_list else self._whole_block(question, passages, evidence)
        belonging = [] if said or is_list else self._belonging(question, evidence[0])
        if procedure := self._procedure(question, evidence[0], belonging):
            question = replace(question, asked="steps")
        said = (
            said
            or procedure
            or self._explained(question, passages, evidence[0], belonging)
            or [
                _Said(
                    Citation(number, own.passage, own.start, own.end, (own.span,)),
                    _role(own.passage, own.start, passages),
                    own,
                )
                for number, own in enumerate(evidence[:1] if is_list else self._choose(question, evidence), start=1)
            ]
        )
        return self.said(
            question,
            passages,
            [
                Statement(own.citation.quote, (own.citation.number,), sure(own.found_by), "quoted", own.role)
                for own in said
            ],
            [own.citation for own in said],
            short=evidence[0].answer if any(own.citation.spans for own in said) else None,
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

    def _judged(self, question: Question, own: Evidence) -> Evidence:
        """The evidence with how well it bears out its answer, near-misses of which the reader takes for answers."""
        if self.entailment is None:
            return own
        text = as_judged(own.passage.chunk.document, own.start, own.end)
        texts = [text, *filter(None, [cell_alone(question, own)])]
        judged = self.entailment.judge(answered(as_written(question, text), own.answer), texts)
        return replace(own, entails=max(map(log_odds, judged)))

    def _is_sure(self, evidence: Evidence) -> bool:
        return self.calibration.confidence(evidence) >= self.calibration.threshold

    def _decided(
        self, question: Question, evidence: Sequence[Evidence]
    ) -> tuple[list[Evidence], yes_no.Decision | None]:
        """The evidence, first the sentence that says yes or no where that is asked, and which of them it says."""
        if question.asked != "polar" or self.entailment is None:
            return list(evidence), None
        best, decided, surest = None, None, 0.0
        for own in evidence[:DECIDING]:
            text = as_judged(own.passage.chunk.document, own.start, own.end)
            decision = yes_no.decide(self.entailment, claimed(question.text), text)
            if decision.probability < yes_no.LEAST or not self._is_sure(own):
                continue
            sure = min(self.calibration.confidence(own), decision.probability)
            if best is None or sure > surest + SURER:
                best, decided, surest = own, decision, sure
        first = [] if best is None else [best]
        return [*first, *(other for other in evidence if other is not best)], decided

    def _yes_or_no(
        self, question: Question, passages: Sequence[Passage], own: Evidence, decision: yes_no.Decision
    ) -> Answer:
        """Yes or no, and the sentence that says so."""
        support = min(self.calibration.confidence(own), decision.probability)
        citation = Citation(1, own.passage, own.start, own.end, (own.span,))
        statements = (
            Statement(f"{decision.word}.", (1,), support, "computed"),
            Statement(citation.quote, (1,), support, "quoted", role_of(own.passage.chunk.document, own.start)),
        )
        answer = self.said(
            question, passages, statements, [citation],
            short=decision.word, read=own.passage, reasons=reasons_of(self.calibration, own, decision),
        )  # fmt: skip
        return replace(answer, model={**answer.model, "verifier": decision.by})

    def _computed(self, question: Question, passages: Sequence[Passage]) -> Answer | None:
        """A count, sum or extreme from the rows of a table or the items of a list."""
        wish = wish_of(question)
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
        """The rows of a table that a condition picks, where no sentence is surer of being the list asked for."""
        found = rows_named(question, passages) if self.rules.compute else None
        best = next(iter(evidence), None)
        if found is None or (best and not _is_entry(best.passage.chunk.document, best.start) and self._is_sure(best)):
            return None
        passage, rows = found
        rows = self._free(passage.chunk.document, rows)
        citations = [Citation(number, passage, *row) for number, row in enumerate(rows, start=1)]
        statements = [Statement(own.quote, (own.number,), COMPUTED, "quoted", "row") for own in citations]
        return self.said(
            replace(question, asked="list"), passages, statements, citations,
            short=None, read=passage, reasons=[reason("computed", COMPUTED)],
        )  # fmt: skip

    def _whole_block(
        self, question: Question, passages: Sequence[Passage], evidence: Sequence[Evidence]
    ) -> list[_Said]:
        """Where things or steps are asked for, the list or table that the best evidence in any is in, line by line.

        Steps are rather those of a numbered list in the same document, if its passage ranks higher.
        """
        if question.asked not in WHOLE:
            return []
        best = evidence[0]
        if question.asked == "steps" and self._is_sure(best):
            above = takewhile(lambda passage: passage != best.passage, passages[:READ])
            chunks = [own.chunk for own in above if own.chunk.document.id == best.passage.chunk.document.id]
            if lines := next(filter(None, (numbered_in(own.document, own.start, own.end) for own in chunks)), []):
                return self._lines_said(best, lines)
        for own in evidence:
            if own.order < best.order - WITHIN or not self._is_sure(own):
                continue
            rows = rows_asked_for(question, own.passage, own.start)
            lines = block_around(own.passage.chunk.document, own.start, own.end)
            if lines := lines or [Line(*row, "row") for row in rows]:
                chosen = [line for line in lines if line.role != "row" or (line.start, line.end) in rows]
                return self._lines_said(own, chosen or lines)
        if question.asked == "steps" and self._is_sure(best):
            return self._lines_said(best, procedure_before(best.passage.chunk.document, best.start, best.end))
        return []

    def _belonging(self, question: Question, best: Evidence) -> list[Range]:
        """The sentences of the best one's passage that belong to the answer, itself among them, in their order.

        None where the best one is a row, a field, or a request to go or pay somewhere: ordinary sentences beside it
        would hide the caution.
        """
        chunk = best.passage.chunk
        if question.asked in NARROW or _is_entry(chunk.document, best.start) or sends_elsewhere(best.text):
            return []
        by, linearised = text_begins(chunk), chunk.linearised
        places = {
            place: (found[0] + by, found[1] + by)
            for place in self._quotable(chunk)
            if _is_prose(chunk.document, place) and (found := linearised.find(*place))
        }
        logits = self.reader.evidence(question.text, embedding_text(chunk), list(places.values()))
        surest = sorted(zip(logits, places, strict=True), reverse=True)
        least = BELONGS_TO_NUMBER if has_number(best.answer) else BELONGS
        return sorted({place for logit, place in surest[:TOLD] if logit >= least} | {(best.start, best.end)})

    def _procedure(self, question: Question, best: Evidence, belonging: Sequence[Range]) -> list[_Said]:
        """The numbered list of which several sentences are steps, where it is asked how or they are most of it."""
        lines, steps = procedure_of(best.passage.chunk.document, belonging)
        if steps < 2 or question.asked == "explanation" or not (question.form == "how" or 2 * steps > len(lines)):
            return []
        is_step = any(line.start <= best.start < line.end for line in lines)
        return self._lines_said(best, lines if is_step else [Line(best.start, best.end, "answer"), *lines])

    def _explained(
        self, question: Question, passages: Sequence[Passage], best: Evidence, belonging: Sequence[Range]
    ) -> list[_Said]:
        """The sentences that belong to the answer, an explanation's or a procedure's in the order of the document, else
        the best one first. None where no other belongs.
        """
        first = (best.start, best.end)
        ordered = sorted(belonging, key=lambda place: (question.asked not in IN_ORDER and place != first, place))
        return [
            _Said(
                Citation(number, best.passage, *place, (best.span,) if place == first else ()),
                _role(best.passage, place[0], passages),
                best,
            )
            for number, place in enumerate(ordered if len(ordered) > 1 else (), start=1)
        ]

    def _quotable(self, chunk: Chunk) -> list[Range]:
        """The chunk's sentences that may be quoted."""
        return self._free(chunk.document, quotable(chunk))

    def _free(self, document: Document, places: list[Range]) -> list[Range]:
        """The places of the document that are no injected instructions."""
        return self.recogniser.free(document.text, places) if self.recogniser else places

    def _lines_said(self, evidence: Evidence, every: Sequence[Line]) -> list[_Said]:
        """Each line with its citation, as sure as the evidence that they were found by."""
        free = set(self._free(evidence.passage.chunk.document, [(line.start, line.end) for line in every]))
        lines = [line for line in every if (line.start, line.end) in free]
        return [
            _Said(Citation(number, evidence.passage, line.start, line.end), line.role, evidence)
            for number, line in enumerate(lines, start=1)
        ]

    def _choose(self, question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The sentences to quote: the best, then others with nearly its margin, as many as the question asks for.

        The others are in the order of their documents.
        """
        best, *others = evidence[: question.most_sentences]
        near = (sentence for sentence in others if sentence.margin >= best.margin - NEAR)
        further = [sentence for sentence in near if self._is_sure(sentence)]
        return [best, *sorted(further, key=lambda sentence: (sentence.passage.chunk.document.id, sentence.start))]


def asked_as(question: Question) -> Asked:
    """What the question asks for, as answers record it: keywords ask for a fact."""
    return "fact" if question.asked == "keyword" else question.asked


class _Said(NamedTuple):
    """What is said in a statement: the citation that it quotes, its role, and the evidence that it is as sure as."""

    citation: Citation
    role: Role
    found_by: Evidence


def _is_entry(document: Document, offset: int) -> bool:
    """Whether there is a row of a table, or a field."""
    return document.table_at(offset) is not None or any(own.kind == "field" for own in document.blocks_at(offset))


def _is_prose(document: Document, sentence: Range) -> bool:
    """Whether the sentence, in no heading, table or field, has more than one word."""
    start, end = sentence
    is_sentence = len(document.text[start:end].split()) > 1
    return is_sentence and not document.in_heading(start, end) and not _is_entry(document, start)


def _role(passage: Passage, start: int, passages: Sequence[Passage]) -> Role:
    """What the sentence at ``start`` is in its document, or that it is from an older edition than another passage."""
    role = role_of(passage.chunk.document, start)
    return "older" if role == "answer" and is_outdated(passage.source, passages) else role


def _evidence(
    question: Question, passage: Passage, sentence: Range, spans: list[PlacedSpan], absent: tuple[str, ...]
) -> Evidence:
    document = passage.chunk.document
    return Evidence(
        passage,
        *sentence,
        span=answer_span(question, passage, sentence, spans),
        margin=spans[0].margin,
        rank=passage.stage_scores.get("rerank", passage.score),
        absent=absent,
        mistaken=mistaken_names(question, passage, linearise(document.text, document.tables, *sentence).text, absent),
    )
