"""The page of a document with quotations marked, which every citation leads to, and its file: for the chat and the API.

All the page shows is text of documents, escaped.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from documents.document import Document, Source
from index.passage import Scope
from index.store import Store
from qa.serving.html.drawn import drawn
from qa.serving.html.marked_words import Marks
from qa.serving.html.messages import Words, words_for
from qa.serving.html.pages import page_response
from qa.serving.library.originals import Originals

QUOTE = "quote"  # the element that holds the quotation
AROUND = 60_000  # characters before and after the quotation that one page shows
DIGITS = 9  # of an offset
MOST_QUOTES = 100  # that are marked beside the one that the address names

Place = tuple[int, int]


def document_page(request: Request, document: str, store: Store, scope: Scope) -> Response:
    """The document around the query's ``start`` to ``end``, or from ``at`` on.

    The characters from start to end are marked, and those of each ``also``, which is "start-end".
    """
    query, say = request.query_params, words_for(request.headers)
    places = [query.get("start", "0"), query.get("end", "0"), query.get("at", "0")]
    others = [tuple(one.split("-")) for one in query.getlist("also")[:MOST_QUOTES]]
    if not all(len(other) == 2 for other in others) or not all(map(_is_offset, [*places, *sum(others, ())])):
        return page_response("missing.html", 404, say=say)
    with store.snapshot(scope) as snapshot:
        sources = snapshot.sources(scope, document)
        found = snapshot.document(document) if sources else None
    start, end, at = map(int, places)
    if found is None or not 0 <= start <= end <= len(found.text):
        return page_response("missing.html", 404, say=say)
    centre = min(at if "at" in query else start, len(found.text) + AROUND)
    marked = [(int(first), int(last)) for first, last in others]
    return page_response("document.html", say=say, **_shown(found, sources, (start, end), marked, centre, say))


def document_file(document: str, originals: Originals, scope: Scope) -> Response:
    """The file of a whole document, to be saved: no browser shows it here, whatever is in it.

    Raises:
        OriginalError: there is none that may be saved (``Originals.file``).
    """
    path = originals.file(document, scope)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


def _is_offset(text: str) -> bool:
    return text.isdecimal() and len(text) <= DIGITS


def _shown(
    document: Document, sources: list[Source], place: Place, others: list[Place], centre: int, say: Words
) -> dict[str, Any]:
    """What the template shows: the text around ``centre``, in which what is quoted is marked."""
    text, start = document.text, place[0]
    first, last = _line_start(text, centre - AROUND), min(len(text), centre + 2 * AROUND)
    path = document.section_path(start)
    return {
        "document": document,
        "sources": sources,
        "place": place,
        "quote_id": QUOTE,
        "page": document.page_at(start),
        "section": path[-1] if path else None,
        "text": drawn(document, first, last, say, Marks([place, *others], place, QUOTE)).html,
        "others": others,
        "earlier": max(0, first - AROUND) if first > 0 else None,
        "later": last + AROUND if last < len(text) else None,
    }


def _line_start(text: str, offset: int) -> int:
    """Where the line that holds ``offset`` starts, unless it is very long."""
    if offset <= 0:
        return 0
    newline = text.rfind("\n", max(0, offset - 2000), offset)
    return newline + 1 if newline >= 0 else offset
