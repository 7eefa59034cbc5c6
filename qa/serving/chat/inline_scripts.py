"""Lets the page run the scripts that Gradio writes into it, and no others that might get into it.

The policy for all responses (``http.guard``) must allow inline scripts for Gradio's sake. The page itself gets a second
one, which names each of its scripts by its hash, and a browser keeps to both.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


class InlineScripts:
    """The middleware that does this for the page, whose body it collects first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in ("", "/"):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                headers = [*start["headers"], (b"content-security-policy", policy_of(bytes(body)).encode())]
                await send({**start, "headers": headers})
                await send({"type": "http.response.body", "body": bytes(body)})

        await self._app(scope, receive, collect)


def policy_of(page: bytes) -> str:
    """A policy under which the page's own inline scripts run."""
    hashes = (hashlib.sha256(script).digest() for script in _INLINE.findall(page))
    named = [f"'sha256-{base64.b64encode(own).decode()}'" for own in hashes]
    # Gradio makes a function of the text that starts the page's modules.
    return " ".join(["script-src 'self' 'unsafe-eval'", *named])
