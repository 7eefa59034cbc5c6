"""The middleware that finds out who sent a request, and lets it through if that one may do what it asks for.

Programs are told why not as application/problem+json, the chat's own script by a ``reason``, and people are led to the
page where they log in. Whatever is let through has its ``Asker`` in the request's scope; nothing else decides.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from qa.serving.access.accounts.store import AccessError
from qa.serving.access.admission import Anyone, Known
from qa.serving.access.asker import ASKER, Asker, address_of
from qa.serving.access.attempts import Rates
from qa.serving.access.audit import Audit, deed
from qa.serving.access.rights import NoRouteError, Right, includes, is_page, needed
from qa.serving.html.pages import page_response
from qa.serving.http.paths import LOGIN, MCP, STATIC
from qa.serving.http.refusals import OF_PAGE, refused
from qa.serving.http.status import SeenStatus

UNKNOWN = "show a token (Authorization: Bearer …), which refdesk tokens new makes, or log in"
LOGGED_OUT = "You are not logged in any more: open this page again."
FAILED = "It cannot be told just now who may ask: try again later."
TOO_MANY = "Many requests came from you within a minute: try again later."
NO_STORE = {"cache-control": "no-store"}

logger = logging.getLogger(__name__)


class Gate:
    """Lets requests through to ``app``, within ``rates``; ``audit`` notes them."""

    def __init__(
        self,
        app: ASGIApp,
        access: Anyone | Known,
        audit: Audit | None = None,
        rates: Rates | None = None,
    ) -> None:
        self.app = app
        self._access = access
        self._audit = audit
        self._rates = rates

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: nothing here has one
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        path = scope["path"]
        try:
            asker = await self._access.asker(request)
        except AccessError as error:
            logger.error("%s", error)
            await refused(request, path, 503, FAILED)(scope, receive, send)
            return
        try:
            right, is_route = needed(scope["method"], path), True
        except NoRouteError:
            right, is_route = None, False
        is_open = right is None and is_route
        if not is_open and (wait := self._wait(request, path, asker)):
            await refused(request, path, 429, TOO_MANY, {"retry-after": str(wait)})(scope, receive, send)
            return
        if not is_open and asker is None:
            await self._unknown(request, path)(scope, receive, send)
            return
        if not is_route:
            await refused(request, path, 404, "Not found")(scope, receive, send)
            return
        asker = asker or Asker.of(request, rights=frozenset())
        app = self.app if right is None or includes(asker.rights, right) else _forbidden(request, path, right)
        await self._noted(app, {**scope, ASKER: asker, "state": dict(scope.get("state", {}))}, path, receive, send)

    def _wait(self, request: Request, path: str, asker: Asker | None) -> int:
        """The seconds that whoever sent the request has to wait; 0: none."""
        if self._rates is None or path.startswith(STATIC):
            return 0
        return self._rates.wait(address_of(request), asker.name if asker else "")

    def _unknown(self, request: Request, path: str) -> Response:
        """The response to somebody who must say first who it is."""
        if not is_page(request.method, path):
            reason = LOGGED_OUT if path.startswith(OF_PAGE) else UNKNOWN
            return refused(request, path, 401, reason, {"www-authenticate": "Bearer"})
        own = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("sec-fetch-site") == "cross-site":  # then the browser keeps back the session's cookie
            return page_response("again.html", address=own)
        return RedirectResponse(f"{LOGIN}?{urlencode({'next': own})}", 303, NO_STORE)

    async def _noted(self, app: ASGIApp, scope: Connection, path: str, receive: Receive, send: Send) -> None:
        """Calls ``app``; what it does is noted if it is worth it."""
        did = deed(scope["method"], path)
        if self._audit is None or (did is None and path != MCP):
            await app(scope, receive, send)
            return
        seen, request = SeenStatus(send, 0), Request(scope)  # none was sent
        try:
            await app(scope, receive, seen)
        finally:
            if did := did or getattr(request.state, "tool", None):
                details = {"path": path, "status": seen.status, **_asked_for(request, self._audit.with_questions)}
                who: Asker = scope[ASKER]
                await asyncio.to_thread(self._audit.write, did, who.name, who.address, **details)


def _forbidden(request: Request, path: str, right: Right) -> Response:
    return refused(request, path, 403, f"that needs the right {right}, which you do not have")


def _asked_for(request: Request, with_question: bool) -> dict[str, Any]:
    query = request.query_params
    question = getattr(request.state, "question", query.get("q")) if with_question else None
    return {"name": query.get("name"), "collection": query.get("collection"), "question": question}
