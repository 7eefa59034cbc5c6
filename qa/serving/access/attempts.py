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
MINUTE = 60.0  # seconds, by which requests are counted


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


class Rates:
    """Counts requests: ``of_name`` a minute of a user or token, ``of_address`` of an address; 0: as many as one likes.

    The address is the connection's, or what a proxy that is named says it is: no header of a client changes it.
    Requests of those who are not known count for their address, so that nobody can try tokens for long.
    """

    def __init__(self, of_name: int, of_address: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = Attempts(of_name, MINUTE, clock) if of_name else None
        self._addresses = Attempts(of_address, MINUTE, clock) if of_address else None

    def wait(self, address: str, name: str) -> int:
        """Count a request of ``name`` ("": not known); the seconds to wait instead of sending it (0: none)."""
        wait = self._names.begin(name) if self._names and name else 0
        return wait or (self._addresses.begin(address) if self._addresses else 0)
