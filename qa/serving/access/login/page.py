"""The pages where people log in and out. They need no script.

A login is believed only from the form that this server sent: the form holds a random value, and so does a cookie that
no other site can set or have sent. The session's cookie is out of reach for scripts (httpOnly), and is not sent with
what another site's page asks for (SameSite=Strict), so that nothing can be done in a visitor's name.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessError
from qa.serving.access.accounts.users import Users
from qa.serving.access.asker import address_of
from qa.serving.access.attempts import Attempts
from qa.serving.access.audit import Audit
from qa.serving.access.login.cookies import SESSION, begin_session, set_cookie
from qa.serving.access.login.provider_login import ProviderRoutes
from qa.serving.html.messages import words_for
from qa.serving.html.pages import page_response
from qa.serving.http.hosts import local
from qa.serving.http.paths import LOGIN, LOGOUT, PROVIDER

FORM = "refdesk_login"  # the cookie that belongs to the form
FIELDS = 8  # of a form, at most
AT_ONCE = 2  # passwords compared at a time, each with 64 MiB
WAITING = 16  # that may wait for that

STALE = "The form was too old, or the browser keeps no cookies. Please try again."
WRONG = "There is no user with this name and password."
BUSY = "Many are logging in just now. Please try again in a moment."
FAILED = "Nobody can log in just now. Please try again later."

logger = logging.getLogger(__name__)


class LoginRoutes:
    """The routes of logging in and out."""

    def __init__(
        self,
        users: Users,
        sessions: Sessions,
        audit: Audit,
        attempts: Attempts | None = None,
        provider: ProviderRoutes | None = None,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._audit = audit
        self._attempts = attempts or Attempts()
        self._provider = provider
        # Its own threads, so that comparing passwords never holds up what else the server does in threads.
        self._threads = ThreadPoolExecutor(AT_ONCE, "login")
        self._pending = 0

    def routes(self) -> list[Route]:
        return [
            Route(LOGIN, self.form, methods=["GET"]),
            Route(LOGIN, self.log_in, methods=["POST"]),
            Route(LOGOUT, self.ask_to_log_out, methods=["GET"]),
            Route(LOGOUT, self.log_out, methods=["POST"]),
            *(self._provider.routes() if self._provider else ()),
        ]

    async def form(self, request: Request) -> Response:
        """The page with the form."""
        return self._form(request, local(request.query_params.get("next", "")))

    async def log_in(self, request: Request) -> Response:
        """Begins a session, and leads to the page that was asked for."""
        given = _fields(await request.body())
        name, to, address = given.get("name", ""), local(given.get("next", "")), address_of(request)
        if not _is_same(request.cookies.get(FORM, ""), given.get("form", "")):
            return self._form(request, to, name, STALE, 403)
        if self._pending >= WAITING:
            return self._form(request, to, name, BUSY, 503)
        if wait := self._attempts.begin(address):
            reason = f"Too many attempts from your network failed. Please try again in {-(-wait // 60)} minutes."
            return self._form(request, to, name, reason, 429, wait)
        self._pending += 1
        try:
            loop = asyncio.get_running_loop()
            secret = await loop.run_in_executor(self._threads, self._session, name, given.get("password", ""))
        except AccessError as error:
            logger.error("%s", error)
            return self._form(request, to, name, FAILED, 503)
        finally:
            self._pending -= 1
        if secret is None:
            await asyncio.to_thread(self._audit.write, "failed login", f"user {name[:64]}", address)
            return self._form(request, to, name, WRONG, 401)
        self._attempts.succeeded(address)
        await asyncio.to_thread(self._audit.write, "login", f"user {name}", address)
        response = RedirectResponse(to, 303, {"cache-control": "no-store"})
        response.delete_cookie(FORM)
        begin_session(request, response, secret)
        return response

    async def ask_to_log_out(self, request: Request) -> Response:
        """The page with the button."""
        return page_response("logout.html", with_form=True, say=words_for(request.headers))

    async def log_out(self, request: Request) -> Response:
        """Ends the session. The browser forgets the conversation, too, which the page keeps there."""
        try:
            user = await asyncio.to_thread(self._sessions.end, request.cookies.get(SESSION, ""))
        except AccessError as error:
            logger.error("%s", error)
            return page_response("logout.html", 503, with_form=True, say=words_for(request.headers))
        if user:
            await asyncio.to_thread(self._audit.write, "logout", f"user {user}", address_of(request))
        headers = {"cache-control": "no-store", "clear-site-data": '"storage"'}
        response = RedirectResponse(LOGIN, 303, headers)
        response.delete_cookie(SESSION)
        return response

    def _form(
        self, request: Request, to: str, name: str = "", reason: str = "", status: int = 200, retry_after: int = 0
    ) -> Response:
        value = request.cookies.get(FORM) or secrets.token_urlsafe(32)
        shown: dict[str, Any] = {"form": value, "to": to, "name": name, "reason": reason}
        elsewhere = f"{PROVIDER}?{urlencode({'next': to})}" if self._provider else ""
        say = words_for(request.headers)
        response = page_response("login.html", status, with_form=True, say=say, elsewhere=elsewhere, **shown)
        set_cookie(request, response, FORM, value)
        if retry_after:
            response.headers["retry-after"] = str(retry_after)
        return response

    def _session(self, name: str, password: str) -> str | None:
        return self._sessions.begin(name) if self._users.logs_in(name, password) else None


def _fields(body: bytes) -> dict[str, str]:
    """What a form holds; of one with too many fields, nothing."""
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=FIELDS))
    except ValueError:
        return {}


def _is_same(one: str, other: str) -> bool:
    return one != "" and hmac.compare_digest(one.encode(), other.encode())
