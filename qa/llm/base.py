"""Messages -> text from a language model, piece by piece: what every backend offers and what may go wrong.

What a model writes is a draft: nothing here looks at whether it is true.
"""

from __future__ import annotations

from collections.abc import Generator as Pieces
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from documents.errors import RefdeskError

# What the frame of one message (its role, the template's marks and default lines) takes at most, in tokens.
FRAME_TOKENS = 32


class GenerationError(RefdeskError):
    """A model that cannot be loaded, reached or heard out. The message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of what a model is told."""

    role: Literal["system", "user", "assistant"]
    text: str


class Generator(Protocol):
    """A language model that streams. May be used from several threads, also at the same time."""

    @property
    def fingerprint(self) -> str:
        """Backend and model: "openai:NAME", "llamacpp:FILE@12 hex digits of its SHA-256", "transformers:NAME"."""

    @property
    def context(self) -> int:
        """Tokens that prompt and reply may take together."""

    def count(self, text: str) -> int:
        """Tokens of ``text``: the model's own where its tokenizer is at hand, else an estimate with a margin."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Pieces[str, None, None]:
        """The reply in pieces, none empty, as the model writes them; at most ``max_tokens`` tokens.

        What a reasoning model only thinks is left out; one that does not get beyond that within ``max_tokens`` says
        nothing. The model is asked when the first piece is. Closing the iterator cancels the generation at the model.

        Raises:
            GenerationError: the model failed; also after some pieces.
        """


def prompt_tokens(generator: Generator, messages: Sequence[Message]) -> int:
    """Tokens that ``messages`` take in the prompt, at most."""
    return sum(generator.count(message.text) + FRAME_TOKENS for message in messages)
