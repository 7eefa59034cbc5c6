"""A request that is not served: said as whoever sent it reads it."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from qa.serving.api.problems import said
from qa.serving.routes import ASK, EVIDENCE, LIBRARY, UPLOADS

OF_PAGE = (ASK, EVIDENCE, LIBRARY, UPLOADS)  # what the chat's script asks for


def refused(path: str, status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """The response to a request for ``path``, in one line: the chat's script reads a ``reason``, programs a problem."""
    if path.startswith(OF_PAGE):
        return JSONResponse({"reason": reason}, status, {**(headers or {}), "cache-control": "no-store"})
    return said(path, status, reason, headers)
