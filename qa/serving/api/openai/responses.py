"""``POST /v1/responses``: an answer as a response, whole or as the events that it is made of."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from qa.answer import Answer
from qa.assistant import Stage
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.asking import Step, Verified
from qa.serving.api.citing import Links
from qa.serving.api.events import event, stream
from qa.serving.api.openai.chat import tokens_of
from qa.serving.api.openai.content import Content
from qa.serving.api.openai.conversation import answering, fingerprint
from qa.serving.api.openai.models import is_plain
from qa.serving.api.openai.schemas import Response as AnsweredResponse
from qa.serving.api.openai.schemas import ResponseRequest
from qa.serving.api.problems import DOCUMENTED_BY_OPENAI, RequestError, answered
from qa.serving.http.paths import OPENAI

router = APIRouter(prefix=OPENAI, tags=["OpenAI"], responses=DOCUMENTED_BY_OPENAI)


@router.post("/responses", responses=answered(AnsweredResponse))
async def responses(request: Request, asked: ResponseRequest, state: CurrentState, asker: CurrentAsker) -> Response:
    """Answer the input's last message; those before it make it a follow-up. Nothing is stored.

    The output is one message: `output_text` with annotations, or `refusal`. `refdesk` is the whole Answer.
    """
    if asked.previous_response_id:
        raise RequestError("responses are not stored: send the earlier messages in input, not previous_response_id")
    work = await answering(request, asked.model, asked.messages, state, asker)
    made = Made(asked, Links(request))
    if asked.stream:
        return stream(work, lambda step: "".join(made.events(step)), made.failed)
    answer = await work.last(request)
    assert isinstance(answer, Answer)
    return JSONResponse(made.whole(answer), headers={"cache-control": "no-store"})


class Made:
    """The response to one request."""

    def __init__(self, asked: ResponseRequest, links: Links) -> None:
        self._asked = asked
        self._content = Content(links, is_plain(asked.model))
        self._name = fingerprint(asked.model, asked.messages)
        self._created = int(time.time())
        self._numbers = count()
        self._begun = self._open_part = False

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The response in one piece."""
        self._content.whole(answer)
        return self._completed(answer)

    def events(self, step: Step) -> Iterator[str]:
        """What is sent for a step."""
        if isinstance(step, Stage):
            yield from self._begin()
        elif isinstance(step, Verified):
            yield from self._begin()
            yield from self._open(self._text("", []))
            yield self._delta(self._content.add(step.statement, step.answer))
        else:
            yield from self._begin()
            yield from self._finish(step)

    def failed(self, status: int, detail: str | None) -> str:
        """The last event where no answer could be made."""
        code = "rate_limit_exceeded" if status == 429 else "server_error"
        return self._event("error", code=code, message=detail or "the question could not be answered", param=None)

    def _begin(self) -> Iterator[str]:
        if self._begun:
            return
        self._begun = True
        begun = self._shape("in_progress", [], None)
        yield self._event("response.created", response=begun)
        yield self._event("response.in_progress", response=begun)
        yield self._event("response.output_item.added", output_index=0, item=self._message([], "in_progress"))

    def _open(self, part: dict[str, Any]) -> Iterator[str]:
        if not self._open_part:
            self._open_part = True
            yield self._event("response.content_part.added", **self._place, part=part)

    def _finish(self, answer: Answer) -> Iterator[str]:
        """The rest of the text with its annotations, or the refusal; then all of it once more, as it is done."""
        if answer.kind == "refusal":
            yield from self._open({"type": "refusal", "refusal": ""})
            yield self._event("response.refusal.delta", **self._place, delta=answer.message)
            yield self._event("response.refusal.done", **self._place, refusal=answer.message)
        else:
            yield from self._open(self._text("", []))
            yield self._delta(self._content.finish(answer))
            for number, annotation in enumerate(self._content.annotations):
                added = {"annotation_index": number, "annotation": annotation.flat()}
                yield self._event("response.output_text.annotation.added", **self._place, **added)
            yield self._event("response.output_text.done", **self._place, text=self._content.text, logprobs=[])
        completed = self._completed(answer)
        message = completed["output"][0]
        yield self._event("response.content_part.done", **self._place, part=message["content"][0])
        yield self._event("response.output_item.done", output_index=0, item=message)
        yield self._event("response.completed", response=completed)

    def _completed(self, answer: Answer) -> dict[str, Any]:
        if answer.kind == "refusal":
            part: dict[str, Any] = {"type": "refusal", "refusal": answer.message}
        else:
            part = self._text(self._content.text, [annotation.flat() for annotation in self._content.annotations])
        read, written = tokens_of(self._asked.messages, self._content.text or answer.message)
        usage = {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        }
        return {**self._shape("completed", [self._message([part], "completed")], usage), "refdesk": answer.to_dict()}

    def _shape(self, status: str, output: list[dict[str, Any]], usage: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "id": f"resp_{self._name}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self._asked.model,
            "output": output,
            "usage": usage,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": self._asked.metadata or {},
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "store": False,
            "temperature": None,
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
        }

    def _message(self, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
        return {"id": self._item, "type": "message", "status": status, "role": "assistant", "content": content}

    def _text(self, text: str, annotations: list[dict[str, Any]]) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}

    def _delta(self, text: str) -> str:
        return self._event("response.output_text.delta", **self._place, delta=text, logprobs=[])

    @property
    def _item(self) -> str:
        return f"msg_{self._name}"

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": self._item, "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **data: Any) -> str:
        return event({"type": kind, "sequence_number": next(self._numbers), **data}, kind)
