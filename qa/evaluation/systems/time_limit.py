"""A limit on the time that a system may take for one question."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _ExpiredError(BaseException):
    """The time is up. No ``Exception``: a system that catches those would go on waiting."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt what runs within after so many ``seconds``; None: never.

    It runs in the caller's thread, as connections to databases want it, and is interrupted by a signal. There is no
    limit on Windows, or in another thread than the main one.

    Raises:
        TimeoutError: the time was up.
    """
    limited = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not limited:
        yield
        return
    before = signal.signal(signal.SIGALRM, _expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _ExpiredError:
        raise too_late(seconds) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def too_late(seconds: float) -> TimeoutError:
    """The error of an answer that has not come within so many ``seconds``."""
    return TimeoutError(f"no answer within {seconds:g} seconds")


def _expired(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal's handler
    raise _ExpiredError
