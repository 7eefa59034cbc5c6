"""``POST /api/v1/feedback``: what somebody says of an answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter

from qa.saved.read import answers_in
from qa.serving.answering.feedback import Opinion
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.problems import DOCUMENTED
from qa.serving.api.schemas import FeedbackRequest, Kept
from qa.serving.http.paths import REST

PATH = "/feedback"
router = APIRouter(prefix=REST, tags=["questions"], responses=DOCUMENTED)


@router.post(PATH, status_code=201, response_model=Kept)
async def feedback(given: FeedbackRequest, state: CurrentState, asker: CurrentAsker) -> dict[str, Any]:
    """Say that an answer was right or wrong, why, and what would be right.

    It is kept on the server, where `refdesk feedback export FILE` makes a question file for `refdesk eval` of it.
    """
    if given.answer is None:
        said = Opinion(given.verdict, given.question, reason=given.reason, expected=given.expected, who=asker.name)
    else:
        (answer,) = answers_in(json.dumps(given.answer), "answer")
        said = Opinion.of(given.verdict, answer, given.reason, given.expected, asker.name)
    return {"number": await asyncio.to_thread(state.feedback.add, said)}
