"""The requests of OpenAI's API as far as they matter here: what else a client sends is passed over."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from qa.serving.api.schemas import Sent


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

    include_usage: bool = False


class ChatRequest(Sent):
    """A conversation that ends with a question."""

    model: str = Field(description="refdesk, or refdesk/COLLECTION")
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool = False
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

    model: str = Field(description="refdesk, or refdesk/COLLECTION")
    input: str | list[InputItem]
    stream: bool = False
    previous_response_id: str | None = None
    metadata: dict[str, Any] | None = None

    @property
    def messages(self) -> list[Message]:
        """The input as messages."""
        if isinstance(self.input, str):
            return [Message(role="user", content=self.input)]
        return [message for item in self.input if (message := item.message)]
