"""What the backends share: how tokens are chosen, and what is done to text on its way in and out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qa.llm.base import GenerationError

WHOLE = 5  # a whole reply may take so many times the longest silence
LONGEST = 400  # characters of a line
OPENS, CLOSES = "<think>", "</think>"

# Marks by which chat templates tell turns apart: <|im_end|>, <｜User｜>, </s>, <end_of_turn>, [/INST], <<SYS>> …
_CONTROL = re.compile(
    r"<(?=[|｜])|<(?=/?(?:s|bos|eos|pad|unk|think|start_of_turn|end_of_turn|start_of_role|end_of_role)>)"
    r"|<(?=</?SYS>>)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|THINK)\])"
)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen: at ``temperature`` 0 always the likeliest."""

    temperature: float = 0.0
    seed: int = 0


class Turn:
    """Who has it may ask a model that answers one question at a time."""

    def __init__(self, seconds: float) -> None:
        """Nobody waits for it longer than ``seconds``."""
        self._seconds = seconds
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for the turn. Raises GenerationError when it takes too long."""
        if not self._lock.acquire(timeout=self._seconds):
            raise GenerationError("the model is busy with other questions: ask again later")

    def give(self) -> None:
        """Let the next one have it; any thread may do so."""
        self._lock.release()


def one_line(text: str) -> str:
    """``text`` in one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def defused(text: str) -> str:
    """``text`` with a space put into everything that a tokenizer may take for the end of a turn or the start of one."""
    return _CONTROL.sub(lambda mark: mark.group() + " ", text)


def without_thoughts(pieces: Iterable[str], thinking: bool = False) -> Iterator[str]:
    """The pieces without their <think> blocks, also where a tag is spread over several; none is empty.

    ``thinking``: the prompt ended within such a block. One that is never closed lasts to the end.
    """
    held = ""
    for piece in pieces:
        held += piece
        while (tag := CLOSES if thinking else OPENS) in held:
            before, _, held = held.partition(tag)
            if before and not thinking:
                yield before
            thinking = not thinking
        cut = len(held) - _begun(held, tag)
        if cut and not thinking:
            yield held[:cut]
        held = held[cut:]
    if held and not thinking:
        yield held


def _begun(text: str, tag: str) -> int:
    """How many characters of ``tag`` the end of ``text`` has."""
    return next((size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), 0)
