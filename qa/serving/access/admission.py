"""Who sent a request, and what that one may do and see."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from index.passage import EVERY_COLLECTION, Collections
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.tokens import Tokens
from qa.serving.access.accounts.users import hidden_from
from qa.serving.access.asker import USER, Asker
from qa.serving.access.login.cookies import SESSION
from qa.serving.access.rights import OF_USERS, Right


class Anyone:
    """Lets everyone do and see everything: for a server that only its own machine reaches."""

    async def asker(self, request: Request) -> Asker | None:
        """Who sent the request."""
        return Asker.of(request)

    def shared(self) -> Collections:
        """The collections that all see who are let in."""
        return EVERY_COLLECTION


class Known:
    """Lets in those who show a token, or have logged in. All ``others`` have these rights, in collections that are
    not private; without rights, they are not let in.

    Every method raises AccessError where what is known cannot be read.
    """

    def __init__(self, store: AccessStore, others: frozenset[Right] = frozenset()) -> None:
        self._store = store
        self._others = others
        self._tokens = Tokens(store)
        self._sessions = Sessions(store)

    async def asker(self, request: Request) -> Asker | None:
        """Who sent the request; None where that is not known."""
        return await asyncio.to_thread(self._asker, request)

    def shared(self) -> Collections:
        """The collections that all see who are let in, but for tokens that are limited to some."""
        with self._store.reading() as db:
            return hidden_from(self._store, db, None)

    def _asker(self, request: Request) -> Asker | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if known := self._tokens.find(secret.strip()):
                return Asker.of(request, f"token {known[0].name}", known[0].rights, known[1])
        elif user := self._sessions.find(request.cookies.get(SESSION, "")):
            return Asker.of(request, USER + user[0], OF_USERS, user[1])
        return Asker.of(request, "", self._others, self.shared()) if self._others else None
