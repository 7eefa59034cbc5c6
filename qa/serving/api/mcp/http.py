"""``/mcp``: the protocol over HTTP, under the rules of all other routes.

Requests belong to no session: each has all that it needs, so that nothing of a client is kept between them, and any
worker process can serve them.
"""

from __future__ import annotations

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from documents.errors import RefdeskError
from qa.serving.access.asker import asker_of
from qa.serving.api.citing import Links
from qa.serving.api.desk import Desk
from qa.serving.api.mcp.server import Context, server_over
from qa.serving.api.mcp.tool import Caller
from qa.serving.api.problems import problem_of
from qa.serving.http.refusals import said


class McpRoute(Route):
    """The protocol's one route over a desk. Requests are counted by its path, as those of FastAPI's own routes are."""

    def __init__(self, path: str, desk: Desk) -> None:
        super().__init__(path, Endpoint(desk))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


class Endpoint:
    """What serves that route, as an ASGI app."""

    def __init__(self, desk: Desk) -> None:
        def caller_of(context: Context) -> Caller:
            request = context.request
            assert isinstance(request, Request)  # the transport's
            return Caller(desk, asker_of(request), Links(request), context.session)

        self._server = server_over(caller_of, _told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # the server has nothing to say unasked, and no sessions to end
            reason = "the Model Context Protocol is spoken by POST"
            await said(scope["path"], 405, reason, {"allow": "POST"})(scope, receive, send)
            return
        # A manager for each request: whatever serves it ends with it.
        manager = StreamableHTTPSessionManager(self._server, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _told(error: RefdeskError) -> str:
    return problem_of(error)[1]
