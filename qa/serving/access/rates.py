"""How many requests a minute one may send where others than this machine reach the desk."""

from __future__ import annotations

import time
from collections.abc import Callable

from qa.serving.access.attempts import Attempts

MINUTE = 60.0  # seconds


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
