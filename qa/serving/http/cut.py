"""Requests that are cut off because the server ends, which is no failure of theirs."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.serving.http.refusals import said
from qa.serving.http.status import SeenStatus

ENDING = "Refdesk is being stopped: ask again when it is back"
RETRY_AFTER = "10"  # seconds


class Cut:
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
                await said(scope["path"], 503, ENDING, headers)(scope, receive, send)
