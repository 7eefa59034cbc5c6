"""The middleware before the chat: allowed hosts and origins, open routes, limits on bodies, security headers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse

from qa.serving.hosts import Hosts, is_same_origin
from qa.serving.routes import PATHS, UPLOADS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

MAX_BODY = 128 * 1024  # bytes: room for a question of 2,000 characters and six earlier turns, in any script
BODY_SECONDS = 15.0  # within which such a body must come

# What Gradio's page itself loads. Gradio's queue, uploads, files, proxy and API are closed.
_GRADIO = ("/theme.css", "/favicon.ico", "/manifest.json")
_GRADIO_FILES = ("/assets/", "/static/", "/svelte/")
# Gradio's own page needs inline scripts and styles; nothing may come from, or go to, another host.
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
# Proxies send these headers, but so can anyone: the server has already read those of trusted proxies.
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-original-", b"x-rewrite-", b"x-gradio-")


class Guard:
    """Lets through requests for the page's own routes, to allowed hosts and from their own origin, and limits bodies.

    Only a body that is sent to the uploads' route may be larger and slower than MAX_BODY and ``body_seconds``: up to
    ``upload_bytes``, and that route limits its time.
    """

    def __init__(
        self,
        app: ASGIApp,
        prefix: str,
        upload_bytes: int = 0,
        hosts: Hosts | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.app = app
        self.prefix = prefix
        self.upload_bytes = upload_bytes
        self.hosts = hosts or Hosts()
        self.body_seconds = body_seconds

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or not (path == self.prefix or path.startswith(f"{self.prefix}/")):
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: the page has none
            await send({"type": "websocket.close", "code": 1008})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_without_sharing(message.get("headers", ())), *_HEADERS]}
            await send(message)

        route = path.removeprefix(self.prefix)
        scope = {**scope, "headers": [header for header in scope["headers"] if not header[0].startswith(_FORWARDED)]}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        is_upload = self.upload_bytes > 0 and (scope["method"], route) == ("POST", UPLOADS)
        if refusal := self._refusal(scope["method"], route, headers):
            await _refuse(*refusal)(scope, receive, with_headers)
        elif is_upload:
            await self.app(scope, _limited(receive, self.upload_bytes), with_headers)
        elif (body := await self._body(receive, headers)) is None:
            refused = _refuse(413, "What was sent is too large for a question, or came too slowly.")
            await refused(scope, receive, with_headers)
        else:
            await self.app(scope, _replayed(body, receive), with_headers)

    def _refusal(self, method: str, route: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason where the request is refused; None where it is let through."""
        if not self.hosts.allow(headers.get("host", "")):
            return 421, "Refdesk is not served under that name; name those it is reached by in REFDESK_HOSTS."
        if not is_same_origin(method, headers):
            return 403, "Refdesk answers its own page only."
        if not (route.rstrip("/") in ("", *_GRADIO) or route.startswith((*_GRADIO_FILES, *PATHS))):
            return 404, "Not found"
        return None

    async def _body(self, receive: Receive, headers: dict[str, str]) -> bytes | None:
        """The whole body; None where it is too large, too slow, or its client goes away."""
        body, more = bytearray(), "content-length" in headers or "transfer-encoding" in headers
        try:
            async with asyncio.timeout(self.body_seconds):
                while more:
                    message = await receive()
                    body += message.get("body", b"")
                    if message["type"] == "http.disconnect" or len(body) > MAX_BODY:
                        return None
                    more = message.get("more_body", False)
        except TimeoutError:
            return None
        return bytes(body)


def _refuse(status: int, reason: str) -> ASGIApp:
    return PlainTextResponse(reason, status, headers={"connection": "close"})


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
