"""The middleware before all that is served: allowed hosts and origins, open routes, limits on bodies, safe headers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from qa.serving.http.hosts import Hosts, is_same_origin
from qa.serving.http.paths import CHAT, GRADIO_ROUTES, STATIC
from qa.serving.http.refusals import refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

MAX_BODY = 128 * 1024  # bytes: room for a question of 2,000 characters and six earlier turns, in any script
BODY_SECONDS = 15.0  # within which such a body must come

# What Gradio's page itself loads. Gradio's queue, uploads, files, proxy and API are closed, but for routes of our own
# in their place (GRADIO_ROUTES).
_GRADIO = ("/theme.css", "/favicon.ico", "/manifest.json")
# Gradio's own page needs inline scripts (which: ``chat.inline_scripts``) and styles; nothing may come from, or go to,
# another host.
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
CLOSING = {"connection": "close"}
FOREIGN_HOST = "Refdesk is not served under that name; name those it is reached by in REFDESK_HOSTS."
FOREIGN_PAGE = "Refdesk answers its own page and programs, no other website's page."
TOO_LARGE = "What was sent is too large, or came too slowly."
# Proxies send these headers, but so can anyone: the server has already read those of trusted proxies.
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-original-", b"x-rewrite-", b"x-gradio-")


@dataclass(frozen=True, slots=True)
class Body:
    """How large a body may be, in bytes; for one that is ``streamed`` to its route, the route limits the time."""

    most: int = MAX_BODY
    streamed: bool = False


ANY_BODY = Body()


class Guard:
    """Lets through requests for the routes that are served, to allowed hosts and from their own origin; limits bodies.

    Routes that begin with one of ``paths`` are open, besides those of Gradio's page. ``bodies`` has the limits of what
    is posted to a route, where they are others than those of ANY_BODY, which must come within ``body_seconds``.
    Pages of the sites ``framed_by`` may show the chat as a part of theirs.
    """

    def __init__(
        self,
        app: ASGIApp,
        paths: tuple[str, ...] = CHAT,
        bodies: Mapping[str, Body] | None = None,
        hosts: Hosts | None = None,
        body_seconds: float = BODY_SECONDS,
        framed_by: Sequence[str] = (),
    ) -> None:
        self.app = app
        self.paths = paths
        self.bodies = bodies or {}
        self.hosts = hosts or Hosts()
        self.body_seconds = body_seconds
        policy = " ".join((_POLICY, *framed_by))
        self._headers = ((b"content-security-policy", policy.encode()), *_HEADERS)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: the page has none
            await send({"type": "websocket.close", "code": 1008})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_without_sharing(message.get("headers", ())), *self._headers]}
            await send(message)

        route = scope["path"]
        scope = {**scope, "headers": [header for header in scope["headers"] if not header[0].startswith(_FORWARDED)]}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        limit = self.bodies.get(route, ANY_BODY) if scope["method"] == "POST" else ANY_BODY
        request = Request(scope)
        if refusal := self._refusal(request.method, route, headers):
            await refused(request, route, *refusal, CLOSING)(scope, receive, with_headers)
        elif limit.streamed:
            await self.app(scope, _limited(receive, limit.most), with_headers)
        elif (body := await self._body(receive, headers, limit.most)) is None:
            await refused(request, route, 413, TOO_LARGE, CLOSING)(scope, receive, with_headers)
        else:
            await self.app(scope, _replayed(body, receive), with_headers)

    def _refusal(self, method: str, route: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason where the request is refused; None where it is let through."""
        if not self.hosts.allow(headers.get("host", "")):
            return 421, FOREIGN_HOST
        if not is_same_origin(method, headers):
            return 403, FOREIGN_PAGE
        is_page = route.rstrip("/") in ("", *_GRADIO)
        if not (is_page or (method, route) in GRADIO_ROUTES or route.startswith((*STATIC, *self.paths))):
            return 404, "Not found"
        return None

    async def _body(self, receive: Receive, headers: dict[str, str], most: int) -> bytes | None:
        """The whole body; None where it is too large, too slow, or its client goes away."""
        body, more = bytearray(), "content-length" in headers or "transfer-encoding" in headers
        try:
            async with asyncio.timeout(self.body_seconds):
                while more:
                    message = await receive()
                    body += message.get("body", b"")
                    if message["type"] == "http.disconnect" or len(body) > most:
                        return None
                    more = message.get("more_body", False)
        except TimeoutError:
            return None
        return bytes(body)


def _without_sharing(headers: Any) -> list[tuple[bytes, bytes]]:
    """Response headers without CORS: no page of another origin may read the response."""
    return [header for header in headers if not header[0].lower().startswith(b"access-control-")]


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The messages of a request whose body has been received already."""
    first = True

    async def receive_replayed() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass  # the end of an empty body, which nobody has received
        return message

    return receive_replayed


def _limited(receive: Receive, most: int) -> Receive:
    """The messages of a request. After ``most`` bytes its client counts as gone, whatever length it has declared."""
    got = 0

    async def receive_limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= most else {"type": "http.disconnect"}

    return receive_limited
