"""The part of the API that the chat's library needs: changes to documents that are there. It loads quickly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI

from qa.serving.api import problems
from qa.serving.api.app_state import AppState
from qa.serving.api.routes import documents
from qa.serving.http.guard import Body
from qa.serving.http.paths import REST


@dataclass(frozen=True, slots=True)
class Changes:
    """These routes over a state, served as the whole ``Api`` is."""

    state: AppState

    @property
    def paths(self) -> tuple[str, ...]:
        """What the paths of its routes begin with."""
        return (f"{REST}{documents.PATH}/",)

    @property
    def bodies(self) -> Mapping[str, Body]:
        """No body is larger than others."""
        return {}

    def add_to(self, app: FastAPI) -> None:
        """Serve them by ``app``, before whatever is added to it later."""
        app.state.served = self.state
        app.include_router(documents.changes, prefix=REST)
        problems.handle(app, REST)
