"""Puts the API onto a FastAPI app: routes, errors and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from qa.serving.api import problems
from qa.serving.api.app_state import AppState
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
    """The API over its state."""

    state: AppState

    @property
    def paths(self) -> tuple[str, ...]:
        """What the paths of its routes begin with."""
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
        library = self.state.library
        talk = (f"{REST}/ask", REST + feedback.PATH, f"{OPENAI}/chat/completions", f"{OPENAI}/responses", MCP)
        asked = dict.fromkeys(talk, CONVERSATION)
        added = {REST + documents.PATH: Body(library.most_bytes, streamed=True)} if library else {}
        return {**asked, **added, REST + verify.PATH: Body(verify.LARGEST)}

    def add_to(self, app: FastAPI) -> None:
        """Serve it by ``app``, before whatever is added to it later."""
        app.state.served = self.state
        app.title, app.description, app.openapi_url = "Refdesk", ABOUT, "/openapi.json"
        for part in PARTS:
            app.include_router(part.router)
        app.add_api_route("/openapi.json", lambda: problems.described(app), include_in_schema=False)
        app.router.routes.append(McpRoute(MCP, self.state))
        problems.handle(app, REST, OPENAI, MCP)
        app.add_middleware(Measured, metrics=self.state.metrics)
