"""``POST /v1/chat/completions``: an answer as a chat completion, whole or in chunks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from documents.tokens import counter
from qa.answer import Answer
from qa.assistant import Stage
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.asking import Step, Verified
from qa.serving.api.citing import Links
from qa.serving.api.events import event, stream
from qa.serving.api.openai.content import Content, source_events
from qa.serving.api.openai.conversation import answering, fingerprint
from qa.serving.api.openai.models import is_plain
from qa.serving.api.openai.schemas import ChatRequest, Message
from qa.serving.api.openai.schemas import Completion as AnsweredCompletion
from qa.serving.api.problems import DOCUMENTED_BY_OPENAI, answered
from qa.serving.http.paths import OPENAI
from qa.serving.http.refusals import openai_error

DONE = "data: [DONE]\n\n"
router = APIRouter(prefix=OPENAI, tags=["OpenAI"], responses=DOCUMENTED_BY_OPENAI)


@router.post("/chat/completions", responses=answered(AnsweredCompletion))
async def chat_completions(request: Request, asked: ChatRequest, state: CurrentState, asker: CurrentAsker) -> Response:
    """Answer the conversation's last message; those before it make it a follow-up.

    `content` has the statements with [n] and a list of the sources, `annotations` lead from statements to quotations,
    `refusal` is set where the documents hold no answer, and `refdesk` is the whole Answer. Of the model `refdesk-plain`
    (or `refdesk-plain/COLLECTION`), `content` has the statements alone; of a refusal it is null.
    """
    work = await answering(request, asked.model, asked.messages, state, asker)
    completion = Completion(asked, Links(request), with_events=state.open_webui)
    if asked.stream:
        return stream(work, completion.chunks, lambda status, detail: event(openai_error(status, detail)))
    answer = await work.last(request)
    assert isinstance(answer, Answer)
    return JSONResponse(completion.whole(answer), headers={"cache-control": "no-store"})


class Completion:
    """The completion that answers one request."""

    def __init__(self, asked: ChatRequest, links: Links, *, with_events: bool = False) -> None:
        """With ``with_events`` a stream has Open WebUI's events in the place of annotations: it would show both."""
        self._asked = asked
        self._links = links
        self._with_events = with_events
        self._content = Content(links, is_plain(asked.model))
        self._head = {
            "id": f"chatcmpl-{fingerprint(asked.model, asked.messages)}",
            "created": int(time.time()),
            "model": asked.model,
        }
        self._begun = False

    def whole(self, answer: Answer) -> dict[str, Any]:
        """The completion in one piece."""
        self._content.whole(answer)
        message = {
            "role": "assistant",
            "content": self._content.text or None,
            "refusal": answer.message if answer.kind == "refusal" else None,
            "annotations": [annotation.nested() for annotation in self._content.annotations],
        }
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        shape = {"object": "chat.completion", "choices": [choice]}
        return {**self._head, **shape, "usage": self._usage(answer), "refdesk": answer.to_dict()}

    def chunks(self, step: Step) -> str:
        """What is sent for a step."""
        if isinstance(step, Stage):
            return self._begin()
        if isinstance(step, Verified):
            return self._begin() + self._chunk({"content": self._content.add(step.statement, step.answer)})
        last: dict[str, Any] = {"content": self._content.finish(step)}
        events = ""
        if self._with_events:
            events = "".join(event({"event": own}) for own in source_events(step, self._links))
        else:
            last["annotations"] = [annotation.nested() for annotation in self._content.annotations]
        if step.kind == "refusal":
            last["refusal"] = step.message
        ended = self._begin() + events + self._chunk(last) + self._chunk({}, "stop", refdesk=step.to_dict())
        if self._wants_usage:
            ended += event({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage(step)})
        return ended + DONE

    @property
    def _wants_usage(self) -> bool:
        return self._asked.stream_options is not None and bool(self._asked.stream_options.include_usage)

    def _begin(self) -> str:
        if self._begun:
            return ""
        self._begun = True
        return self._chunk({"role": "assistant", "content": ""})

    def _chunk(self, delta: dict[str, Any], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        usage = {"usage": None} if self._wants_usage else {}
        return event({**self._head, "object": "chat.completion.chunk", "choices": [choice], **usage, **more})

    def _usage(self, answer: Answer) -> dict[str, int]:
        prompt, completion = tokens_of(self._asked.messages, self._content.text or answer.message)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def tokens_of(messages: Sequence[Message], content: str) -> tuple[int, int]:
    """How many tokens the messages have, and the content."""
    count = counter()
    return sum(count(message.text) for message in messages), count(content)
