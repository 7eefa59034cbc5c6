"""Which error is which HTTP status, and how routes document that. How it is said: ``qa.serving.http.refusals``."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from documents.errors import RefdeskError
from index.store import EmptyIndexError, StoreError
from qa.llm.base import GenerationError
from qa.serving.answering.feedback import FeedbackError
from qa.serving.answering.queue import QueueFullError
from qa.serving.api.schemas import OpenAIError, Problem
from qa.serving.http.refusals import MEDIA_TYPE, said
from qa.serving.library.originals import OriginalError, OriginalsBusyError
from qa.serving.uploads.conversations import UploadError

EVENTS = "text/event-stream"
CLIENT_LEFT = 499  # nobody reads it; the name that nginx has for it
NO_DOCUMENTS = "there are no documents yet: add some with refdesk index PATH"
UNAVAILABLE = "That cannot be done just now: try again later."
_DESCRIPTIONS = {
    400: "The request cannot be served as it is.",
    401: "Where users are asked for: nobody is known by what was sent.",
    403: "Whoever asks does not have that right, or asks from another website's page.",
    404: "There is no such thing, or it may not be seen.",
    413: "What was sent is too large, or came too slowly.",
    421: "Refdesk is not served under that name.",
    422: "A field is missing or wrong.",
    429: "Too many requests of one visitor; see Retry-After.",
    503: "The server cannot answer just now; see Retry-After.",
}
Documented = dict[int | str, dict[str, Any]]


def documented(descriptions: Mapping[int, str], model: type[BaseModel] = Problem) -> Documented:
    """How routes document what they answer besides, by status."""
    return {status: {"description": text, "model": model} for status, text in descriptions.items()}


def answered(model: type[BaseModel]) -> Documented:
    """How a route documents an answer, which may also come as events."""
    return {200: {"model": model, "content": {EVENTS: {"schema": {"description": "Server-sent events."}}}}}


DOCUMENTED = documented(_DESCRIPTIONS)  # 422 takes the place of FastAPI's own
DOCUMENTED_BY_OPENAI = documented(_DESCRIPTIONS, OpenAIError)  # below /v1

logger = logging.getLogger(__name__)


class RequestError(RefdeskError):
    """A request to the API that cannot be served. The message is one line for the client; ``status`` is HTTP's."""

    def __init__(self, message: str, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


def handle(app: FastAPI, *prefixes: str) -> None:
    """Have all errors of the app's own routes said so, and refuse what none of those below the prefixes takes."""
    for prefix in prefixes:
        app.add_api_route(prefix + "/{rest:path}", _elsewhere, methods=_ANY, include_in_schema=False)
    for kind, handler in {
        RefdeskError: _refdesk,
        RequestValidationError: _invalid,
        HTTPException: _http,
        ClientDisconnect: _left,
        Exception: _unknown,
    }.items():
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]


def described(app: FastAPI) -> dict[str, Any]:
    """The app's OpenAPI description, with problems under their media type: FastAPI gives them that of the route."""
    found = deepcopy(app.openapi())  # which FastAPI keeps, and another thread may be reading
    for operations in found["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                if {"schema": {"$ref": "#/components/schemas/Problem"}} in content.values():
                    response["content"] = {MEDIA_TYPE: content.popitem()[1]}
    return found


def problem_of(error: RefdeskError) -> tuple[int, str, Mapping[str, str]]:
    """Status, one line and headers. What concerns the server and not the request is logged, and not told."""
    match error:
        case QueueFullError() | RequestError(retry_after=int()):
            return error.status, str(error), {"retry-after": str(error.retry_after)}
        case RequestError() | UploadError():
            return error.status, str(error), {}
        case OriginalsBusyError():
            return 503, str(error), {"retry-after": "2"}
        case OriginalError():
            return 404, str(error), {}
        case EmptyIndexError():
            return 404, NO_DOCUMENTS, {}
        case StoreError() | GenerationError() | FeedbackError():
            logger.error("%s", error)
            return 503, UNAVAILABLE, {"retry-after": "10"}
    return 400, str(error), {}


_ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def _elsewhere(request: Request) -> Response:
    """Whatever no route takes, so that the page that is mounted behind does not get it."""
    for template, served in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), request.url.path):
            raise HTTPException(405, headers={"allow": ", ".join(map(str.upper, served))})
    raise HTTPException(404)


async def _refdesk(request: Request, error: RefdeskError) -> Response:
    return said(request.url.path, *problem_of(error))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Names each wrong field; what was sent is not repeated."""
    found = [{"field": ".".join(map(str, one["loc"])), "reason": one["msg"]} for one in error.errors()]
    detail = f"{found[0]['field']}: {found[0]['reason']}"
    return said(request.url.path, 422, detail.encode("utf-8", "replace").decode(), errors=found)


async def _http(request: Request, error: HTTPException) -> Response:
    return said(request.url.path, error.status_code, error.detail, error.headers)


async def _left(request: Request, error: ClientDisconnect) -> Response:  # noqa: ARG001 - the signature is Starlette's
    return Response(status_code=CLIENT_LEFT)


async def _unknown(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette logs it after this
    return said(request.url.path, 500, None)
