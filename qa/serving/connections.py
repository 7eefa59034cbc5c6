"""Connections that neither hold the server up nor hold it for themselves.

uvicorn closes a connection that is silent after a response, but waits for ever for a request that has begun or never
begins. Here its headers must come in time, and one address can have so many connections: of more, those go first whose
request has not come yet, as only these can be had for nothing.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from qa.serving.hosts import is_among, network_of

RESERVED = 128  # of the files that the process may have open, for all else than connections


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, of one address (a browser opens six) and of all, and how long they may wait.

    ``header_seconds`` run from when a connection is open, or its last request answered, until the next has come;
    ``stalled_seconds`` are those in which a client must take something of what is sent to it. ``proxies`` are addresses
    or networks, by commas, each of which stands for many visitors.
    """

    of_address: int = 100
    of_all: int = 0  # 0: as many as the system allows
    header_seconds: float = 10.0
    stalled_seconds: float = 60.0
    proxies: str = ""


class Connections:
    """All connections of a server, within its bounds."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self.bounds = bounds
        self._most = bounds.of_all or _most_connections()
        # Of each address its connections, longest open first.
        self._open = defaultdict[str, dict[BoundedProtocol, None]](dict)
        self._count = 0

    def admit(self, connection: BoundedProtocol) -> bool:
        """Whether there is room for one more, if need be by closing one of the same address that asked nothing yet."""
        own = self._open[connection.address]
        bounds = self.bounds
        limit = self._most if is_among(connection.address, bounds.proxies) else bounds.of_address
        if len(own) >= limit or self._count >= self._most:
            unfinished = [one for one in own if one.is_waiting] or [one for one in own if one.is_being_sent]
            if not unfinished:
                return False
            unfinished[0].drop()
        self._open[connection.address][connection] = None
        self._count += 1
        return True

    def forget(self, connection: BoundedProtocol) -> None:
        """The connection is closed. May be called again, and for one that was not admitted."""
        own = self._open.get(connection.address, {})
        if connection in own:
            del own[connection]
            self._count -= 1
        if not own:
            self._open.pop(connection.address, None)


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP, within the bounds of ``all_connections``, which a server's own subclass sets (``bounded``)."""

    all_connections: Connections

    address = ""
    _since = 0.0  # when it began to wait for the request
    _unsent = (0, math.inf)  # bytes that wait to be sent, and when last some were taken
    _timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the next request has not been read."""
        return self.conn.their_state is h11.IDLE

    @property
    def is_being_sent(self) -> bool:
        """Whether a request has begun whose body is not all there."""
        return self.conn.their_state is h11.SEND_BODY

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.address = network_of(self.client[0]) if self.client else ""
        if not self.all_connections.admit(self):
            transport.abort()
            return
        self._since = self.loop.time()
        self._look()

    def data_received(self, data: bytes) -> None:
        was_waiting = self.is_waiting
        super().data_received(data)
        if self.is_waiting and not was_waiting:
            self._since = self.loop.time()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()
        if self.is_being_sent:  # nobody reads the rest
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.all_connections.forget(self)
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def drop(self) -> None:
        """Close at once, whatever was under way."""
        self.all_connections.forget(self)
        self.transport.abort()

    def _look(self) -> None:
        """Now and then, whether something has been waited for too long."""
        now, (before, taken) = self.loop.time(), self._unsent
        unsent = self.transport.get_write_buffer_size()
        self._unsent = (unsent, now if before == 0 or unsent < before else taken)
        bounds = self.all_connections.bounds
        is_late = self.is_waiting and now - self._since > bounds.header_seconds
        if is_late or now - self._unsent[1] > bounds.stalled_seconds:
            self.drop()
            return
        self._timer = self.loop.call_later(min(1.0, bounds.header_seconds), self._look)


def bounded(connections: Connections) -> type[BoundedProtocol]:
    """The protocol of a server that has these connections."""
    return type("Bounded", (BoundedProtocol,), {"all_connections": connections})


def _most_connections() -> int:
    """As many connections as this process may have files open, but some; it may have as many as the system lets it."""
    if os.name != "posix":
        return 512
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) - RESERVED
