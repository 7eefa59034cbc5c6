"""The id of each request: in its response, in what it is told goes wrong, and in every line that is logged meanwhile.

A client or proxy may give it (``X-Request-ID``), so that one id follows a question through several programs. It says
nothing of who asks, and nothing is looked up by it.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from qa.serving.http.status import SeenStatus

HEADER = b"x-request-id"
# Where a request's scope holds the path of its route, once that is known: a path itself may hold anything.
ROUTE = "refdesk.route"
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")

logger = logging.getLogger(__name__)


def request_id() -> str | None:
    """The id of the request that is being served; None where none is."""
    found = get_contextvars().get("request_id")
    return str(found) if found else None


class RequestIds:
    """Gives each request of ``app`` its id, and logs a line when it is served (level INFO)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = _given(scope["headers"]) or secrets.token_hex(16)
        clear_contextvars()
        bind_contextvars(request_id=own)  # until the next request of this task: what fails is logged after this
        began, seen, route = time.perf_counter(), SeenStatus(send, 0), list[str]()

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [header for header in message.get("headers", ()) if header[0].lower() != HEADER]
                message = {**message, "headers": [*others, (HEADER, own.encode())]}
            await seen(message)

        try:
            await self.app({**scope, ROUTE: route}, receive, with_id)
        finally:
            taken = round(1000 * (time.perf_counter() - began))
            told = {"method": scope["method"][:10], "route": "".join(route[:1]), "status": seen.status, "ms": taken}
            logger.info("served", extra=told)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The id that the request brings, if it is one."""
    found = next((value for name, value in headers if name == HEADER), b"")
    return found.decode() if _WELL_FORMED.fullmatch(found) else None
