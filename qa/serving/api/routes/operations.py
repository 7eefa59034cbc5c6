"""``/healthz``, ``/readyz`` and ``/metrics``: whether the server lives, can answer, and what it has done."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, Response

from index.store import StoreError
from qa.serving.access.rights import includes
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.problems import RequestError, documented
from qa.serving.api.schemas import Health
from qa.serving.http.hosts import is_loopback

NO_STORE = {"cache-control": "no-store"}
router = APIRouter(tags=["operations"], responses=documented({421: "Refdesk is not served under that name."}))


@router.get("/healthz", responses={200: {"model": Health}})
async def healthz() -> Response:  # which waits for no thread
    """Whether the server lives: 200."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


@router.get("/readyz", responses={200: {"model": Health}, 503: {"description": "It cannot.", "model": Health}})
def readyz(state: CurrentState, asker: CurrentAsker) -> Response:
    """Whether questions can be answered: 503 where the index cannot be read, or answering has come to a stop."""
    try:
        with state.index.store.snapshot() as snapshot:
            generation = snapshot.generation
    except StoreError:
        return JSONResponse({"status": "the index cannot be read"}, 503, headers=NO_STORE)
    if state.queue.is_stuck:
        return JSONResponse({"status": "questions are not answered"}, 503, headers=NO_STORE)
    # It counts changes to what others may not see, too.
    known = {"generation": generation} if includes(asker.rights, "admin") else {}
    return JSONResponse({"status": "ok", **known}, headers=NO_STORE)


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses=documented({401: "Nobody is known by what was sent.", 403: "They are for others."}),
)
def metrics(request: Request, state: CurrentState, asker: CurrentAsker) -> Response:
    """Counts in Prometheus' format: for this machine and, where tokens are asked for, those with the right admin."""
    if not asker.name and (request.client is None or not is_loopback(request.client.host)):
        raise RequestError("metrics are for the server's own machine", 403)
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers=NO_STORE)
