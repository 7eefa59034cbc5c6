"""Logging in by an identity provider: a redirect there, and the way back.

The way back is believed once, from the browser that was sent there. That browser's cookie is ``SameSite=Lax``, as the
provider's page leads here; the session's own cookie stays ``Strict``.
"""

from __future__ import annotations

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qa.serving.access.accounts.groups import Groups
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessError, AccessStore, new_secret
from qa.serving.access.accounts.users import Users
from qa.serving.access.asker import address_of
from qa.serving.access.attempts import Attempts
from qa.serving.access.audit import Audit
from qa.serving.access.login.cookies import begin_session, set_cookie
from qa.serving.access.login.oidc import Identity, Provider, ProviderError
from qa.serving.access.login.pending import LONGEST, Pending
from qa.serving.html.pages import page_response
from qa.serving.http.hosts import local
from qa.serving.http.paths import BACK, PROVIDER

BROWSER = "refdesk_provider"  # the cookie of the browser that was sent to the provider
OF_ADDRESS = 60  # logins of an address that may be begun in a quarter of an hour
NO_STORE = {"cache-control": "no-store"}

AGAIN = "That login is over, or was begun by another browser. Please log in again."
REFUSED = "The identity provider did not let you in. Please log in again."
UNKNOWN = "The identity provider knows you, but nobody has let you in here: ask whoever runs this server."
FAILED = "Nobody can log in by the identity provider just now. Please try again later."
MANY = "Too many logins were begun from your network. Please try again later."

logger = logging.getLogger(__name__)


class ProviderRoutes:
    """The routes of logging in by a provider."""

    def __init__(
        self, provider: Provider, store: AccessStore, users: Users, audit: Audit, attempts: Attempts | None = None
    ) -> None:
        self._provider = provider
        self._users = users
        self._groups = Groups(store)
        self._sessions = Sessions(store)
        self._pending = Pending(store)
        self._audit = audit
        self._attempts = attempts or Attempts(OF_ADDRESS)

    def routes(self) -> list[Route]:
        return [
            Route(PROVIDER, self.leave, methods=["GET"]),
            Route(BACK, self.come_back, methods=["GET"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Sends the browser to the provider."""
        if wait := self._attempts.begin(address_of(request)):
            return _told(MANY, 429, {"retry-after": str(wait)})
        browser, _ = new_secret()
        try:
            to = local(request.query_params.get("next", ""))
            url, state, login = await self._provider.begin(_back(request), to)
            await asyncio.to_thread(self._pending.begin, state, browser, login)
        except AccessError as error:
            logger.error("%s", error)
            return _told(FAILED, 503)
        response = RedirectResponse(url, 303, NO_STORE)
        set_cookie(request, response, BROWSER, browser, int(LONGEST), crossing=True)
        return response

    async def come_back(self, request: Request) -> Response:
        """Begins a session for whom the provider vouches, and leads to the page that was asked for."""
        query, address = request.query_params, address_of(request)
        try:
            login = await asyncio.to_thread(self._pending.end, query.get("state", ""), request.cookies.get(BROWSER, ""))
            if login is None:
                return _told(AGAIN, 403)
            if "code" not in query:  # "error" says why, in words that anybody could have sent
                return await self._failed(REFUSED, 401, address)
            identity = await self._provider.identity(query["code"], _back(request), login)
            user = await asyncio.to_thread(self._user, identity)
            secret = await asyncio.to_thread(self._sessions.begin, user) if user else ""
        except ProviderError as error:
            logger.error("%s", error)
            return await self._failed(REFUSED, 401, address)
        except AccessError as error:
            logger.error("%s", error)
            return _told(FAILED, 503)
        if user is None:
            return await self._failed(UNKNOWN, 403, address, identity.name)
        await asyncio.to_thread(self._audit.write, "login", f"user {user}", address, by=self._provider.issuer)
        # A page, not a redirect: a browser sends no Strict cookie along a way that began on another site.
        response = page_response("again.html", address=login.to)
        response.delete_cookie(BROWSER)
        begin_session(request, response, secret)
        return response

    def _user(self, identity: Identity) -> str | None:
        provider = self._provider
        user = self._users.of_identity(provider.issuer, identity.subject, identity.name, may_be_new=provider.may_be_new)
        if user is not None and identity.groups is not None:
            self._groups.set_groups(user, identity.groups)
        return user

    async def _failed(self, reason: str, status: int, address: str, name: str = "") -> Response:
        who, issuer = f"user {name[:64]}" if name else "", self._provider.issuer
        await asyncio.to_thread(self._audit.write, "failed login", who, address, by=issuer)
        return _told(reason, status)


def _back(request: Request) -> str:
    """The address that the provider leads back to."""
    return str(request.base_url).rstrip("/") + BACK


def _told(reason: str, status: int, headers: dict[str, str] | None = None) -> Response:
    response = page_response("refused.html", status, reason=reason)
    response.headers.update(headers or {})
    return response
