"""An Answer as the content of a message: statements with [n], annotations over them, and a list of the sources.

Clients render it as Markdown: nothing that a document says is more than text in it. Programs that compare the content
with an expected answer ask for it plain: what is said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qa.answer import Answer, Citation, Statement
from qa.answer.notices import BEYOND, NOT_ANSWERED
from qa.serving.api.citing import Links
from qa.serving.html.markdown import escaped, marks

SOURCES = "\n\nSources:\n"  # between what is said and the list of its sources
PASSAGES = "\n\nClosest passages:\n"
CLOSEST = 3  # passages that a refusal names
_LINES = ("item", "step", "row")  # roles of statements that have a line of their own


class Annotation(NamedTuple):
    """The statement ``content[start:end]`` and a citation that it rests on. Offsets count code points."""

    start: int
    end: int
    title: str
    url: str

    def nested(self) -> dict[str, Any]:
        """As a chat completion has it."""
        return {"type": "url_citation", "url_citation": self._shape()}

    def flat(self) -> dict[str, Any]:
        """As a response has it."""
        return {"type": "url_citation", **self._shape()}

    def _shape(self) -> dict[str, Any]:
        return {"start_index": self.start, "end_index": self.end, "title": self.title, "url": self.url}


class Content:
    """The content of a message, as it grows: ``add`` statements, then ``finish``; each returns what is new.

    ``plain`` has the statements alone, as documents have them: no Markdown, markers, sources or notes; of a refusal
    nothing.
    """

    def __init__(self, links: Links, plain: bool = False) -> None:
        self._links = links
        self._plain = plain
        self.text = ""
        self.annotations: list[Annotation] = []

    def add(self, statement: Statement, answer: Answer) -> str:
        """One more statement, which ``answer`` has the citations of."""
        space = "" if not self.text else "\n" if statement.role in _LINES else " "
        start, text = len(self.text) + len(space), statement.text if self._plain else escaped(statement.text)
        cited = {citation.number: citation for citation in answer.citations}
        for number in statement.citations:
            citation = cited[number]
            where = (start, start + len(text))
            self.annotations.append(Annotation(*where, str(citation.place["title"]), self._links.of(citation)))
        return self._grow(space + text + ("" if self._plain else marks(statement.citations)))

    def finish(self, answer: Answer) -> str:
        """What stands behind the statements (sources, notes) or in their place (a refusal, and what comes closest)."""
        if self._plain:
            return self._grow(answer.message if answer.kind == "notice" else "")
        if not answer.answered:
            beyond = f"\n\n{escaped(BEYOND)} {escaped(answer.beyond)}" if answer.beyond else ""
            return self._grow(escaped(answer.message) + _listed(PASSAGES, self._closest(answer)) + beyond)
        notes = [f"{NOT_ANSWERED}: {question}" for question in answer.unanswered]
        notes += [note for note in (answer.caution, answer.note) if note]
        below = "".join(f"\n{escaped(note)}" for note in notes)
        sources = [f"- [{own.number}] {escaped(_place(own))}: {self._links.of(own)}" for own in answer.citations]
        return self._grow(_listed(SOURCES, sources) + (f"\n{below}" if below else ""))

    def whole(self, answer: Answer) -> None:
        """All of the answer at once."""
        for statement in answer.said if answer.answered else ():
            self.add(statement, answer)
        self.finish(answer)

    def _closest(self, answer: Answer) -> list[str]:
        passages = answer.passages[:CLOSEST] if answer.kind == "refusal" else ()
        whole = [Citation(0, passage, passage.chunk.start, passage.chunk.end) for passage in passages]
        return [f"- {escaped(_place(citation))}: {self._links.of(citation)}" for citation in whole]

    def _grow(self, more: str) -> str:
        self.text += more
        return more


def source_events(answer: Answer, links: Links) -> list[dict[str, Any]]:
    """The citations as Open WebUI's own events, each with the quotation, which annotations have no place for.

    It lists a source that is ``external`` by its name, and any other by its address; quotations it renders as Markdown.
    """
    return [
        {
            "type": "source",
            "data": {
                "source": {"name": _place(own), "url": links.of(own)},
                "document": [escaped(own.quote)],
                "metadata": [{"source": links.of(own), "name": _place(own), "external": True}],
            },
        }
        for own in answer.citations
    ]


def _listed(title: str, lines: Sequence[str]) -> str:
    return title + "\n".join(lines) if lines else ""


def _place(citation: Citation) -> str:
    place = citation.place
    page = f"page {place['page']}" if place["page"] is not None else None
    return ", ".join(str(part) for part in (place["title"], place["section"], page) if part)
