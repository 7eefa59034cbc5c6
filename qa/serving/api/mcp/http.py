"""``/mcp``: the protocol over HTTP, under the rules of all other routes.

Requests belong to no session: each has all that it needs, so that nothing of a client is kept between them, and any
worker process can serve them. The protocol's library is loaded by the first request: a start does not wait for it.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from documents.errors import RefdeskError
from qa.serving.access.asker import asker_of
from qa.serving.api.app_state import AppState
from qa.serving.api.citing import Links
from qa.serving.api.problems import problem_of
from qa.serving.http.refusals import said

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
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _server_of(state: AppState) -> Server[Any]:
    import mcp.server.streamable_http_manager  # noqa: F401 - in this thread, not in the one that serves

    from qa.serving.api.mcp.server import server_over
    from qa.serving.api.mcp.tool import Caller

    def caller_of(context: Context) -> Caller:
        request = context.request
        assert isinstance(request, Request)  # the transport's
        return Caller(state, asker_of(request), Links(request), context.session)

    return server_over(caller_of, _told)


def _told(error: RefdeskError) -> str:
    return problem_of(error)[1]
