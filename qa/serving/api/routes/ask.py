"""``POST /api/v1/ask``: the Answer; where events are accepted, its making and then the Answer."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from qa.answer import Answer
from qa.assistant import Stage
from qa.saved.read import answers_in
from qa.saved.turns import turns_of
from qa.serving.access.asker import note_question
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.asking import Step, asking
from qa.serving.api.citing import Links, rendered
from qa.serving.api.events import event, stream
from qa.serving.api.narrowing import narrowed
from qa.serving.api.problems import DOCUMENTED, EVENTS, answered
from qa.serving.api.schemas import Answer as AnswerSchema
from qa.serving.api.schemas import AskRequest
from qa.serving.http.paths import REST
from qa.serving.http.refusals import body_of

router = APIRouter(prefix=REST, tags=["questions"], responses=DOCUMENTED)


@router.post("/ask", responses=answered(AnswerSchema))
async def ask(request: Request, asked: AskRequest, state: CurrentState, asker: CurrentAsker) -> Response:
    """Answer a question with cited statements, or refuse it.

    The response is the Answer, as `refdesk ask --json` prints it. With `Accept: text/event-stream` it is events:
    `stage` as each stage begins, `statement` for each statement as soon as it is verified (with its `citations`), then
    `answer`; or `problem`.
    """
    history = turns_of(answers_in(json.dumps(asked.after), "after")) if asked.after else []
    scope = await asyncio.to_thread(narrowed, state.index.store, asker.scope, asked)
    note_question(request, asked.question)
    work = asking(state, asker, asked.question, scope, lambda: history)
    render = partial(rendered, render=asked.render, links=Links(request))
    if EVENTS in request.headers.get("accept", ""):
        return stream(work, lambda step: _event(step, render), _problem)
    answer = await work.last(request)
    assert isinstance(answer, Answer)
    return JSONResponse(render(answer), headers={"cache-control": "no-store"})


def _event(step: Step, render: partial[dict[str, Any]]) -> str:
    if isinstance(step, Answer):
        return event(render(step), "answer")
    if isinstance(step, Stage):
        named = {"stage": step.name, "passages": step.passages, "standalone_question": step.standalone_question}
        return event(named, "stage")
    cited = [own for own in render(step.answer)["citations"] if own["number"] in step.statement.citations]
    return event({**step.statement.to_dict(), "citations": cited}, "statement")


def _problem(status: int, detail: str | None) -> str:
    return event(body_of(status, detail), "problem")
