"""A request that is refused: the JSON ``{"reason": "one line"}``, in the visitor's language."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qa.serving.html.messages import words_for


def refused(request: Request, reason: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"reason": words_for(request.headers).translated(reason)}, status, headers)
