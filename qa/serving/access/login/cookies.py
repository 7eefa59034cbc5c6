"""The cookies that logging in sets: out of reach for scripts, and encrypted on the way where the page is."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from qa.serving.access.accounts.sessions import LONGEST

SESSION = "refdesk_session"


def set_cookie(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None, *, crossing: bool = False
) -> None:
    """Set a cookie that lasts ``seconds`` and is not sent from other sites; with ``crossing``, links there send it."""
    is_encrypted = request.url.scheme == "https"
    same_site: Literal["lax", "strict"] = "lax" if crossing else "strict"
    response.set_cookie(name, value, max_age=seconds, secure=is_encrypted, httponly=True, samesite=same_site)


def begin_session(request: Request, response: Response, secret: str) -> None:
    """Have the browser keep the secret of its session."""
    set_cookie(request, response, SESSION, secret, int(LONGEST))
