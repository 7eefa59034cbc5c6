"""A log that no visitor can fill: records that repeat are written once a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60.0
KINDS = 1000  # of records that are remembered


@dataclass(slots=True)
class _Seen:
    at: float
    left_out: int = 0


class OnceAMinute(logging.Filter):
    """Lets through one record a minute of each kind: of one logger, level and line of code, whatever its message.

    The next record of the kind says how many were left out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen = dict[tuple[object, ...], _Seen]()

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.name, record.levelno, record.pathname, record.lineno, record.exc_info and record.exc_info[0])
        now = self._clock()
        seen = self._seen.get(kind)
        if seen and now - seen.at < MINUTE:
            seen.left_out += 1
            return False
        if seen and seen.left_out:
            record.msg, record.args = f"{record.getMessage().rstrip()} ({seen.left_out} more like it before)", ()
        if len(self._seen) >= KINDS:
            self._seen.clear()
        self._seen[kind] = _Seen(now)
        return True


def limit_logs() -> None:
    """Limits the records of this process, those of libraries included, to one a minute of each kind."""
    logging.basicConfig(level=logging.WARNING)  # does nothing where the caller has set up a log
    once = OnceAMinute()
    for handler in logging.getLogger().handlers:
        handler.addFilter(once)
