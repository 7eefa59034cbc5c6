"""``/mcp``: the protocol over HTTP, under the rules of all other routes.

Requests belong to no session: each has all that it needs, so that nothing of a client is kept between them, and any
worker process can serve them. The protocol's library is loaded by the first request: a start does not wait for it.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from qa.serving.access.asker import asker_of, note_call
from qa.serving.api.app_state import AppState
from qa.serving.api.citing import Links
from qa.serving.api.problems import problem_of
from qa.serving.http.refusals import said
from qa.serving.http.shutdown import ENDING
from qa.serving.http.status import SeenStatus

_INTERNAL_ERROR = -32603  # in JSON-RPC

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

    from qa.serving.api.mcp.server import Context
    from qa.serving.api.mcp.tool import Caller


class McpRoute(Route):
    """The protocol's one route over a state. Requests are counted by its path, as those of FastAPI's own routes are."""

    def __init__(self, path: str, state: AppState) -> None:
        super().__init__(path, Endpoint(state))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


class Endpoint:
    """What serves that route, as an ASGI app."""

    def __init__(self, state: AppState) -> None:
        self._server = cache(partial(_server_of, state))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # the server has nothing to say unasked, and no sessions to end
            reason = "the Model Context Protocol is spoken by POST"
            await said(scope["path"], 405, reason, {"allow": "POST"})(scope, receive, send)
            return
        server = await to_thread.run_sync(self._server)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        # A manager for each request: whatever serves it ends with it.
        manager = StreamableHTTPSessionManager(server, stateless=True)
        asked, seen = _Asked(receive), SeenStatus(send, 0)
        try:
            async with manager.run():
                await manager.handle_request(scope, asked, seen)
        except asyncio.CancelledError:  # by the server alone, as in ``ShutdownStream``
            if seen.status:
                await send({"type": "http.response.body", "body": asked.failed(ENDING)})
            raise


class _Asked:
    """What is received of a request, which is kept for its number: by that its client knows what an event answers."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body = b""

    async def __call__(self) -> Message:
        message = await self._receive()
        self._body += message.get("body", b"")
        return message

    def failed(self, reason: str) -> bytes:
        """The event that says that the request has failed."""
        error = {"code": _INTERNAL_ERROR, "message": reason}
        event = {"jsonrpc": "2.0", "id": json.loads(self._body).get("id"), "error": error}
        return f"event: message\r\ndata: {json.dumps(event)}\r\n\r\n".encode()


def _server_of(state: AppState) -> Server[Any]:
    import mcp.server.streamable_http_manager  # noqa: F401 - in this thread, not in the one that serves
    from sse_starlette.sse import AppStatus

    from qa.serving.api.mcp.server import server_over
    from qa.serving.api.mcp.tool import Caller

    def caller_of(context: Context) -> Caller:
        request = context.request
        assert isinstance(request, Request)  # the transport's
        return Caller(state, asker_of(request), Links(request), context.session, partial(note_call, request))

    # By itself the library ends its streams soon after a signal, in the middle: this server finishes them, or says so.
    AppStatus.enable_automatic_graceful_drain = False
    return server_over(caller_of, lambda error: problem_of(error)[1])
