"""The log: lines for people or JSON for programs, with the id of the request that each is about.

No visitor can fill it: records that repeat are written once a minute, but for the line of each request that JSON has.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from qa.serving.http import request_id

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
        if record.name == request_id.__name__:
            return True
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


class NameRequest(logging.Filter):
    """Adds the id of the request to the message; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        if own := request_id.request_id():
            record.msg, record.args = f"{record.getMessage().rstrip()} (request {own})", ()
        return True


def limit_logs() -> None:
    """Limits the records of this process, those of libraries included, to one a minute of each kind."""
    logging.basicConfig(level=logging.WARNING)  # does nothing where the caller has set up a log
    once = OnceAMinute()
    for handler in logging.getLogger().handlers:
        handler.addFilter(once)
        if not isinstance(handler, JsonHandler):
            handler.addFilter(NameRequest())


class JsonHandler(logging.StreamHandler[TextIO]):
    """Writes each record as a JSON object on a line of its own, its traceback as a string in it."""

    def __init__(self, stream: TextIO) -> None:
        from structlog import processors, stdlib
        from structlog.contextvars import merge_contextvars

        super().__init__(stream)
        own: list[Any] = [
            merge_contextvars,
            processors.TimeStamper(fmt="iso", utc=True, key="time"),
            stdlib.add_log_level,
            stdlib.add_logger_name,
            stdlib.ExtraAdder(),
        ]
        written: list[Any] = [
            stdlib.ProcessorFormatter.remove_processors_meta,
            processors.format_exc_info,  # without the values of variables, which are questions and keys
            processors.JSONRenderer(ensure_ascii=True),
        ]
        self.setFormatter(stdlib.ProcessorFormatter(processors=written, foreign_pre_chain=own))


def write_json(stream: TextIO | None = None) -> None:
    """From now on, this process logs JSON to ``stream`` (standard error by default), with a line for each request."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(JsonHandler(stream or sys.stderr))
    logging.getLogger(request_id.__name__).setLevel(logging.INFO)
