"""How often one may try something: an address to log in, whoever asks to send a request."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST = 10  # logins that failed, of one address …
WINDOW = 900.0  # … within so many seconds
REMEMBERED = 10_000  # who tried last


class Attempts:
    """Counts what each one tries: ``most`` times in any ``window``, in seconds. Safe to share between threads.

    An attempt counts from when it begins.
    """

    def __init__(self, most: int = MOST, window: float = WINDOW, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._window = window
        self._clock = clock
        self._counted = OrderedDict[str, deque[float]]()
        self._lock = threading.Lock()

    def begin(self, who: str) -> int:
        """Count an attempt; the seconds to wait instead, where there were too many (0: none)."""
        now = self._clock()
        with self._lock:
            recent = self._counted.setdefault(who, deque())
            while recent and now - recent[0] >= self._window:
                recent.popleft()
            if len(recent) >= self._most:
                return max(1, math.ceil(self._window - (now - recent[0])))
            recent.append(now)
            self._counted.move_to_end(who)
            if len(self._counted) > REMEMBERED:
                self._counted.popitem(last=False)
            return 0

    def succeeded(self, who: str) -> None:
        """The attempt that began last was none that counts."""
        with self._lock:
            if attempts := self._counted.get(who):
                attempts.pop()
