"""``refdesk`` as scripts see it: exit code and both streams of a command, and what a plain failure looks like."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON object and nothing else."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Run = Callable[..., Done]


def fails(done: Done, reason: str) -> None:
    """Exit code 1, nothing on standard output, one line on standard error."""
    assert (done.code, done.out) == (1, ""), done
    assert done.err.startswith("refdesk: ")
    assert done.err.count("\n") == 1, done.err
    assert done.err.endswith("\n")
    assert reason in done.err
    assert "Traceback" not in done.err


def run_alone(coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine returns, run in a thread of its own: browser tests leave an event loop running in theirs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
