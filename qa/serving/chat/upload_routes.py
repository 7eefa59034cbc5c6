"""The routes of the files that a visitor brings to a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qa.serving.access.asker import asker_of
from qa.serving.html.messages import words_for
from qa.serving.http.paths import UPLOADS
from qa.serving.http.refusals import refused_page
from qa.serving.uploads.conversations import UploadError, number_of
from qa.serving.uploads.receive import keeping, receive, size_of
from qa.serving.uploads.uploads import Uploads
from qa.serving.uploads.web import FAILED, Web, WebPage


class UploadRoutes:
    """The files that a conversation brings, and pages of the ``web`` where they are fetched."""

    def __init__(self, uploads: Uploads, web: Web | None = None) -> None:
        self._uploads = uploads
        self._web = web

    def routes(self) -> list[Route]:
        return [
            Route(UPLOADS, _of_owner(self.post), methods=["POST"]),
            Route(UPLOADS, _of_owner(self.listing), methods=["GET"]),
            Route(UPLOADS, self.end, methods=["DELETE"]),
            Route(UPLOADS + "/left", self.leave, methods=["POST"]),
            *([Route(UPLOADS + "/web", _of_owner(self.fetch), methods=["POST"])] if self._web else []),
            Route(UPLOADS + "/{number:int}", _of_owner(self.remove), methods=["DELETE"]),
        ]

    async def post(self, request: Request, owner: str) -> Response:
        """Takes one file, named by the query's ``name``; its bytes are the body."""
        name, size = request.query_params.get("name", ""), size_of(request)
        async with self._place(owner, name, size, asker_of(request).address) as path:
            await receive(request, path, size, partial(self._uploads.arrived, path))
        return await self.listing(request, owner, path)

    async def fetch(self, request: Request, owner: str) -> Response:
        """Takes the page whose address is the body."""
        assert self._web
        url, address = (await request.body()).decode("utf-8", "replace").strip(), asker_of(request).address
        page = await _while_there(request, self._web.fetch(url, owner, address))
        async with self._place(owner, page.name, len(page.data), address) as path:
            self._uploads.arrived(path, len(page.data))
            with keeping(path):
                await asyncio.to_thread(path.write_bytes, page.data)
        return await self.listing(request, owner, path)

    async def listing(self, request: Request, owner: str, added: Path | None = None) -> Response:
        """The conversation's files, and the number of the one that was just added."""
        say, held = words_for(request.headers), await asyncio.to_thread(self._uploads.listed, owner)
        ready = [own for own in held if own.state == "ready"]
        documents = await asyncio.to_thread(self._uploads.documents, owner, ready) if ready else {}
        uploads = [
            {**own.to_dict(), "reason": say.translated(own.reason), "documents": documents.get(own.number, [])}
            for own in held
        ]
        return JSONResponse({"uploads": uploads} | ({"added": number_of(added)} if added else {}))

    async def remove(self, request: Request, owner: str) -> Response:
        """Cancels or removes one file."""
        await asyncio.to_thread(self._uploads.remove, owner, request.path_params["number"])
        return await self.listing(request, owner)

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

    @asynccontextmanager
    async def _place(self, owner: str, name: str, size: int, address: str) -> AsyncIterator[Path]:
        """Where to write a file, which is the conversation's from then on; where that fails, nothing of it stays."""
        path = await asyncio.to_thread(self._uploads.begin, owner, name, size, address)
        try:
            yield path
            await asyncio.to_thread(self._uploads.add, owner, path)
        finally:
            self._uploads.release(path)


def _of_owner(handle: Callable[[Request, str], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that has ``handle`` answer the owner of a conversation."""

    async def endpoint(request: Request) -> Response:
        owner = asker_of(request).owner
        if owner is None:
            return refused_page(request, "no conversation", 403)
        try:
            return await handle(request, owner)
        except UploadError as error:
            return refused_page(request, str(error), error.status)

    return endpoint


async def _while_there(request: Request, fetching: Coroutine[Any, Any, WebPage]) -> WebPage:
    """The page, unless the request's client goes away: then nothing is fetched for it any more."""
    page, gone = asyncio.ensure_future(fetching), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((page, gone), return_when=asyncio.FIRST_COMPLETED)
        if not page.done():
            raise UploadError(FAILED, 422)  # which nobody reads
        return page.result()
    finally:
        page.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
