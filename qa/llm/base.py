"""What all language models share: messages, sampling, the protocol of a model that streams text, and its error.

A reply is a draft: nothing here checks whether it is true.
"""

from __future__ import annotations

import threading
from collections.abc import Generator as Pieces
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from documents.errors import RefdeskError

# Tokens that a message takes at most beside its text: its role, the template's marks and default lines.
FRAME_TOKENS = 32
# A whole reply may take this many times the seconds that may pass without a sign of life.
REPLY_FACTOR = 5
_LONGEST_LINE = 400  # characters


class GenerationError(RefdeskError):
    """A model cannot be loaded or reached, or fails. The message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen: at ``temperature`` 0 always the most probable."""

    temperature: float = 0.0
    seed: int = 0


class Generator(Protocol):
    """A language model that streams. May be used from several threads at the same time."""

    @property
    def fingerprint(self) -> str:
        """Backend and model: "openai:NAME", "llamacpp:FILE@12 hex digits of its SHA-256", "transformers:NAME"."""

    @property
    def context(self) -> int:
        """Tokens that prompt and reply may take together."""

    def count(self, text: str) -> int:
        """Tokens of ``text`` by the model's tokenizer where it is available, else an estimate with a margin."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Pieces[str, None, None]:
        """The reply in pieces, none empty, as the model writes them; at most ``max_tokens`` tokens.

        The tokens of a reasoning block are left out; a model that only reasons within ``max_tokens`` yields nothing.
        The request starts with the first piece. Closing the iterator cancels the generation at the model.

        Raises:
            GenerationError: the model failed; also after some pieces.
        """


def prompt_tokens(generator: Generator, messages: Sequence[Message]) -> int:
    """Tokens that ``messages`` take in the prompt, at most."""
    return sum(generator.count(message.text) + FRAME_TOKENS for message in messages)


def acquire(lock: threading.Lock, seconds: float) -> None:
    """Wait for a model that answers one question at a time, as long as a whole reply may take.

    Raises:
        GenerationError: that was not enough.
    """
    if not lock.acquire(timeout=REPLY_FACTOR * seconds):
        raise GenerationError("the model is busy with other questions: ask again later")


def one_line(text: str) -> str:
    """``text`` in one line of bounded length, as an error message needs it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
