"""Who did what: lines of JSON in a file beside the index, for its owner alone (mode 600).

A line has the time, who it was, the client's address and what was done. It holds no password, token or text of a
document, and a question's text only where that is asked for. When the file is full it becomes the older one, whose
lines are forgotten then.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from index import private

FILE = "audit.jsonl"
OLDER = "audit.older.jsonl"
MOST = 16 * 1024 * 1024  # bytes of each of the two
LONGEST = 2000  # characters of a value

_ASKING = ("/ask", "/gradio_api/queue/join", "/api/v1/ask", "/v1/chat/completions", "/v1/responses")
_ALONE = ("/api/v1/search", "/api/v1/feedback")
_UPLOADS = ("/uploads", "/api/v1/documents")
_DEEDS = {"POST": "upload", "DELETE": "delete", "reindex": "reindex"}

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Audit:
    """Writes the file in ``folder``. Threads and processes may share it."""

    def __init__(
        self, folder: Path, *, with_questions: bool = False, most: int = MOST, clock: Callable[[], datetime] = _now
    ) -> None:
        self.path = folder / FILE
        self.with_questions = with_questions
        self._most = most
        self._clock = clock

    def write(self, did: str, who: str, address: str = "", **details: str | int | None) -> None:
        """Add a line; ``details`` that are None are left out. Where it cannot be written, the log says so."""
        time = self._clock().isoformat(timespec="milliseconds")
        line: dict[str, str | int] = {"time": time, "who": who, "address": address, "did": did}
        line |= {name: _cut(value) for name, value in details.items() if value is not None}
        try:
            private.make_folder(self.path.parent)
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab", 0) as file:
                file.write(json.dumps(line).encode() + b"\n")
                is_full = file.tell() >= self._most
            if is_full:
                self._make_room()
        except OSError as error:
            logger.error("%s cannot be written: %s", self.path, error.strerror or error)

    def copy_to(self, folder: Path) -> None:
        """Copy both files, as far as whole lines are in them, to ``folder``."""
        with self._lock():
            for path in (self.path.with_name(OLDER), self.path):
                if path.exists():
                    copy = folder / path.name
                    private.make_file(copy)
                    whole, end, _ = path.read_bytes().rpartition(b"\n")
                    copy.write_bytes(whole + end)

    def _lock(self) -> FileLock:
        """Held while the files change places."""
        return FileLock(self.path.with_name(f".{FILE}.lock"), mode=0o600)

    def _make_room(self) -> None:
        with self._lock():
            if self.path.exists() and self.path.stat().st_size >= self._most:  # no other process has done it meanwhile
                self.path.replace(self.path.with_name(OLDER))


def deed(method: str, path: str) -> str | None:
    """What a request does that is worth a line; None: nothing."""
    if path in _ASKING and method == "POST":
        return "ask"
    if path in _ALONE:
        return path.rpartition("/")[2]
    if path.startswith(_UPLOADS) and method in ("POST", "DELETE") and not path.endswith("/left"):
        return _DEEDS["reindex" if path.endswith("/reindex") else method]
    return None


def _cut(value: str | int) -> str | int:
    return value[:LONGEST] if isinstance(value, str) else value
