"""Puts the API onto a FastAPI app: routes, errors and documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from qa.serving.api import problems
from qa.serving.api.desk import Desk
from qa.serving.api.mcp.http import McpRoute
from qa.serving.api.metrics import Measured
from qa.serving.api.openai import chat, models, responses
from qa.serving.api.routes import ask, documents, feedback, operations, page, reference, search, verify
from qa.serving.http.guard import Body
from qa.serving.http.paths import DOCUMENT, MCP, OPENAI, REST

PARTS = (ask, search, verify, feedback, documents, models, chat, responses, operations, page, reference)
CONVERSATION = Body(1024 * 1024)  # of a question with what was said before
ABOUT = "Ask documents; every sentence of an answer shows the exact characters it rests on."


@dataclass(frozen=True, slots=True)
class Api:
    """The API over a desk; with ``only_changes``, no more of it than the changes that the chat's library makes."""

    desk: Desk
    only_changes: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """What the paths of its routes begin with."""
        if self.only_changes:
            return (f"{REST}{documents.PATH}/",)
        return (
            f"{REST}/",
            f"{OPENAI}/",
            f"{DOCUMENT}/",
            MCP,
            "/docs",
            "/openapi.json",
            "/healthz",
            "/readyz",
            "/metrics",
        )

    @property
    def bodies(self) -> Mapping[str, Body]:
        """The bodies that its routes take, where they are larger than others."""
        if self.only_changes:
            return {}
        library = self.desk.library
        talk = (f"{REST}/ask", REST + feedback.PATH, f"{OPENAI}/chat/completions", f"{OPENAI}/responses", MCP)
        asked = dict.fromkeys(talk, CONVERSATION)
        added = {REST + documents.PATH: Body(library.most_bytes, streamed=True)} if library else {}
        return {**asked, **added, REST + verify.PATH: Body(verify.LARGEST)}

    def add_to(self, app: FastAPI) -> None:
        """Serve it by ``app``, before whatever is added to it later."""
        app.state.desk = self.desk
        problems.handle(app)
        if self.only_changes:
            app.include_router(documents.changes, prefix=REST)
            app.add_api_route(REST + "/{rest:path}", _elsewhere, methods=_ANY, include_in_schema=False)
            return
        app.title, app.description, app.openapi_url = "Refdesk", ABOUT, "/openapi.json"
        for part in PARTS:
            app.include_router(part.router)
        app.add_api_route("/openapi.json", lambda: problems.described(app), include_in_schema=False)
        app.router.routes.append(McpRoute(MCP, self.desk))
        for prefix in (REST, OPENAI, MCP, DOCUMENT):
            app.add_api_route(prefix + "/{rest:path}", _elsewhere, methods=_ANY, include_in_schema=False)
        app.add_middleware(Measured, metrics=self.desk.metrics)


_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def _elsewhere(request: Request) -> Response:
    """Whatever no route takes, so that the page that is mounted behind does not get it."""
    for template, served in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), request.url.path):
            raise HTTPException(405, headers={"allow": ", ".join(map(str.upper, served))})
    raise HTTPException(404)
