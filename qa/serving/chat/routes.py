"""The HTTP routes of the page: questions, uploads, originals of citations, the library; and the server's health.

The page sends its conversation's secret in a header, which no other site can make a browser send. What a request names
is looked up among what that conversation may see; no path is ever taken from a request. A refusal is the JSON
``{"reason": "one line"}``.
"""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from index.store import StoreError
from qa.serving.access.asker import asker_of, note_question
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.feedback import Feedback
from qa.serving.answering.queue import FairQueue, QueueFullError
from qa.serving.answering.work import Work, WorkStream
from qa.serving.chat.opinions import keep_opinion
from qa.serving.chat.replies import AskRequest, Reply, replies
from qa.serving.html import render
from qa.serving.html.messages import words_for, words_of
from qa.serving.html.pages import fragment
from qa.serving.http.paths import ASK, DOCUMENT, EMBED, EVIDENCE, FEEDBACK, HEALTH, LIBRARY, OVERVIEWS, SCRIPTS, UPLOADS
from qa.serving.library.document_page import document_page
from qa.serving.library.originals import OriginalError, Originals, OriginalsBusyError
from qa.serving.library.overviews import MOST_TOLD, Overviews
from qa.serving.library.shelf import MOST, Shelf, Wanted
from qa.serving.uploads.conversations import UploadError
from qa.serving.uploads.receive import receive, size_of
from qa.serving.uploads.uploads import Uploads
from qa.serving.uploads.web import Web

MOST_NAME = 300  # characters of a source's name
# A stranger's page may show its own text and styles: it runs nothing, loads nothing, and has no part in this origin.
LIFELESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Extras:
    """What the page offers besides answers, each where it is given: uploads, originals of citations, the library.

    ``overviews`` tell what its documents are about, and ``feedback`` keeps what visitors say of answers.
    ``web`` fetches the pages that visitors name, to be read like files.
    ``with_paths`` says whether answers name the whole path of a source, which what ``refdesk verify`` accepts needs.
    """

    uploads: Uploads | None = None
    originals: Originals | None = None
    shelf: Shelf | None = None
    with_paths: bool = True
    overviews: Overviews | None = None
    feedback: Feedback | None = None
    web: Web | None = None


NO_EXTRAS = Extras()


def routes(prefix: str, answerer: Answerer, queue: FairQueue, extras: Extras = NO_EXTRAS) -> list[BaseRoute]:
    """The routes below ``prefix``; those of the extras only where they are given."""
    scripts = StaticFiles(directory=Path(__file__).parent / "web" / "scripts")
    questions = QuestionRoutes(answerer, queue, extras)
    found: list[BaseRoute] = [
        Mount(prefix + SCRIPTS, scripts),
        Route(prefix + EMBED, embedded),
        *questions.routes(prefix),
    ]
    if extras.uploads:
        found += UploadRoutes(extras.uploads, extras.web).routes(prefix + UPLOADS)
    if extras.originals:
        found += OriginalRoutes(extras.originals).routes(prefix + EVIDENCE)
    if extras.shelf:
        found += LibraryRoutes(extras.shelf).routes(prefix)
    if extras.overviews:
        found.append(Route(prefix + OVERVIEWS, partial(overviews_of, extras.overviews), methods=["GET"]))
    if extras.feedback:
        found.append(Route(prefix + FEEDBACK, partial(keep_opinion, extras.feedback), methods=["POST"]))
    return found


def embedded(request: Request) -> Response:
    """The page without what does not fit into a part of another page; of one collection, where the query names it."""
    return RedirectResponse(f"./?{request.url.include_query_params(embedded='true').query}")


logger = logging.getLogger(__name__)


