"""Responses that are cut off because the server ends: their clients are told so, and to come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.serving.http.refusals import refused
from qa.serving.http.status import SeenStatus

ENDING = "Refdesk is being stopped: ask again when it is back."
RETRY_AFTER = "10"  # seconds


class ShutdownMiddleware:
    """Tells the client of a request of ``app`` that is cut off to come back, unless its response has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = SeenStatus(send, 0)
        try:
            await self.app(scope, receive, seen)
        except asyncio.CancelledError:  # by the server alone, and this is the whole of its task
            if scope["type"] == "http" and seen.status == 0:
                headers = {"retry-after": RETRY_AFTER, "connection": "close"}
                await refused(Request(scope), scope["path"], 503, ENDING, headers)(scope, receive, send)


class ShutdownStream(StreamingResponse):
    """Sends the ``parts`` one after the other; where it is cut off, the last one is what ``on_shutdown`` writes."""

    def __init__(self, parts: AsyncIterator[str], on_shutdown: Callable[[], str], media_type: str) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(parts, media_type=media_type, headers=headers)
        self._on_shutdown = on_shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = SeenStatus(send, 0)
        try:
            await super().__call__(scope, receive, seen)
        except asyncio.CancelledError:  # by the server alone: where the client leaves, the response ends without it
            if seen.status:
                await send({"type": "http.response.body", "body": self._on_shutdown().encode()})
            raise
