"""A request that is not served: said as whoever sent it reads it.

The chat's script reads a ``reason`` in the visitor's language, programs application/problem+json, and below /v1 an
error in OpenAI's shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qa.serving.html.messages import words_for
from qa.serving.http.paths import ASK, CONVERSATIONS, EVIDENCE, LIBRARY, OPENAI, UPLOADS
from qa.serving.http.request_id import request_id

MEDIA_TYPE = "application/problem+json"
OF_PAGE = (ASK, EVIDENCE, LIBRARY, UPLOADS, CONVERSATIONS)  # what the chat's script asks for


def refused(
    request: Request, path: str, status: int, reason: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The response to a request for ``path``, in one line: the chat's script reads a ``reason``, programs a problem."""
    if path.startswith(OF_PAGE):
        return refused_page(request, reason, status, headers)
    return said(path, status, reason, headers)


def refused_page(request: Request, reason: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The response to a request of the chat's script: the reason in the visitor's language."""
    body = {"reason": words_for(request.headers).translated(reason)}
    return JSONResponse(body, status, {**(headers or {}), "cache-control": "no-store"})


def said(
    path: str,
    status: int,
    detail: str | None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, Any]] | None = None,
) -> Response:
    """The response that says what went wrong with a request to ``path``."""
    headers = {**(headers or {}), "cache-control": "no-store"}
    if path.startswith(f"{OPENAI}/"):
        return JSONResponse(openai_error(status, detail), status, headers)
    return JSONResponse(body_of(status, detail, errors), status, headers, media_type=MEDIA_TYPE)


def body_of(status: int, detail: str | None, errors: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """A problem as JSON."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": errors}
    body["request_id"] = request_id()
    return {name: value for name, value in body.items() if value is not None}


def openai_error(status: int, detail: str | None) -> dict[str, Any]:
    """An error as OpenAI's clients read it."""
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    code = "model_not_found" if status == 404 else None
    return {"error": {"message": detail or HTTPStatus(status).phrase, "type": kind, "param": None, "code": code}}
