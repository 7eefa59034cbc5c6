"""The routes of the library: its documents, what they are about, and the originals of citations."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from index.store import StoreError
from qa.serving.access.asker import asker_of
from qa.serving.access.rights import includes
from qa.serving.html.messages import words_for
from qa.serving.html.pages import fragment
from qa.serving.http.paths import DOCUMENT, EVIDENCE, LIBRARY
from qa.serving.http.refusals import refused_page
from qa.serving.library.document_page import document_file, document_page
from qa.serving.library.originals import OriginalError, Originals, OriginalsBusyError
from qa.serving.library.overviews import MOST_TOLD, Overviews
from qa.serving.library.shelf import MOST, Shelf, Wanted
from qa.serving.uploads.uploads import Uploads

MOST_NAME = 300  # characters of a source's name
# A stranger's page may show its own text and styles: it runs nothing, loads nothing, and has no part in this origin.
LIFELESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
UNLISTED = "The documents cannot be listed just now. Please try again later."

logger = logging.getLogger(__name__)


class OriginalRoutes:
    """The originals of citations."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    def routes(self) -> list[Route]:
        return [
            Route(EVIDENCE, self.show, methods=["GET"]),
            Route(EVIDENCE + "/beside", self.beside, methods=["GET"]),
            Route(EVIDENCE + "/original", self.original, methods=["GET"]),
            Route(DOCUMENT + "/{document}/file", self.file, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """What there is to show for the query's ``document``, ``start`` and ``end`` (``Originals.show``)."""
        start, end = _number(request, "start"), _number(request, "end")
        if start is None or end is None:
            return refused_page(request, "no such passage", 404)
        asker = asker_of(request)
        place = (request.query_params.get("document", ""), start, end, asker.scope, asker.address)
        return await self._fragment(request, "original.html", partial(self._originals.show, *place))

    async def beside(self, request: Request) -> Response:
        """What there is to show beside the whole ``document``: its ``page``, or the one with ``start`` to ``end``."""
        place = (_number(request, "start") or 0, _number(request, "end") or 0)
        document, asker = request.query_params.get("document", ""), asker_of(request)
        asked = (document, place, _number(request, "page"), asker.scope, asker.address)
        return await self._fragment(request, "beside.html", partial(self._originals.beside, *asked))

    async def _fragment(self, request: Request, template: str, show: Callable[[], dict[str, Any]]) -> Response:
        """What is shown, by the template."""
        try:
            shown = await asyncio.get_running_loop().run_in_executor(self._originals.threads, show)
        except OriginalsBusyError as error:
            return refused_page(request, str(error), 503)
        except OriginalError as error:
            return refused_page(request, str(error), 404)
        say, link = words_for(request.headers), shown["link"]
        is_own = bool(link) and link.startswith("original")  # else it leads to the web
        document = request.query_params.get("document", "")
        given = {
            **shown,
            "note": say.translated(shown["note"] or ""),
            "link": f"{EVIDENCE}/{link}" if is_own else link,
            "file": f"{DOCUMENT}/{document}/file" if shown.get("file") else None,
            "is_own": is_own,
            "source": request.query_params.get("source", "")[:MOST_NAME],
        }
        return HTMLResponse(fragment(template, say, **given), headers={"cache-control": "no-store"})

    async def original(self, request: Request) -> Response:
        """The web page that is the query's ``document``, lifeless, with its words from ``start`` to ``end`` marked."""
        document, place = request.query_params.get("document", ""), (_number(request, "start"), _number(request, "end"))
        try:
            page = await asyncio.to_thread(
                self._originals.original, document, (place[0] or 0, place[1] or 0), asker_of(request).shared
            )
        except OriginalError as error:
            return refused_page(request, str(error), 404)
        return Response(page, headers={"content-type": "text/html; charset=utf-8", "content-security-policy": LIFELESS})

    def file(self, request: Request) -> Response:
        """The file of a whole document, to be saved (``document_file``)."""
        try:
            return document_file(request.path_params["document"], self._originals, asker_of(request).shared)
        except OriginalError as error:
            return refused_page(request, str(error), 404)


def _number(request: Request, name: str) -> int | None:
    """The number that the query gives under the name; None where there is none."""
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 15 else None


class LibraryRoutes:
    """The documents that may be asked about."""

    def __init__(self, shelf: Shelf, uploads: Uploads | None = None, changes: bool = False) -> None:
        """``uploads`` are visitors' own documents. ``changes``: whether who has the right to may change others."""
        self._shelf = shelf
        self._uploads = uploads
        self._changes = changes

    def routes(self) -> list[Route]:
        return [
            Route(LIBRARY, self.listing, methods=["GET"]),
            Route(DOCUMENT + "/{document}", self.document, methods=["GET"]),
        ]

    def listing(self, request: Request) -> Response:
        """A page of the list, by the query's ``words``, ``type``, ``order``, ``start`` and ``most`` (``Wanted``)."""
        query = request.query_params
        start, most = query.get("start", "0"), query.get("most", str(MOST))
        if not (start.isdecimal() and most.isdecimal() and len(start + most) < 20):
            return refused_page(request, "start and most are numbers", 400)
        wanted = Wanted(
            query.get("words", "")[:500], query.get("type", ""), query.get("order", "title"), int(start), int(most)
        )
        asker = asker_of(request)
        may_change = self._changes and includes(asker.rights, "write")
        try:
            page = self._shelf.page(asker.scope, wanted, with_paths=may_change)
        except StoreError as error:
            logger.error("%s", error)
            return refused_page(request, UNLISTED, 503)
        say, rows = words_for(request.headers), page.pop("documents")
        own = self._uploads.listed(asker.owner) if self._uploads and asker.owner else []
        numbers = {str(upload.path): upload.number for upload in own}
        shown = {
            "html": fragment("rows.html", say, rows=rows, uploads=numbers, found=page["found"], start=wanted.start),
            "types": fragment("types.html", say, types=page.pop("types"), wanted=wanted.type),
        }
        return JSONResponse({**shown, **page}, headers={"cache-control": "no-store"})

    def document(self, request: Request) -> Response:
        """A whole document (``document_page``)."""
        return document_page(request, request.path_params["document"], self._shelf.store, asker_of(request).scope)


async def overviews_of(overviews: Overviews, request: Request) -> Response:
    """What the documents are about that come first where each ``document`` of the query is chosen (``Overviews``)."""
    chosen = tuple(request.query_params.getlist("document")[:MOST_TOLD])
    try:
        told = await asyncio.to_thread(overviews.listed, asker_of(request).scope, chosen)
    except StoreError as error:
        logger.error("%s", error)
        return refused_page(request, UNLISTED, 503)
    own = [row for row in told["overviews"] if row["is_own"]]
    html = fragment("overviews.html", words_for(request.headers), rows=own)
    questions = [{name: row[name] for name in ("document", "questions")} for row in told["overviews"]]
    shown = {"html": html, "overviews": questions, "pending": told["pending"]}
    return JSONResponse(shown, headers={"cache-control": "no-store"})
