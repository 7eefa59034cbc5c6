"""An Answer as HTML, by ``templates/reply.html``. Pure functions.

Every value that a template prints is escaped. Markers are made only from a statement's ``citations``, never from its
text, so a document that says "[1]" shows "[1]" and nothing more. Passages are cut at the quote here, in Python, because
offsets are code points and JavaScript counts UTF-16 units.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from qa.answer import NOT_ANSWERED, UNSUPPORTED, Answer, Citation, percent
from qa.reasons import amounts
from qa.row_view import runs_of, short_as_text, table_of_run, tables_of

CONFIDENCE_LEGEND = "Refdesk's own estimate of the chance that this answer is right."
WRITING = "Writing, and checking each sentence…"
CLOSEST_SHOWN = 5


def working(turn: str, stage: str) -> str:
    """The reply while the answer is being made: the stage, and nothing else yet."""
    return _reply(turn, "working", message=stage)


def draft(turn: str, so_far: Answer) -> str:
    """The reply while sentences are being verified: those that are, with their evidence."""
    return _reply(turn, "working", so_far, WRITING, so_far.citations)


def notice(turn: str, message: str) -> str:
    """A reply that says nothing about the documents: help, a hint, or what went wrong."""
    return _reply(turn, "notice", message=message)


def answer(turn: str, given: Answer) -> str:
    """The finished reply with its evidence, which is hidden until the page copies it into the panel."""
    if given.kind == "notice":
        return notice(turn, given.message)
    if given.kind == "answer":
        return _reply(turn, given.kind, given, cards=given.citations)
    # Each of the closest passages is shown as if the whole of it were cited.
    closest = [
        Citation(number, passage, passage.chunk.start, passage.chunk.end)
        for number, passage in enumerate(given.passages[:CLOSEST_SHOWN], start=1)
    ]
    return _reply(turn, given.kind, given, given.message, closest)


def escape(value: object) -> Markup:
    """``value`` as HTML that shows exactly its characters, in an element or a quoted attribute; Markup as it is."""
    if isinstance(value, Markup):
        return value
    # HTML parsers turn a carriage return into a line feed, but leave a reference to it alone.
    return Markup(html.escape(str(value)).replace("\r", "&#13;"))


def _reply(
    turn: str, state: str, answer: Answer | None = None, message: str = "", cards: Sequence[Citation] = ()
) -> str:
    return _template().render(
        turn=turn,
        state=state,
        answer=answer,
        message=message,
        cards=cards,
        citations={citation.number: citation for citation in answer.citations} if answer else {},
        short=short_as_text(answer) if answer else None,
        rows_of=partial(tables_of, answer) if answer else None,
        runs=partial(runs_of, answer) if answer else None,
        table_of=partial(table_of_run, answer) if answer else None,
        reasons=zip(amounts(answer.why), (own.text for own in answer.why), strict=True) if answer else (),
        percent=max(0, min(100, round(answer.confidence * 100))) if answer else 0,
    )


class OneLine(Extension):
    """Lets a template be laid out in lines that its output does not have, as replies show their white space."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """``source`` without the line breaks beside a tag or a block; any other becomes a space."""
        return re.sub(r"\s*\n\s*", " ", re.sub(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])", "", source))


@cache
def _template() -> Template:
    templates = Environment(
        loader=PackageLoader("qa.serving"),
        autoescape=True,
        finalize=escape,
        undefined=StrictUndefined,
        extensions=[OneLine],
    )
    templates.filters["as_percent"] = percent
    templates.globals |= {
        "legend": CONFIDENCE_LEGEND,
        "unsupported": UNSUPPORTED,
        "not_answered": NOT_ANSWERED,
        "place_of": _place,
        "around": _around,
    }
    return templates.get_template("reply.html")


def _around(citation: Citation) -> tuple[str, str]:
    """The passage's text before and after the quote, which may run past the passage's edges."""
    chunk, text = citation.passage.chunk, citation.passage.chunk.document.text
    return text[chunk.start : citation.start], text[citation.end : chunk.end]


def _place(citation: Citation) -> str:
    """Where a citation stands, in words: source, section and page."""
    page = f"page {citation.page}" if citation.page is not None else ""
    return ", ".join(part for part in (citation.passage.source.name, citation.section, page) if part)
