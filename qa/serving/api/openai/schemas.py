"""The requests of OpenAI's API as far as they matter here, and what is answered. What else is sent is passed over."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from qa.serving.api.schemas import Answer, Sent
from qa.serving.api.schemas import Model as Answered


class Part(BaseModel):
    """A part of a message; only text can be read."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """A message of a conversation. The last of role user is the question; instructions are not followed."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The text of all parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """Whether the usage comes in a chunk of its own."""

    include_usage: bool | None = False


class ChatRequest(Sent):
    """A conversation that ends with a question."""

    model: str = Field(description="refdesk, or refdesk/COLLECTION; refdesk-plain for content without sources")
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1)


class InputItem(BaseModel):
    """An item of a response's input; items that are no messages are passed over."""

    type: str = "message"
    role: str | None = None
    content: str | list[Part] | None = None

    @property
    def message(self) -> Message | None:
        """The item as a message."""
        if self.type != "message" or self.role not in ("system", "developer", "user", "assistant"):
            return None
        return Message.model_validate({"role": self.role, "content": self.content})


class ResponseRequest(Sent):
    """A question, or a conversation that ends with one."""

    model: str = Field(description="refdesk, or refdesk/COLLECTION; refdesk-plain for content without sources")
    input: str | list[InputItem]
    stream: bool | None = False
    previous_response_id: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def messages(self) -> list[Message]:
        """The input as messages."""
        if isinstance(self.input, str):
            return [Message(role="user", content=self.input)]
        return [message for item in self.input if (message := item.message)]


class Model(Answered):
    """A model: a collection that can be asked, or all of them."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(Answered):
    """The models."""

    object: Literal["list"]
    data: list[Model]


class Place(Answered):
    """The characters of content that rest on what url shows."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(Answered):
    """A citation of a completion."""

    type: Literal["url_citation"]
    url_citation: Place


class CompletionMessage(Answered):
    """What is said."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: list[Annotation]


class Choice(Answered):
    """The only choice."""

    index: int
    message: CompletionMessage
    finish_reason: Literal["stop"]


class Usage(Answered):
    """Tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(Answered):
    """A chat completion; refdesk is the whole Answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    refdesk: Answer


class Response(Answered):
    """A response with one message; refdesk is the whole Answer."""

    id: str
    object: Literal["response"]
    created_at: int
    status: str
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any]
    refdesk: Answer
