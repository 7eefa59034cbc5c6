"""What stands before the chat: the hosts it is served as, open routes, bounds on what comes in, security headers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from qa.serving.hosts import Hosts, is_same_origin
from qa.serving.routes import PATHS, UPLOADS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

MAX_BODY = 128 * 1024  # bytes: a question of 2,000 characters and six turns before it, in any script
BODY_SECONDS = 15.0  # in which such a body must come

# What Gradio's page itself calls. Its queue, uploads, files, proxy and API are not part of the chat.
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
# Said by whoever stands between, and by anyone else: the server has read what it trusts of it (``trusted_proxy``).
_FORWARDED = (b"forwarded", b"x-forwarded-", b"x-real-ip", b"x-original-", b"x-rewrite-", b"x-gradio-")


class Guard:
    """Lets through what the page needs, for the hosts that are served and from their own origin; bounds what comes in.

    Only what is sent to the uploads' own route may be larger than a question, and slower; that route bounds both.
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
            await self.app(scope, _bounded(receive, self.upload_bytes), with_headers)
        elif (body := await self._body(receive, headers)) is None:
            refused = _refuse(413, "What was sent is too large for a question, or came too slowly.")
            await refused(scope, receive, with_headers)
        else:
            await self.app(scope, _given(body, receive), with_headers)

    def _refusal(self, method: str, route: str, headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and reason, where the request is not for the chat."""
        if not self.hosts.allow(headers.get("host", "")):
            return 421, "Refdesk is not served under that name; name those it is reached by in REFDESK_HOSTS."
        if not is_same_origin(method, headers):
            return 403, "Refdesk answers its own page only."
        if not (route.rstrip("/") in ("", *_GRADIO) or route.startswith((*_GRADIO_FILES, *PATHS))):
            return 404, "Not found"
        return None

    async def _body(self, receive: Receive, headers: dict[str, str]) -> bytes | None:
        """The whole body of a request; None where it is too large, too slow, or its client goes away."""
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
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(reason, status, headers={"connection": "close"})


def _without_sharing(headers: Any) -> list[tuple[bytes, bytes]]:
    """Response headers without those that let pages of other origins read the response."""
    return [header for header in headers if not header[0].lower().startswith(b"access-control-")]


def _given(body: bytes, receive: Receive) -> Receive:
    """A request's messages when its body has been received already."""
    first = True

    async def receive_given() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": body, "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":  # the end of an empty body
            pass
        return message

    return receive_given


def _bounded(receive: Receive, most: int) -> Receive:
    """What the client sends, up to ``most`` bytes, whatever it says about their number: then it counts as gone."""
    got = 0

    async def receive_bounded() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= most else {"type": "http.disconnect"}

    return receive_bounded
