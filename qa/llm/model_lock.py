"""The lock of a model that answers one question at a time."""

from __future__ import annotations

import threading

from qa.llm.base import GenerationError


class ModelLock:
    """Held by whoever generates with the model; the thread that releases it need not be the one that acquired it."""

    def __init__(self, seconds: float) -> None:
        """Nobody waits longer than ``seconds``."""
        self._seconds = seconds
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Wait for the lock. Raises GenerationError when that takes too long."""
        if not self._lock.acquire(timeout=self._seconds):
            raise GenerationError("the model is busy with other questions: ask again later")

    def release(self) -> None:
        """Let the next one have the lock."""
        self._lock.release()
