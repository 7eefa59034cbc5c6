"""An Answer as visitors take it along: as plain text and as Markdown, with the references that its [n] stand for.

A quoted row stands below the headings of its columns: in plain text with tabs, which spreadsheets take. They compute
nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.answer import Answer, Citation, Statement
from qa.answer.row_view import ShownTable, citation_as_text, runs_of, short_as_text, table_of_run, tables_of
from qa.answer.spreadsheet import as_cell
from qa.serving.html.markdown import escaped, marks
from qa.serving.html.messages import Words

_CELL = re.compile(r"[^\t\n]+")  # of a text that is pasted into a spreadsheet
_ITEM = re.compile(r"[+-]\s[^(|!]*")  # of a list: nothing in it calls, or refers to something elsewhere


@dataclass(frozen=True, slots=True)
class _Form:
    """How words, a short answer, a table's lines and a quotation are written."""

    plain: Callable[[str], str]
    strong: Callable[[str], str]
    lines: Callable[[Sequence[Sequence[str]]], list[str]]  # of the headings (all empty: none) and the rows
    quoted: Callable[[str], str]


def as_text(answer: Answer, say: Words) -> str:
    """The answer as plain text."""
    return _written(answer, say, _TEXT)


def as_markdown(answer: Answer, say: Words) -> str:
    """The answer as Markdown, in which nothing that a document says is more than text."""
    return _written(answer, say, _MARKDOWN)


def _written(answer: Answer, say: Words, form: _Form) -> str:
    parts = []
    if answer.kind != "answer":
        message = form.plain(say.translated(answer.message) if answer.message else answer.text)
        return f"{message}\n\n{form.plain(say('beyond'))} {form.plain(answer.beyond)}" if answer.beyond else message
    if short := short_as_text(answer):
        parts.append(form.strong(short) + marks(answer.short_citations))
    parts += _said(answer, say, form)
    parts += [form.plain(f"{say('not-answered')}: {question}") for question in answer.unanswered]
    parts += [form.plain(say.translated(line)) for line in (answer.caution, answer.note) if line]
    parts += [_reference(citation, say, form) for citation in answer.citations]
    return "\n\n".join(parts)


def _said(answer: Answer, say: Words, form: _Form) -> Iterator[str]:
    """What is said, part by part; items that follow one another are one part."""
    items: list[str] = []
    for run in runs_of(answer, answer.said):
        line, table = _line(answer, run[0], form), table_of_run(answer, run)
        if table is None and run[0].role in ("item", "step"):
            items.append(line)
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield "\n".join(form.lines(_cells(table))) if table else line
        for own in tables_of(answer, run[0]) if table is None else ():
            more = [say("rows-more", own.left_out)] if own.left_out else []
            yield "\n".join([*form.lines(_cells(own)), *more])
    if items:
        yield "\n".join(items)


def _line(answer: Answer, statement: Statement, form: _Form) -> str:
    side = answer.side_of(statement)
    text = f"{side}: {statement.text}" if side else statement.text
    return form.plain(text) + marks(statement.citations)


def _cells(table: ShownTable) -> list[list[str]]:
    """The headings, then the rows, each with its marks behind it."""
    headings = [*(cell.text for cell in (*table.over_labels, *table.over_cells)), ""]
    rows = [[*(cell.text for cell in (*row.labels, *row.cells)), marks(row.cites)] for row in table.rows]
    return [headings, *rows]


def _reference(citation: Citation, say: Words, form: _Form) -> str:
    """The citation's number, where it stands, and its words."""
    source, document = citation.passage.source.name, citation.document
    more = [own for own in (document.title, citation.section) if own and own != source]
    page = [say("page", page=citation.page)] if citation.page is not None else []
    place = ", ".join([source, *dict.fromkeys(more), *page])
    return f"[{citation.number}] {form.plain(place)}{form.quoted(citation_as_text(citation))}"


def _pasted(text: str) -> str:
    """Running text, no line of which becomes a formula."""
    return _CELL.sub(lambda own: own[0] if _ITEM.fullmatch(own[0]) else as_cell(own[0]), text)


def _tabbed(cells: Sequence[Sequence[str]]) -> list[str]:
    headings, *rows = cells
    shown = (*([headings] if any(headings) else []), *rows)
    return ["\t".join(as_cell(" ".join(cell.split())) for cell in row).rstrip() for row in shown]


def _piped(cells: Sequence[Sequence[str]]) -> list[str]:
    def line(row: Sequence[str]) -> str:
        *cells, cites = row
        return f"| {' | '.join([*(escaped(' '.join(cell.split())) for cell in cells), cites])} |"

    headings, *rows = cells
    return [line(headings), f"|{'---|' * len(headings)}", *map(line, rows)]


_TEXT = _Form(_pasted, as_cell, _tabbed, lambda text: _pasted(f": “{text}”"))
_MARKDOWN = _Form(
    escaped,
    lambda text: f"**{escaped(text)}**",
    _piped,
    lambda text: "\n\n" + "\n".join(f"> {escaped(line)}" for line in text.split("\n")),
)
