"""How often one address may try to log in."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10  # attempts that failed, of one address …
WINDOW = 900.0  # … within so many seconds
REMEMBERED = 10_000  # addresses


class Attempts:
    """Counts attempts to log in by address. An attempt counts from when it begins. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed = OrderedDict[str, list[float]]()
        self._lock = threading.Lock()

    def begin(self, address: str) -> int:
        """Count an attempt; the seconds to wait instead, where there were too many (0: none)."""
        now = self._clock()
        with self._lock:
            recent = [at for at in self._failed.get(address, ()) if now - at < WINDOW]
            if len(recent) >= MOST:
                return max(1, math.ceil(WINDOW - (now - recent[0])))
            self._failed[address] = [*recent, now]
            self._failed.move_to_end(address)
            if len(self._failed) > REMEMBERED:
                self._failed.popitem(last=False)
            return 0

    def succeeded(self, address: str) -> None:
        """The attempt that began last was none that counts."""
        with self._lock:
            attempts = self._failed.get(address)
            if attempts:
                attempts.pop()
