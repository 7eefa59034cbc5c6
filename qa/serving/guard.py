"""What stands before the chat: closed routes, bounds on what comes in, security headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qa.serving.routes import UPLOADS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Connection

MAX_BODY = 64 * 1024  # bytes; a question has 2,000 characters

# What the page itself calls. Gradio's other routes (uploads, files, proxy, API) are not part of the chat.
_OPEN_ROUTES = ("queue/join", "queue/data", "heartbeat/", "cancel", "reset", "app_id", "startup-events")
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
)


class Guard:
    """Closes the routes of Gradio that the chat does not use, bounds what comes in, and adds the security headers.

    Only what is sent to the uploads' own route may be larger than a question; that route bounds it itself, too.
    """

    def __init__(self, app: ASGIApp, prefix: str, upload_bytes: int = 0) -> None:
        self.app = app
        self.prefix = prefix
        self.upload_bytes = upload_bytes

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == self.prefix or path.startswith(f"{self.prefix}/")):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        route = path.removeprefix(self.prefix)
        is_upload = self.upload_bytes > 0 and (scope["method"], route) == ("POST", UPLOADS)
        if self._closed(route) or (_length(scope) > MAX_BODY and not is_upload):
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("Not found", 404)(scope, receive, with_headers)
            return
        most = self.upload_bytes if is_upload else MAX_BODY
        await self.app(scope, _bounded(receive, most), with_headers)

    @staticmethod
    def _closed(path: str) -> bool:
        if path.startswith(("/monitoring", "/openapi.json", "/login", "/logout")):
            return True
        api = path.removeprefix("/gradio_api/")
        return api != path and not api.startswith(_OPEN_ROUTES)


def _bounded(receive: Receive, most: int) -> Receive:
    """What the client sends, up to ``most`` bytes, whatever it says about their number: then it counts as gone."""
    got = 0

    async def receive_bounded() -> Any:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= most else {"type": "http.disconnect"}

    return receive_bounded


def _length(connection: Connection) -> int:
    """The bytes that a request says it brings."""
    value = next((value for name, value in connection["headers"] if name == b"content-length"), b"0")
    return int(value) if value.isdigit() else 0
