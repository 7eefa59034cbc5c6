"""The tokens that language models say they read and wrote, added up for whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

USAGE = "usage"  # where OpenAI's servers tell it


class Tokens(NamedTuple):
    """Tokens of prompts, and of replies."""

    read: int
    written: int


class Meter:
    """Adds up what models tell; a question may take several calls."""

    def __init__(self) -> None:
        self._calls = 0
        self._told: list[Tokens] = []

    def begin(self) -> Callable[[Tokens], None]:
        """A call begins; what this returns is to be called with its tokens, once it is known."""
        self._calls += 1
        return self._told.append

    @property
    def tokens(self) -> Tokens | None:
        """Those of all calls; None where there was none, or one did not tell."""
        if not self._calls or len(self._told) < self._calls:
            return None
        return Tokens(sum(own.read for own in self._told), sum(own.written for own in self._told))


_current: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Meter the models that are called within, in this thread."""
    meter = Meter()
    before = _current.set(meter)
    try:
        yield meter
    finally:
        _current.reset(before)


def begin() -> Callable[[Tokens], None]:
    """``Meter.begin`` of the meter within which a model is called; without one, what is told goes nowhere."""
    meter = _current.get()
    return meter.begin() if meter else lambda _: None


def tokens_in(usage: object) -> Tokens | None:
    """What an OpenAI server's ``usage`` tells; None where it does not, as no prompt has 0 tokens."""
    fields = usage if isinstance(usage, Mapping) else {}
    match fields.get("prompt_tokens"), fields.get("completion_tokens"):
        case int(read), int(written) if read > 0 and written >= 0:
            return Tokens(read, written)
    return None
