"""Any server that speaks OpenAI's chat completions: OpenAI itself, vLLM, Ollama, llama.cpp, LM Studio.

The official client sends and retries. The events of the reply are read here, so that every wait has a limit and
whatever a server sends instead of a reply becomes a one-line error.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, SecretStr, ValidationError

from documents.tokens import counter
from qa.llm.base import REPLY_FACTOR, GenerationError, Message, Sampling, one_line
from qa.llm.server_errors import explain
from qa.llm.special_tokens import escape_special_tokens, without_reasoning
from qa.llm.usage import Tokens, begin, tokens_in

OPENAI = "https://api.openai.com/v1"
RETRIES = 2  # with backoff, and only before the reply begins
CONNECT_SECONDS = 10.0
MAX_LINE = 2**20  # characters; no event of a reply is near as long
# The model's tokenizer may make more tokens of a text than cl100k does. SmolLM2's, with half the vocabulary and trained
# on English, makes up to 1.21 times as many of XQuAD's English paragraphs, and 1.82 times of its Russian ones.
MARGIN = 1.25

# The only headers that are sent; the client would add those of OPENAI_CUSTOM_HEADERS and the like.
_HEADERS = {"host", "connection", "accept", "accept-encoding", "content-type", "content-length", "user-agent"}


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(BaseModel):
    """One event of a reply; see OpenAI's reference, "chat completion chunk". Some servers add ``error``."""

    choices: list[_Choice] = []
    error: Any = None
    usage: Any = None


class OpenAIServer:
    """A model on a server."""

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: SecretStr | None = None,
        *,
        context: int = 4096,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        seconds: float = 60,
        retries: int = RETRIES,
        proxies: bool = True,
        name: str | None = None,
        tells_usage: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            seconds: that may pass without a sign of life.
            proxies: whether to use those that the environment names.
            name: of the server in error messages; by default its address.
            tells_usage: whether it knows ``stream_options``, by which it is asked for the tokens of its replies.
                OpenAI itself does; some others refuse what they do not know, and are heard only if they tell unasked.
            clock: seconds, by which the time of a whole reply is measured.
        """
        self.fingerprint = f"openai:{model}"
        self.context = context
        self._model, self._key, self._name = model, api_key, name or base_url
        self._sampling, self._seconds, self._clock = sampling, seconds, clock
        self._asks_usage = tells_usage or base_url == OPENAI
        # OpenAI's newer models know only the second name, many other servers only the first.
        self._limit = "max_completion_tokens" if base_url == OPENAI else "max_tokens"
        http = openai.DefaultHttpxClient(
            event_hooks={"request": [self._strip_headers]},
            follow_redirects=False,  # the key must not be sent to another address
            limits=httpx2.Limits(max_keepalive_connections=0),  # no connection stays open, none is stale later
            trust_env=proxies,
        )
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key="none",  # see _strip_headers
            timeout=openai.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            max_retries=retries,
            http_client=http,
        )

    def _until(self, deadline: float, chunks: Iterable[str]) -> Iterator[str]:
        """The chunks. Raises TimeoutError when one comes after the deadline."""
        for chunk in chunks:
            if self._clock() > deadline:
                raise TimeoutError
            yield chunk

    def count(self, text: str) -> int:
        """An estimate: a quarter more than cl100k's tokens."""
        return int(counter()(text) * MARGIN) + 1 if text else 0

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        deadline = self._clock() + REPLY_FACTOR * self._seconds
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": message.role, "content": escape_special_tokens(message.text)} for message in messages
            ],
            "temperature": self._sampling.temperature,
            "seed": self._sampling.seed,
            self._limit: max_tokens,
            **({"stream_options": {"include_usage": True}} if self._asks_usage else {}),
        }
        tell = begin()
        try:
            with self._client.chat.completions.create(**body, stream=True) as reply:
                yield from without_reasoning(
                    self._texts(_events(self._until(deadline, reply.response.iter_text())), tell)
                )
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._failure(error) from None  # its cause may repeat the key
        except TimeoutError:
            raise GenerationError(
                f"{self._name} did not finish in {REPLY_FACTOR * self._seconds:g} seconds: "
                f"set REFDESK_MAX_TOKENS to less, or REFDESK_GENERATION_SECONDS to more than {self._seconds:g}"
            ) from None

    def call(self, path: str, body: Mapping[str, object] | None = None) -> object:
        """The server's JSON reply to ``body``, posted to ``path``; without one, to a GET. Raises GenerationError."""
        try:
            if body is None:
                return self._client.get(path, cast_to=object)
            return self._client.post(path, body=dict(body), cast_to=object)
        except openai.OpenAIError as error:
            raise self._failure(error) from None

    def _texts(self, events: Iterable[str], tell: Callable[[Tokens], None]) -> Iterator[str]:
        begun = finished = False
        told: Tokens | None = None
        for event in events:
            if event == "[DONE]":
                finished = begun
                break
            chunk = self._chunk(event)
            told = tokens_in(chunk.usage) or told
            for choice in chunk.choices[:1]:
                begun = True
                finished |= choice.finish_reason is not None
                if choice.delta and choice.delta.content:
                    yield choice.delta.content
        if not begun:
            raise GenerationError(
                f"{self._name} sent no reply that can be read: set REFDESK_BASE_URL to the address of a server with "
                "OpenAI's API; it often ends in /v1"
            )
        if not finished:
            raise GenerationError(f"{self._name} stopped in mid-answer: ask again")
        if told:
            tell(told)

    def _chunk(self, event: str) -> _Chunk:
        try:
            chunk = _Chunk.model_validate_json(event)
        except ValidationError:
            raise GenerationError(
                f"{self._name} sent something that is not part of a reply: {self._shown(event)[:80]!r}"
            ) from None
        if chunk.error is not None:
            said = chunk.error.get("message") if isinstance(chunk.error, dict) else None
            reason = said if isinstance(said, str) else json.dumps(chunk.error)
            raise GenerationError(f"{self._name} failed: {self._shown(reason)}")
        return chunk

    def _failure(self, error: Exception) -> GenerationError:
        tries = self._client.max_retries + 1
        return GenerationError(
            self._shown(explain(error, self._name, self._model, self._seconds, tries, bool(self._key)))
        )

    def _shown(self, text: str) -> str:
        """``text`` in one line, without the key."""
        key = self._key.get_secret_value() if self._key else ""
        return one_line(text.replace(key, "…") if key else text)

    def _strip_headers(self, request: httpx2.Request) -> None:
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"


def key_of_openai() -> SecretStr:
    """The key that OpenAI's own tools use; it is sent to OpenAI's address only.

    Raises:
        GenerationError: there is none, or it is malformed.
    """
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key:
        raise GenerationError(
            "OpenAI needs a key: set REFDESK_API_KEY or OPENAI_API_KEY; for another server, set REFDESK_BASE_URL"
        )
    if not (key.isascii() and key.isprintable()):
        raise GenerationError("OPENAI_API_KEY is not a key: a key is one line of ASCII characters")
    return SecretStr(key)


def _events(chunks: Iterable[str]) -> Iterator[str]:
    """The data of server-sent events, a line each."""
    held = ""
    for chunk in chunks:
        *lines, held = (held + chunk).split("\n")
        yield from (line[5:].strip() for line in lines if line.startswith("data:"))
        if len(held) > MAX_LINE:
            return
    if held.startswith("data:"):
        yield held[5:].strip()
