"""Answer -> HTML, as pure functions.

Everything that comes from a document or a person goes through ``escape``; markers are made only from a
statement's ``citations``, never from its text, so a document that says "[1]" shows "[1]" and nothing more.
Highlights are sliced here, in Python, because offsets are code points and JavaScript counts UTF-16 units.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from index.passage import Passage
from qa.answer import UNSUPPORTED, Answer, Citation, Statement, percent

CONFIDENCE_LEGEND = "Refdesk's own estimate of the chance that this answer is right."
CLOSEST = "Closest passages found"
CLOSEST_SHOWN = 5

# A parser turns these into something else on the way to the page; as references they arrive as they are.
_REFERENCES = {"\r": "&#13;"}


def escape(text: str) -> str:
    """``text`` as HTML that shows exactly its characters, in an element or a quoted attribute."""
    escaped = html.escape(text, quote=True)
    for character, reference in _REFERENCES.items():
        escaped = escaped.replace(character, reference)
    return escaped


def working(turn: str, stage: str) -> str:
    """The reply while it is being made: the stage, and nothing else yet."""
    return _reply(turn, "working", f'<p class="stage">{escape(stage)}</p>')


def draft(turn: str, so_far: Answer) -> str:
    """The reply while its sentences are being verified: those that are, with their evidence."""
    known = {citation.number: citation for citation in so_far.citations}
    said = "".join(_statement(statement, known) for statement in so_far.statements)
    stage = '<p class="stage">Writing, and checking each sentence…</p>'
    inner = f'<div class="said">{said}</div>{stage}{_evidence("Evidence", _cited(so_far.citations))}'
    return _reply(turn, "working", _searched(so_far) + inner)


def notice(turn: str, message: str) -> str:
    """A reply that says nothing about the documents: help, a hint, or what went wrong."""
    return _reply(turn, "notice", f'<p class="notice" dir="auto">{escape(message)}</p>')


def answer(turn: str, given: Answer) -> str:
    """The finished reply with its evidence beside it, hidden until the page moves it into the panel."""
    if given.kind == "notice":
        return notice(turn, given.message)
    if given.kind == "answer":
        inner = _said(given) + _evidence("Evidence", _cited(given.citations))
    else:
        inner = _refused(given) + _evidence(CLOSEST, _closest(given.passages[:CLOSEST_SHOWN]))
    return _reply(turn, given.kind, _searched(given) + inner, given)


def passage_text(passage: Passage, start: int | None = None, end: int | None = None) -> str:
    """The passage, with the characters ``start`` to ``end`` of its document in one ``<mark>``."""
    chunk = passage.chunk
    if start is None or end is None:
        return escape(chunk.text)
    # A quote may run past its chunk's edge; then the passage is shown as far as the quote goes.
    text = chunk.document.text
    before = text[min(chunk.start, start) : start]
    after = text[end : max(chunk.end, end)]
    return f"{_around(before)}<mark>{escape(text[start:end])}</mark>{_around(after)}"


def _around(text: str) -> str:
    return f'<span class="around">{escape(text)}</span>' if text else ""


def _reply(turn: str, state: str, inner: str, given: Answer | None = None) -> str:
    """A finished answer also tells the page what a later question may refer to."""
    said = ""
    if given is not None:
        text = " ".join(statement.text for statement in given.said)
        said = (
            f' data-asked="{escape(given.standalone_question)}" data-said="{escape(text)}"'
            f' data-short="{escape(given.short_answer or "")}"'
        )
    return f'<div class="reply {state}" data-turn="{escape(turn)}" data-state="{state}"{said}>{inner}</div>'


def _searched(given: Answer) -> str:
    if not given.is_rewritten:
        return ""
    return f'<p class="searched">Searched for: <q dir="auto">{escape(given.standalone_question)}</q></p>'


def _said(given: Answer) -> str:
    known = {citation.number: citation for citation in given.citations}
    short = ""
    if given.short_answer:
        first = given.statements[0].citations if given.statements else ()
        markers = _markers(first[:1], known)
        short = f'<p class="short"><strong dir="auto">{escape(given.short_answer)}</strong>{markers}</p>'
    said = "".join(_statement(statement, known) for statement in given.statements)
    note = f'<p class="made">{escape(given.note)}</p>' if given.note else ""
    caution = f'<p class="caution" role="note">{escape(given.caution)}</p>' if given.caution else ""
    return f'{short}<div class="said">{said}</div>{caution}{note}{_confidence(given)}'


def _confidence(given: Answer) -> str:
    if given.caveat:
        return f'<p class="confidence">Confidence: {escape(given.caveat)}</p>'
    return (
        f'<p class="confidence"><abbr tabindex="0" data-legend="{escape(CONFIDENCE_LEGEND)}"'
        f' role="note" aria-label="Confidence {percent(given.confidence)}. {escape(CONFIDENCE_LEGEND)}">'
        f'<span class="bar" aria-hidden="true"><span style="width:{_width(given.confidence)}%"></span></span>'
        f"Confidence {percent(given.confidence)}</abbr></p>"
    )


def _statement(statement: Statement, known: dict[int, Citation]) -> str:
    text = f'<span class="words">{escape(statement.text)}</span>'
    if not statement.is_said:
        text = f'<s>{text}</s><span class="note">{UNSUPPORTED}</span>'
    markers = _markers(statement.citations, known)
    return f'<p class="statement {statement.status}" dir="auto">{text}{markers}</p>'


def _markers(numbers: Iterable[int], known: dict[int, Citation]) -> str:
    """One button a citation; a number that resolves to nothing is not shown."""
    return "".join(_marker(known[number]) for number in numbers if number in known)


def _marker(citation: Citation) -> str:
    label = escape(f"Show citation {citation.number}: {_place(citation.passage, citation)}")
    # The word joiner keeps a marker on the line of the word it follows.
    return (
        f'&#8288;<button type="button" class="marker" data-show="{citation.number}" aria-label="{label}" '
        f'aria-controls="refdesk-panel">[{citation.number}]</button>'
    )


def _refused(given: Answer) -> str:
    hint = ""
    if given.passages:
        count = min(len(given.passages), CLOSEST_SHOWN)
        shown = "the closest passage" if count == 1 else f"the {count} closest passages"
        hint = f'<p class="hint"><button type="button" class="closest" data-show="1">Show {shown} found</button></p>'
    return f'<p class="notice" dir="auto">{escape(given.message)}</p>{hint}'


def _cited(citations: Sequence[Citation]) -> str:
    return "".join(
        _card(
            citation.number,
            f"[{citation.number}]",
            citation.passage,
            passage_text(citation.passage, citation.start, citation.end),
            citation,
        )
        for citation in citations
    )


def _closest(passages: Sequence[Passage]) -> str:
    return "".join(
        _card(number, "", passage, passage_text(passage)) for number, passage in enumerate(passages, start=1)
    )


def _card(number: int, label: str, passage: Passage, text: str, citation: Citation | None = None) -> str:
    """A citation or a passage in the panel; its heading is the button that opens it."""
    document, source = passage.chunk.document, passage.source
    section, page = _section_and_page(passage, citation)
    title = document.title if document.title and document.title != source.name else ""
    facts = [
        f'<span class="title" dir="auto">{escape(title)}</span>' if title else "",
        f'<span class="section" dir="auto">{escape(section)}</span>' if section and section != title else "",
        f'<span class="page">Page {page}</span>' if page is not None else "",
    ]
    marker = f'<span class="number">{label}</span>' if label else ""
    return (
        f'<li class="card" data-card="{number}">'
        f'<button type="button" class="card-head" data-show="{number}" aria-expanded="false">{marker}'
        f'<span class="source" dir="auto">{escape(source.name)}</span></button>'
        f'<p class="facts">{"".join(facts)}</p>'
        f'<div class="passage" dir="auto">{text}</div>{_original(document.id, citation)}</li>'
    )


def _original(document: str, citation: Citation | None) -> str:
    """Where the page shows the cited page's image, or a link to the words, or why there is none."""
    if citation is None:
        return ""
    return (
        f'<div class="original" data-document="{escape(document)}"'
        f' data-start="{citation.start}" data-end="{citation.end}"></div>'
    )


def _evidence(heading: str, cards: str) -> str:
    if not cards:
        return ""
    return f'<section class="evidence" data-heading="{escape(heading)}" hidden><ol>{cards}</ol></section>'


def _section_and_page(passage: Passage, citation: Citation | None) -> tuple[str | None, int | None]:
    if citation is not None:
        return citation.section, citation.page
    path = passage.chunk.document.section_path(passage.chunk.start)
    return (path[-1] if path else None), passage.chunk.document.page_at(passage.chunk.start)


def _place(passage: Passage, citation: Citation) -> str:
    section, page = _section_and_page(passage, citation)
    parts = [passage.source.name, section or "", f"page {page}" if page is not None else ""]
    return ", ".join(part for part in parts if part)


def _width(probability: float) -> int:
    return max(0, min(100, round(probability * 100)))
