"""What is said so far in a language model's words: verified statements, in order, and their citations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile, islice

from documents.blocks import Range
from qa.answer import Answer, Citation, Role, Statement, Status, role_of
from qa.answer.written import WrittenSentences
from qa.check.verifier import Verdict
from qa.check.yes_no import LEAST, Decision
from qa.write.stream import without_layout

# Yes or no in front of a sentence; "No dogs are allowed" has neither.
_YES_OR_NO = re.compile(r"(yes|no)(?:[.,:;!]|\s[–—-](?=\s)|\Z)\s*", re.IGNORECASE)
UNWRITTEN = 0.8  # the probability of yes or no from which it is said though the model wrote neither


@dataclass(slots=True)
class AnswerBuilder:
    """The statements so far, and their citations; ``verifying`` is the milliseconds that verification took.

    ``yes_or_no`` is what the model wrote in front of its first sentence, "" where it wrote neither. ``written`` are its
    sentences, of which ``shown`` are borne out by the documents, and a quotation stands in the place of ``replaced``.
    """

    statements: list[Statement] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    verifying: float = 0.0
    yes_or_no: str = ""
    written: list[str] = field(default_factory=list)
    shown: int = 0
    replaced: int = 0

    @property
    def supported(self) -> bool:
        """Whether one of the model's sentences is supported."""
        return self.shown > 0

    @property
    def sentences(self) -> WrittenSentences:
        """What became of the model's sentences."""
        return WrittenSentences(len(self.written), self.shown, self.replaced)

    @property
    def word(self) -> str | None:
        """Yes or no, where that is said."""
        first = self.statements[0] if self.statements else None
        return first.text.rstrip(".") if first and first.is_yes_or_no else None

    def repeats(self, text: str) -> bool:
        """Whether the model has written the text already."""
        return text.casefold() in self.written

    def wrote(self, text: str) -> None:
        """Remember a sentence of the model."""
        self.written.append(text.casefold())

    def add(self, text: str, verdict: Verdict, code: tuple[Range, ...] = ()) -> None:
        """Add a statement, in which there is ``code``, with a citation where the verdict is good.

        What is cited already is not quoted again.
        """
        if not verdict.supported or verdict.passage is None:
            self.statements.append(Statement(text, (), verdict.score, "unsupported", code=code))
            return
        self.shown += 1
        cited = Citation(0, verdict.passage, verdict.start, verdict.end)
        # A part of a sentence is not a quotation: the rest may negate it.
        status: Status = "quoted" if text == cited.quote else "supported"
        if status == "quoted" and self._is_cited(cited):
            return
        citation = self._cite(cited)
        place = role_of(cited.document, cited.start)
        role: Role = "answer" if place == "row" and status == "supported" else place
        self.statements.append(Statement(text, (citation.number,), verdict.score, status, role, code=code))

    def take(self, statement: Statement, citation: Citation) -> None:
        """Add a line of the extractive answer that the model has repeated."""
        self.shown += 1
        self.quote(statement, citation)

    def end_lead_in(self, quoted: Answer) -> None:
        """Add what the extractive answer quotes behind a lead-in that ends what is said: by itself it tells nothing."""
        last = next((own for own in reversed(self.statements) if own.is_said), None)
        if last is None or last.role != "lead-in":
            return
        place = self.citations[last.citations[0] - 1].where
        behind = dropwhile(lambda own: own[1].where != place, quotations(quoted))
        for number, (statement, citation) in enumerate(islice(behind, 1, None)):
            if number and statement.role not in ("item", "step"):
                return
            self.quote(statement, citation)

    def name_all(self, quoted: Answer) -> None:
        """Add what the extractive answer quotes of the documents of which nothing that it quotes is said so far."""
        named = {own.document.id for own in quoted.citations if self._is_cited(own)}
        for statement, citation in quotations(quoted):
            if citation.document.id not in named:
                self.quote(statement, citation)

    def quote(self, statement: Statement, citation: Citation) -> None:
        """Add a quotation with the role that it has, unless some of it is cited already."""
        if not self._is_cited(citation):
            own = self._cite(citation)
            role: Role = "answer" if statement.role == "side" else statement.role  # sides are told of quoted ones alone
            self.statements.append(Statement(own.quote, (own.number,), statement.support, "quoted", role))

    def stand_in(self, quotations: Iterable[tuple[Statement, Citation]]) -> None:
        """Add the first of the quotations that is not cited already in the place of a sentence; or none, if all are."""
        found = list(quotations)
        self.replaced += bool(found)
        for statement, citation in found:
            if not self._is_cited(citation):
                self.quote(statement, citation)
                return

    def decide(self, decision: Decision) -> None:
        """Put yes or no in front, where the first citation is sure to say so and the model wrote not the opposite."""
        least = LEAST if self.yes_or_no == decision.word else UNWRITTEN
        if decision.probability >= least and self.yes_or_no in ("", decision.word):
            number = self.citations[0].number
            self.statements.insert(0, Statement(f"{decision.word}.", (number,), decision.probability, "computed"))

    def without_yes_or_no(self, text: str) -> str:
        """The text without a yes or no in front of it, which is remembered."""
        found = _YES_OR_NO.match(text)
        if found is None or self.statements:
            return text
        self.yes_or_no = found[1].capitalize()
        rest = text[found.end() :]
        return rest[:1].upper() + rest[1:]

    def _is_cited(self, other: Citation) -> bool:
        """Whether a citation so far has some of the other's characters."""
        return any(map(other.shares, self.citations))

    def _cite(self, other: Citation) -> Citation:
        """The citation of these characters: the existing one, else a new one."""
        for known in self.citations:
            if known.where == other.where:
                return known
        self.citations.append(replace(other, number=len(self.citations) + 1, spans=()))
        return self.citations[-1]


def quotations(quoted: Answer) -> Iterator[tuple[Statement, Citation]]:
    """What the extractive answer says, each statement with its first citation."""
    cited = {own.number: own for own in quoted.citations}
    return ((statement, cited[statement.citations[0]]) for statement in quoted.said)


def line_quoted(text: str, quoted: Answer) -> tuple[Statement, Citation] | None:
    """The line of the list that ``quoted`` says which ``text`` repeats word for word, but for its number or sign."""
    for statement, citation in quotations(quoted):
        if statement.role in ("lead-in", "item", "step") and _plain_words(statement.text) == _plain_words(text):
            return statement, citation
    return None


def _plain_words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", without_layout(text).casefold())
