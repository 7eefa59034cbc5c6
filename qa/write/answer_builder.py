"""What is said so far in a language model's words: verified statements, in order, and their citations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.blocks import Range
from documents.document import Document
from index.passage import Passage
from qa.answer import Answer, Citation, Role, Statement, Status, role_of
from qa.check.verifier import Verdict
from qa.check.yes_no import LEAST, Decision
from qa.write.stream import without_layout

# Yes or no in front of a sentence; "No dogs are allowed" has neither.
_YES_OR_NO = re.compile(r"(yes|no)(?:[.,:;!]|\s[–—-](?=\s)|\Z)\s*", re.IGNORECASE)
UNWRITTEN = 0.8  # the probability of yes or no from which it is said though the model wrote neither


@dataclass(slots=True)
class AnswerBuilder:
    """The statements so far, and their citations; ``verifying`` is the milliseconds that verification took.

    ``yes_or_no`` is what the model wrote in front of its first sentence, "" where it wrote neither.
    """

    statements: list[Statement] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    verifying: float = 0.0
    yes_or_no: str = ""

    @property
    def supported(self) -> bool:
        """Whether one of the statements is supported."""
        return any(statement.is_said for statement in self.statements)

    @property
    def word(self) -> str | None:
        """Yes or no, where that is said."""
        first = self.statements[0] if self.statements else None
        return first.text.rstrip(".") if first and first.is_yes_or_no else None

    def repeats(self, text: str) -> bool:
        """Whether the text is a statement already."""
        return any(statement.text.casefold() == text.casefold() for statement in self.statements)

    def add(self, text: str, verdict: Verdict, code: tuple[Range, ...] = ()) -> None:
        """Add a statement, in which there is ``code``, with a citation where the verdict is good."""
        if not verdict.supported or verdict.passage is None:
            self.statements.append(Statement(text, (), verdict.score, "unsupported", code=code))
            return
        citation = self._cite(verdict.passage, verdict.start, verdict.end)
        # A part of a sentence is not a quotation: the rest may negate it.
        status: Status = "quoted" if text == citation.quote else "supported"
        role = _line_role(verdict.passage.document, verdict.start)
        self.statements.append(Statement(text, (citation.number,), verdict.score, status, role, code=code))

    def quote(self, statement: Statement, citation: Citation) -> None:
        """Add a statement of the extractive answer as it is there."""
        own = self._cite(citation.passage, citation.start, citation.end)
        self.statements.append(Statement(own.quote, (own.number,), statement.support, "quoted", statement.role))

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

    def _cite(self, passage: Passage, start: int, end: int) -> Citation:
        """The citation of these characters: the existing one, else a new one."""
        document = passage.document.id
        for known in self.citations:
            if known.where == (document, start, end):
                return known
        self.citations.append(Citation(len(self.citations) + 1, passage, start, end))
        return self.citations[-1]


def line_quoted(text: str, quoted: Answer) -> tuple[Statement, Citation] | None:
    """The line of the list that ``quoted`` says which ``text`` repeats word for word, but for its number or sign."""
    lines = {own.number: own for own in quoted.citations}
    for statement in quoted.said:
        if statement.role in ("lead-in", "item", "step") and _plain_words(statement.text) == _plain_words(text):
            return statement, lines[statement.citations[0]]
    return None


def _plain_words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", without_layout(text).casefold())


def _line_role(document: Document, start: int) -> Role:
    role = role_of(document, start)
    return role if role in ("item", "step") else "answer"
