"""What visitors say of the answers they get, kept where ``refdesk feedback`` finds it."""

from __future__ import annotations

import asyncio
import json
import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qa.saved.read import VerifyError, answers_in, is_text
from qa.serving.access.asker import asker_of
from qa.serving.answering.feedback import Feedback, FeedbackError, Opinion
from qa.serving.http.refusals import refused_page

LONGEST = 2000  # characters of a reason
NO_OPINION = "an opinion is sent as JSON: verdict, answer and reason"

logger = logging.getLogger(__name__)


async def keep_opinion(feedback: Feedback, request: Request) -> Response:
    """Keeps the opinion that is the request's body; status 201."""
    try:
        given = json.loads(await request.body())
        verdict, reason = given["verdict"], given.get("reason", "")
        (answer,) = answers_in(json.dumps(given["answer"]), "answer")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, VerifyError):
        return refused_page(request, NO_OPINION, 400)
    if verdict not in ("up", "down") or not isinstance(reason, str) or len(reason) > LONGEST or not is_text(reason):
        return refused_page(request, NO_OPINION, 400)
    said = Opinion.of(verdict, answer, reason, None, asker_of(request).name)
    try:
        return JSONResponse({"number": await asyncio.to_thread(feedback.add, said)}, 201)
    except FeedbackError as error:
        logger.error("%s", error)
        return refused_page(request, "It cannot be kept just now.", 503)
