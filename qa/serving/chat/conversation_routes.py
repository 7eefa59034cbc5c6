"""The routes of the conversations that users have who have logged in: each reaches their own, and no others'."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qa.serving.access.accounts.conversations import LARGEST, MEGABYTE, Conversation, Conversations
from qa.serving.access.accounts.store import AccessError
from qa.serving.access.asker import asker_of
from qa.serving.html.messages import words_for
from qa.serving.http.paths import CONVERSATIONS
from qa.serving.http.refusals import refused_page

NOBODY = "Conversations are kept for users who have logged in."
ELSEWHERE = "This conversation went on in another window. Open it again from the list of conversations."
LONG = "This conversation has become too long to be kept. Begin a new one, which will be."
FAILED = "The conversations cannot be reached just now. Please try again later."

logger = logging.getLogger(__name__)


class ConversationRoutes:
    """The conversations of whoever asks for them."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def routes(self) -> list[Route]:
        return [
            Route(CONVERSATIONS, self._of_user(self.listing), methods=["GET"]),
            Route(CONVERSATIONS, self._of_user(self.keep), methods=["POST"]),
            Route(CONVERSATIONS + "/{id}", self._of_user(self.read), methods=["GET"]),
            Route(CONVERSATIONS + "/{id}", self._of_user(self.remove), methods=["DELETE"]),
        ]

    def listing(self, request: Request, user: str, body: bytes) -> Response:  # noqa: ARG002 - every handler takes it
        """Those that hold the query's ``words``."""
        found = self._conversations.listed(user, request.query_params.get("words", "")[:500])
        return _json([asdict(own) for own in found])

    def read(self, request: Request, user: str, body: bytes) -> Response:  # noqa: ARG002
        """One of them; null where there is none."""
        return _json(self._conversations.read(user, request.path_params["id"]))

    def keep(self, request: Request, user: str, body: bytes) -> Response:
        """Keeps the body: when that was and, where others had to go for it, what to tell of that."""
        if len(body) > LARGEST:
            return refused_page(request, LONG, 413)
        try:
            kept = self._conversations.write(user, Conversation.from_json(body))
        except ValueError as error:
            return refused_page(request, str(error), 400)
        if kept is None:
            return refused_page(request, ELSEWHERE, 409)
        say, room = words_for(request.headers), self._conversations.room
        dropped = say("talks-dropped", most=f"{room.conversations:,}", megabytes=room.bytes // MEGABYTE)
        return _json({"changed": kept.changed, "note": dropped if kept.dropped else ""})

    def remove(self, request: Request, user: str, body: bytes) -> Response:  # noqa: ARG002
        """Deletes one of them."""
        self._conversations.remove(user, request.path_params["id"])
        return _json({})

    def _of_user(self, handle: Callable[[Request, str, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint that has ``handle`` answer whoever has logged in."""

        async def endpoint(request: Request) -> Response:
            user = asker_of(request).user
            if user is None:
                return refused_page(request, NOBODY, 403)
            try:
                return await asyncio.to_thread(partial(handle, request, user, await request.body()))
            except AccessError as error:
                logger.error("%s", error)
                return refused_page(request, FAILED, 503)

        return endpoint


def _json(told: object) -> Response:
    """``told`` with all but ASCII escaped: a page may have sent half of a character."""
    return Response(json.dumps(told), media_type="application/json", headers={"cache-control": "no-store"})
