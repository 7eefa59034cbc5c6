"""The values that were made last, so that none is made twice in a row.

What is made of documents' texts is remembered for one question at a time: who asks could tell by the time whether it
was made for somebody else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from contextvars import ContextVar
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


_question: ContextVar[object] = ContextVar("question", default=None)


def begin_question() -> None:
    """Another question begins in this thread: nothing is remembered for it yet."""
    _question.set(object())


class Recent(Generic[K, V]):
    """At most ``size`` values, those that were asked for last. Safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values = OrderedDict[K, V]()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The key's value, made where it is not remembered."""
        return self.of([key], lambda _: [make()])[0]

    def of(self, keys: Sequence[K], make: Callable[[list[K]], Sequence[V]]) -> list[V]:
        """The keys' values, in order; ``make`` makes those that are not remembered, together."""
        with self._lock:
            found = {key: self._values[key] for key in keys if key in self._values}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            found |= zip(missing, make(missing), strict=True)
        with self._lock:
            for key in keys:
                self._values[key] = found[key]
                self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return [found[key] for key in keys]


class RecentOfQuestion(Generic[K, V]):
    """As ``Recent``, but what was made for one question (``begin_question``) is remembered for no other."""

    def __init__(self, size: int) -> None:
        self._recent = Recent[tuple[object, K], V](size)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """See ``Recent.get``."""
        return self._recent.get((_question.get(), key), make)

    def of(self, keys: Sequence[K], make: Callable[[list[K]], Sequence[V]]) -> list[V]:
        """See ``Recent.of``."""
        own = _question.get()
        return self._recent.of([(own, key) for key in keys], lambda missing: make([key for _, key in missing]))
