"""The page's own requests: questions, files brought along, and the originals of what is cited; and the server's health.

Each of the page's carries the conversation's secret in a header, which no other site can make a browser send; what it
names is looked up among what that conversation may see, and no path is ever taken from it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from index.passage import Scope
from qa.serving.evidence import Evidence, EvidenceBusy, EvidenceError
from qa.serving.hosts import network_of
from qa.serving.replies import Answerer, asked, history, replies
from qa.serving.turns import Busy, Turns, Visitor
from qa.serving.uploads import UploadError, Uploads, owner_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

HEADER = "x-refdesk-conversation"
ASK = "/ask"
HEALTH = "/health"
UPLOADS = "/uploads"
EVIDENCE = "/evidence"
PATHS = (ASK, HEALTH, UPLOADS, EVIDENCE)

# A stranger's page may show its own text and styles: it runs nothing, loads nothing, and has no part in this origin.
LIFELESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"

SLOWEST = 64 * 1024  # bytes a second at which a file must come
STUCK = 600.0  # seconds that a question waits only where none is answered any more
PATIENCE = 30.0  # and seconds beside that

Handler = Callable[["Request"], Awaitable["Response"]]


def routes(
    prefix: str, answerer: Answerer, turns: Turns, uploads: Uploads | None, evidence: Evidence | None
) -> list[Route]:
    """The routes below ``prefix``."""
    from starlette.routing import Route

    found = [
        Route(prefix + ASK, _ask_handler(answerer, turns), methods=["POST"]),
        Route(prefix + HEALTH, _health_handler(turns), methods=["GET"]),
    ]
    if uploads:
        post, listing, take_back, end, leave = _upload_handlers(uploads)
        found += [
            Route(prefix + UPLOADS, post, methods=["POST"]),
            Route(prefix + UPLOADS, listing, methods=["GET"]),
            Route(prefix + UPLOADS, end, methods=["DELETE"]),
            Route(prefix + UPLOADS + "/left", leave, methods=["POST"]),
            Route(prefix + UPLOADS + "/{number:int}", take_back, methods=["DELETE"]),
        ]
    if evidence:
        show, original = _evidence_handlers(evidence)
        found.append(Route(prefix + EVIDENCE, show, methods=["GET"]))
        found.append(Route(prefix + EVIDENCE + "/original", original, methods=["GET"]))
    return found


def _ask_handler(answerer: Answerer, turns: Turns) -> Handler:
    from qa.serving.questions import Answering

    async def ask(request: Request) -> Response:
        try:
            data = json.loads(await request.body())
        except (ValueError, RecursionError):
            return _refused("a question is sent as JSON", 400)
        owner = owner_of(request.headers.get(HEADER))
        turn, question = asked(data)
        answering = partial(replies, answerer, turn, question, Scope(owner=owner), history(data))
        try:
            place = turns.join(Visitor(_address_of(request), owner or ""))
        except Busy as error:
            return _refused(str(error), 429)
        return Answering(turns, place, answering)

    return ask


def _health_handler(turns: Turns) -> Handler:
    from starlette.responses import JSONResponse

    async def health(request: Request) -> Response:  # noqa: ARG001 - every handler has it
        stuck = turns.longest_wait > STUCK
        questions = {"answered_now": turns.running, "waiting": turns.waiting}
        told = {"status": "stuck" if stuck else "ok", "questions": questions}
        return JSONResponse(told, 503 if stuck else 200, headers={"cache-control": "no-store"})

    return health


def _upload_handlers(uploads: Uploads) -> tuple[Handler, Handler, Handler, Handler, Handler]:
    from starlette.responses import JSONResponse

    def answer(owner: str) -> Response:
        return JSONResponse({"uploads": [upload.to_dict() for upload in uploads.listed(owner)]})

    async def post(request: Request) -> Response:
        owner = owner_of(request.headers.get(HEADER))
        if owner is None:
            return _refused("no conversation", 403)
        name, size = request.query_params.get("name", ""), request.headers.get("content-length", "")
        if not size.isdigit():
            return _refused("its size is not told", 411)
        try:
            path = await asyncio.to_thread(uploads.begin, owner, name, int(size), _address_of(request))
            try:
                await _receive(request, path, int(size), uploads)
                await asyncio.to_thread(uploads.add, owner, path)
            finally:
                uploads.release(path)
        except UploadError as error:
            return _refused(str(error), error.status)
        return answer(owner)

    async def listing(request: Request) -> Response:
        owner = owner_of(request.headers.get(HEADER))
        return answer(owner) if owner else _refused("no conversation", 403)

    async def take_back(request: Request) -> Response:
        owner = owner_of(request.headers.get(HEADER))
        if owner is None:
            return _refused("no conversation", 403)
        await asyncio.to_thread(uploads.take_back, owner, request.path_params["number"])
        return answer(owner)

    async def end(request: Request) -> Response:
        owner = owner_of(request.headers.get(HEADER))
        if owner:
            await asyncio.to_thread(uploads.end, owner)
        return JSONResponse({"uploads": []})

    async def leave(request: Request) -> Response:
        owner = owner_of(request.headers.get(HEADER))
        if owner:
            uploads.leave(owner)
        return JSONResponse({})

    return post, listing, take_back, end, leave


async def _receive(request: Request, path: Path, size: int, uploads: Uploads) -> None:
    """Write the request's body to ``path``: never more than ``size`` bytes, and all of them in time or nothing.

    Raises:
        UploadError: it is not whole, comes too slowly, or there is no room for it.
    """
    from starlette.requests import ClientDisconnect

    got = 0
    try:
        with path.open("wb") as file:
            async with asyncio.timeout(PATIENCE + size / SLOWEST):
                async for chunk in request.stream():
                    got += len(chunk)
                    if got > size:
                        break
                    uploads.arrived(path, len(chunk))
                    await asyncio.to_thread(file.write, chunk)
    except TimeoutError as error:  # an OSError, too
        raise UploadError("it came too slowly; please try again", 408) from error
    except (ClientDisconnect, OSError):
        got = -1
    if got != size:
        raise UploadError("it did not arrive whole; please try again")


def _evidence_handlers(evidence: Evidence) -> tuple[Handler, Handler]:
    from starlette.responses import JSONResponse, Response

    async def show(request: Request) -> Response:
        asked = request.query_params
        start, end = asked.get("start", ""), asked.get("end", "")
        if not (start.isdecimal() and end.isdecimal() and len(start + end) < 30):
            return _refused("no such passage", 404)
        scope = Scope(owner=owner_of(request.headers.get(HEADER)))
        try:
            shown = await asyncio.get_running_loop().run_in_executor(
                evidence.threads,
                partial(evidence.show, asked.get("document", ""), int(start), int(end), scope, _address_of(request)),
            )
        except EvidenceBusy as error:
            return _refused(str(error), 503)
        except EvidenceError as error:
            return _refused(str(error), 404)
        return JSONResponse(shown, headers={"cache-control": "no-store"})

    async def original(request: Request) -> Response:
        try:
            page = await asyncio.to_thread(evidence.original, request.query_params.get("document", ""))
        except EvidenceError as error:
            return _refused(str(error), 404)
        return Response(page, headers={"content-type": "text/html", "content-security-policy": LIFELESS})

    return show, original


def _address_of(request: Request) -> str:
    """Whom the request's address stands for: see ``network_of``."""
    return network_of(request.client.host) if request.client else ""


def _refused(reason: str, status: int) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"reason": reason}, status)
