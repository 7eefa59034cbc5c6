"""An Answer as HTML, by ``templates/reply.html``. Pure functions.

Every value that a template prints is escaped. Markers are made only from a statement's ``citations``, never from its
text, so a document that says "[1]" shows "[1]" and nothing more. Passages are cut at the quote here, in Python, because
offsets are code points and JavaScript counts UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.ext import Extension
from markupsafe import Markup

from documents.formats.markdown_inline import Span
from qa.answer import Answer, Citation, Statement, percent
from qa.answer.reasons import amounts
from qa.answer.row_view import ShownCell, ShownTable, runs_of, short_as_text, table_of_run, tables_of
from qa.serving.html.drawn import Drawn, drawn, drawn_cell
from qa.serving.html.escape import escape
from qa.serving.html.marked_words import UNMARKED, MarkedWords, Marks
from qa.serving.html.messages import Words, words_of

CLOSEST_SHOWN = 5
# The least confidence of each of its names in words.
SURENESS = {"high": 0.9, "good": 0.7, "fair": 0.5, "low": 0.0}


def working(turn: str, stage: str) -> str:
    """The reply while the answer is being made: the stage, and nothing else yet."""
    return _reply(turn, "working", message=stage)


def draft(turn: str, so_far: Answer, say: Words | None = None) -> str:
    """The reply while sentences are being verified: those that are, with their evidence."""
    say = say or words_of()
    return _reply(turn, "working", so_far, say("stage-write"), so_far.citations, say)


def notice(turn: str, message: str) -> str:
    """A reply that says nothing about the documents: help, a hint, or what went wrong."""
    return _reply(turn, "notice", message=message)


def answer(turn: str, given: Answer, say: Words | None = None) -> str:
    """The finished reply with its evidence, which is hidden until the page copies it into the panel.

    ``say`` has the words of the page around it, English where it is not given; documents speak for themselves.
    """
    say = say or words_of()
    if given.kind == "notice":
        return notice(turn, say.translated(given.message))
    if given.kind == "answer":
        return _reply(turn, given.kind, given, "", given.citations, say)
    # Each of the closest passages is shown as if the whole of it were cited.
    first = [given.nearest] if given.nearest else []
    whole = [Citation(0, own, own.chunk.start, own.chunk.end) for own in given.further]
    shown = [*first, *whole][:CLOSEST_SHOWN]
    closest = [replace(own, number=number) for number, own in enumerate(shown, start=1)]
    return _reply(turn, given.kind, given, say.translated(given.message), closest, say)


def _reply(
    turn: str,
    state: str,
    answer: Answer | None = None,
    message: str = "",
    cards: Sequence[Citation] = (),
    say: Words | None = None,
) -> str:
    say = say or words_of()
    return _template().render(
        turn=turn,
        state=state,
        answer=answer,
        message=message,
        cards=cards,
        say=say,
        chance=_chance(answer.confidence, say) if answer else "",
        sureness=say(_sureness(answer.confidence)) if answer else "",
        place_of=partial(_place, say),
        citations={citation.number: citation for citation in answer.citations} if answer else {},
        short=_short(answer, say) if answer else None,
        words_of=partial(_drawn_words, answer, say) if answer else None,
        nearest=_quoted(answer.nearest, say) if answer and answer.nearest else None,
        passage_of=partial(_passage, say),
        cell_of=partial(_cell, say),
        rows_of=partial(tables_of, answer) if answer else None,
        runs=partial(runs_of, answer) if answer else None,
        table_of=partial(table_of_run, answer) if answer else None,
        reasons=zip(amounts(answer.why), (say.translated(own.text) for own in answer.why), strict=True)
        if answer
        else (),
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
        loader=PackageLoader("qa.serving.html"),
        autoescape=True,
        finalize=escape,
        undefined=StrictUndefined,
        extensions=[OneLine],
    )
    templates.globals["begins_quoted"] = _begins_quoted
    return templates.get_template("reply.html")


def _begins_quoted(text: str) -> bool:
    """Whether the text brings its own quotation marks, so that the page puts none around it."""
    return text.startswith(("“", "”", "„", "«", "»", "「", "『", '"'))


def _drawn_words(answer: Answer, say: Words, statement: Statement) -> Drawn:
    """The words of a statement, drawn as in the document that it quotes."""
    quoted = (own for own in answer.citations if own.number in statement.citations and own.quote == statement.text)
    citation = next(quoted, None) if statement.status == "quoted" else None
    if citation is None:
        return Drawn(_written(statement), True)
    return _quoted(citation, say)


def _written(statement: Statement) -> Markup:
    """Words that are no quotation, with the code in them."""
    text, code = statement.text, [Span("code", *own) for own in statement.code]
    return Markup(MarkedWords(text, UNMARKED).html(0, len(text), code))


def _quoted(citation: Citation, say: Words) -> Drawn:
    """The quote, in which the words are marked that answer, unless it is all of them."""
    marks = Marks([own for own in citation.marks if own != (citation.start, citation.end)])
    return drawn(citation.document, citation.start, citation.end, say, marks)


def _cell(say: Words, table: ShownTable, cell: ShownCell) -> Markup:
    """A cell of a quoted row, or a heading above it, drawn as in the document."""
    return drawn_cell(table.document, cell.places, say) if cell.places else escape(cell.text)


def _short(answer: Answer, say: Words) -> Markup | None:
    """The short answer, drawn as in the document where it is words of it."""
    short = short_as_text(answer)
    if not short:
        return None
    for citation in answer.citations:
        for start, end in citation.spans:
            if citation.document.text[start:end] != short:
                continue
            if any(block.kind == "code" for block in citation.document.blocks_at(start)):
                return Markup("<code>{}</code>").format(escape(short))
            own = drawn(citation.document, start, end, say)
            return own.html if own.is_inline else escape(short)
    return escape(short)


def _passage(say: Words, citation: Citation, is_cited: bool) -> Drawn:
    """The passage around a citation, in which what is cited is marked; the quote may run past the passage's edges."""
    chunk, place = citation.passage.chunk, (citation.start, citation.end)
    if not is_cited:
        return drawn(citation.document, *place, say)
    start, end = min(chunk.start, citation.start), max(chunk.end, citation.end)
    return drawn(citation.document, start, end, say, Marks([place], with_around=True))


def _chance(confidence: float, say: Words) -> str:
    """The confidence as people say it."""
    return {"over 99%": say("over-99"), "under 1%": say("under-1")}.get(text := percent(confidence), text)


def _sureness(confidence: float) -> str:
    """The message that tells the confidence in words; it goes with the number as that is shown, in whole percents."""
    return next(f"confidence-{name}" for name, least in SURENESS.items() if round(confidence, 2) >= least)


def _place(say: Words, citation: Citation) -> str:
    """Where a citation stands, in words: source, section and page."""
    page = say("page", page=citation.page) if citation.page is not None else ""
    return ", ".join(part for part in (citation.passage.source.name, citation.section, page) if part)
