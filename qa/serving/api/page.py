"""``/d/DOCUMENT?start=…&end=…``: the page that every citation leads to. It shows the document, the quotation marked.

All it shows is text of documents, escaped.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from documents.document import Document, Source
from qa.serving.api.citing import QUOTE
from qa.serving.api.desk import CurrentAsker, ServedDesk
from qa.serving.api.html import page_response
from qa.serving.api.paths import PAGE

AROUND = 60_000  # characters before and after the quotation that one page shows
DIGITS = 9  # of an offset

router = APIRouter(include_in_schema=False)


@router.get(PAGE + "/{document}")
def page(request: Request, document: str, desk: ServedDesk, asker: CurrentAsker) -> Response:
    """The document around ``start`` to ``end``, or from ``at`` on; the characters from start to end are marked."""
    places = {name: request.query_params.get(name) for name in ("start", "end", "at")}
    if any(place is not None and not (place.isdecimal() and len(place) <= DIGITS) for place in places.values()):
        return page_response("missing.html", 404)
    with desk.index.store.snapshot() as snapshot:
        sources = snapshot.sources(asker.scope, document)
        found = snapshot.document(document) if sources else None
    if found is None:
        return page_response("missing.html", 404)
    start, end = (int(places[name] or 0) for name in ("start", "end"))
    if not 0 <= start <= end <= len(found.text):
        return page_response("missing.html", 404)
    centre = min(int(places["at"] or start), len(found.text) + AROUND)
    return page_response("document.html", **_shown(found, sources, (start, end), centre))


def _shown(document: Document, sources: list[Source], place: tuple[int, int], centre: int) -> dict[str, Any]:
    """What the template shows: the text around ``centre`` in three pieces, of which the second is quoted."""
    text, start = document.text, place[0]
    first, last = _line_start(text, centre - AROUND), min(len(text), centre + 2 * AROUND)
    begin, stop = (min(max(offset, first), last) for offset in place)
    path = document.section_path(start)
    return {
        "document": document,
        "sources": sources,
        "place": place,
        "quote_id": QUOTE,
        "page": document.page_at(start),
        "section": path[-1] if path else None,
        "before": text[first:begin],
        "quote": text[begin:stop],
        "after": text[stop:last],
        "earlier": max(0, first - AROUND) if first > 0 else None,
        "later": last + AROUND if last < len(text) else None,
    }


def _line_start(text: str, offset: int) -> int:
    """Where the line that holds ``offset`` starts, unless it is very long."""
    if offset <= 0:
        return 0
    newline = text.rfind("\n", max(0, offset - 2000), offset)
    return newline + 1 if newline >= 0 else offset