class QuestionRoutes:
    """Questions, and whether they are being answered."""

    def __init__(self, answerer: Answerer, queue: FairQueue, extras: Extras = NO_EXTRAS) -> None:
        self._answerer = answerer
        self._queue = queue
        self._extras = extras

    def routes(self, prefix: str) -> list[Route]:
        return [
            Route(prefix + ASK, self.ask, methods=["POST"]),
            Route(prefix + HEALTH, self.health, methods=["GET"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Streams the replies to one question."""
        try:
            asked = AskRequest.from_json(json.loads(await request.body()))
        except (ValueError, RecursionError):
            return _refused(request, "a question is sent as JSON", 400)
        note_question(request, asked.question)
        asker = asker_of(request)
        try:
            ticket = self._queue.join(asker.visitor)
        except QueueFullError as error:
            return _refused(request, str(error), error.status, {"retry-after": str(error.retry_after)})
        shelf = self._extras.shelf
        narrowed = partial(shelf.narrowed, asker.scope) if shelf else None
        work = Work(self._queue, ticket, partial(replies, self._answerer, asked, asker.scope, narrowed))
        say = words_of(asked.language)

        def waiting(before: int) -> str:
            message = say("waiting-behind", before) if before else say("waiting")
            return self._line(Reply(render.working(asked.turn, message)))

        return WorkStream(work, self._line, beat="\n", media_type="application/x-ndjson", waiting=waiting)

    def _line(self, reply: Reply) -> str:
        return json.dumps(reply.to_dict(with_paths=self._extras.with_paths)) + "\n"

    async def health(self, request: Request) -> Response:
        """How many questions are answered and wait; status 503 where one has waited far too long."""
        stuck = self._queue.is_stuck
        questions = {"answered_now": self._queue.running, "waiting": self._queue.waiting}
        health: dict[str, Any] = {"status": "stuck" if stuck else "ok"}
        if asker_of(request).rights:  # anyone may ask whether the server lives
            health["questions"] = questions
        return JSONResponse(health, 503 if stuck else 200, headers={"cache-control": "no-store"})


class UploadRoutes:
    """The files that a conversation brings, and pages of the ``web`` where they are fetched."""

    def __init__(self, uploads: Uploads, web: Web | None = None) -> None:
        self._uploads = uploads
        self._web = web

    def routes(self, path: str) -> list[Route]:
        return [
            Route(path, self.post, methods=["POST"]),
            Route(path, self.listing, methods=["GET"]),
            Route(path, self.end, methods=["DELETE"]),
            Route(path + "/left", self.leave, methods=["POST"]),
            *([Route(path + "/web", self.fetch, methods=["POST"])] if self._web else []),
            Route(path + "/{number:int}", self.remove, methods=["DELETE"]),
        ]

    async def post(self, request: Request) -> Response:
        """Takes one file, named by the query's ``name``; its bytes are the body."""
        asker = asker_of(request)
        owner, name = asker.owner, request.query_params.get("name", "")
        if owner is None:
            return _refused(request, "no conversation", 403)
        try:
            size = size_of(request)
            path = await asyncio.to_thread(self._uploads.begin, owner, name, size, asker.address)
            try:
                await receive(request, path, size, partial(self._uploads.arrived, path))
                await asyncio.to_thread(self._uploads.add, owner, path)
            finally:
                self._uploads.release(path)
        except UploadError as error:
            return _refused(request, str(error), error.status)
        return self._list(request, owner)

    async def fetch(self, request: Request) -> Response:
        """Takes the page whose address is the body."""
        assert self._web
        asker = asker_of(request)
        owner = asker.owner
        if owner is None:
            return _refused(request, "no conversation", 403)
        try:
            page = await self._web.fetch((await request.body()).decode("utf-8", "replace").strip())
            path = await asyncio.to_thread(self._uploads.begin, owner, page.name, len(page.data), asker.address)
            try:
                self._uploads.arrived(path, len(page.data))
                await asyncio.to_thread(path.write_bytes, page.data)
                await asyncio.to_thread(self._uploads.add, owner, path)
            finally:
                self._uploads.release(path)
        except UploadError as error:
            return _refused(request, str(error), error.status)
        return self._list(request, owner)

    async def listing(self, request: Request) -> Response:
        """The conversation's files."""
        owner = asker_of(request).owner
        return self._list(request, owner) if owner else _refused(request, "no conversation", 403)

    async def remove(self, request: Request) -> Response:
        """Cancels or removes one file."""
        owner = asker_of(request).owner
        if owner is None:
            return _refused(request, "no conversation", 403)
        await asyncio.to_thread(self._uploads.remove, owner, request.path_params["number"])
        return self._list(request, owner)

    async def end(self, request: Request) -> Response:
        """Ends the conversation, with all its files."""
        owner = asker_of(request).owner
        if owner:
            await asyncio.to_thread(self._uploads.end, owner)
        return JSONResponse({"uploads": []})

    async def leave(self, request: Request) -> Response:
        """The page is closed, or reloaded."""
        owner = asker_of(request).owner
        if owner:
            self._uploads.leave(owner)
        return JSONResponse({})

    def _list(self, request: Request, owner: str) -> Response:
        say = words_for(request.headers)
        uploads = [{**own.to_dict(), "reason": say.translated(own.reason)} for own in self._uploads.listed(owner)]
        return JSONResponse({"uploads": uploads})


class OriginalRoutes:
    """The originals of citations."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    def routes(self, path: str) -> list[Route]:
        return [
            Route(path, self.show, methods=["GET"]),
            Route(path + "/original", self.original, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """What there is to show for the query's ``document``, ``start`` and ``end`` (``Originals.show``)."""
        query = request.query_params
        start, end = query.get("start", ""), query.get("end", "")
        if not (start.isdecimal() and end.isdecimal() and len(start + end) < 30):
            return _refused(request, "no such passage", 404)
        asker = asker_of(request)
        place = (query.get("document", ""), int(start), int(end), asker.scope, asker.address)
        try:
            shown = await asyncio.get_running_loop().run_in_executor(
                self._originals.threads, self._originals.show, *place
            )
        except OriginalsBusyError as error:
            return _refused(request, str(error), 503)
        except OriginalError as error:
            return _refused(request, str(error), 404)
        say, link = words_for(request.headers), shown["link"]
        given = {
            "note": say.translated(shown["note"] or ""),
            "link": f"{request.url.path}/{link}" if link and link.startswith("original") else link,
            "page": shown["page"],
            "source": query.get("source", "")[:MOST_NAME],
        }
        return HTMLResponse(fragment("original.html", say, **given), headers={"cache-control": "no-store"})

    async def original(self, request: Request) -> Response:
        """The web page that is the query's ``document``, lifeless."""
        try:
            page = await asyncio.to_thread(
                self._originals.original, request.query_params.get("document", ""), asker_of(request).shared
            )
        except OriginalError as error:
            return _refused(request, str(error), 404)
        return Response(page, headers={"content-type": "text/html", "content-security-policy": LIFELESS})


class LibraryRoutes:
    """The documents that may be asked about."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def routes(self, prefix: str) -> list[Route]:
        return [
            Route(prefix + LIBRARY, self.listing, methods=["GET"]),
            Route(prefix + DOCUMENT + "/{document}", self.document, methods=["GET"]),
        ]

    def listing(self, request: Request) -> Response:
        """A page of the list, by the query's ``words``, ``type``, ``order``, ``start`` and ``most`` (``Wanted``)."""
        query = request.query_params
        start, most = query.get("start", "0"), query.get("most", str(MOST))
        if not (start.isdecimal() and most.isdecimal() and len(start + most) < 20):
            return _refused(request, "start and most are numbers", 400)
        wanted = Wanted(
            query.get("words", "")[:500], query.get("type", ""), query.get("order", "title"), int(start), int(most)
        )
        try:
            page = self._shelf.page(asker_of(request).scope, wanted)
        except StoreError as error:
            logger.error("%s", error)
            return _refused(request, "The documents cannot be listed just now. Please try again later.", 503)
        rows = {"rows": page.pop("documents"), "found": page["found"], "start": wanted.start}
        html = fragment("rows.html", words_for(request.headers), **rows)
        return JSONResponse({"html": html, **page}, headers={"cache-control": "no-store"})

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
        return _refused(request, "The documents cannot be listed just now. Please try again later.", 503)
    own = [row for row in told["overviews"] if row["is_own"]]
    html = fragment("overviews.html", words_for(request.headers), rows=own)
    questions = [{name: row[name] for name in ("document", "questions")} for row in told["overviews"]]
    shown = {"html": html, "overviews": questions, "pending": told["pending"]}
    return JSONResponse(shown, headers={"cache-control": "no-store"})


def _refused(request: Request, reason: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"reason": words_for(request.headers).translated(reason)}, status, headers)
