"""Limits on connections: how many of one address and of all, and how long a client may keep one waiting.

uvicorn closes a connection that is silent after a response, but waits for ever for a request that never begins or never
ends. Here a request's headers must come in time. Beyond the limit of connections, a new one replaces the oldest whose
request has not come, as such connections cost a client nothing.
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

from qa.serving.http.hosts import is_among, network_of

RESERVED = 128  # open files that are kept for everything but connections


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be, of one address (a browser opens six) and of all, and how long they may wait.

    Within ``header_seconds`` of being open, or of its last response, the headers of a connection's next request must
    come. Within ``stalled_seconds`` a client must take some of what is sent to it. ``proxies`` are addresses or
    networks, separated by commas, each of which stands for many visitors and so has no limit of its own.
    """

    of_address: int = 100
    of_all: int = 0  # 0: as many as the system allows
    header_seconds: float = 10.0
    stalled_seconds: float = 60.0
    linger_seconds: float = 2.0
    proxies: str = ""


class Connections:
    """All connections of a server, within its limits."""

    def __init__(self, limits: ConnectionLimits = ConnectionLimits()) -> None:
        self.limits = limits
        self._most = limits.of_all or _most_connections()
        # The connections of each address, oldest first.
        self._open = defaultdict[str, dict[LimitedProtocol, None]](dict)
        self._count = 0

    def admit(self, connection: LimitedProtocol) -> bool:
        """Whether there is room for one more. If need be, one of the same address that waits is closed for it."""
        own = self._open[connection.address]
        limits = self.limits
        limit = self._most if is_among(connection.address, limits.proxies) else limits.of_address
        if len(own) >= limit or self._count >= self._most:
            unfinished = [one for one in own if one.is_waiting] or [one for one in own if one.is_being_sent]
            if not unfinished:
                return False
            unfinished[0].drop()
        self._open[connection.address][connection] = None
        self._count += 1
        return True

    def forget(self, connection: LimitedProtocol) -> None:
        """The connection is closed. May be called more than once, and for one that was not admitted."""
        own = self._open.get(connection.address, {})
        if connection in own:
            del own[connection]
            self._count -= 1
        if not own:
            self._open.pop(connection.address, None)


class Lingering:
    """The transport of a connection, which is closed later where the body of a request that was answered still comes.

    A connection that is closed at once is reset by what comes then, and its client may lose the response.
    """

    def __init__(self, transport: Any, connection: LimitedProtocol) -> None:
        self._transport = transport
        self._connection = connection
        self.lingers = False  # nothing is sent any more, and what comes is not read

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.lingers or bool(self._transport.is_closing())

    def close(self) -> None:
        if self.is_closing() or not self._connection.is_being_sent:
            self._transport.close()
            return
        self.lingers = True
        self._transport.resume_reading()
        self._transport.write_eof()
        seconds = self._connection.all_connections.limits.linger_seconds
        self._connection.loop.call_later(seconds, self._transport.close)


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP within the limits of ``all_connections``, which ``limited`` sets for each server."""

    all_connections: Connections

    address = ""
    _since = 0.0  # when it began to wait for the request
    _unsent = (0, math.inf)  # bytes that wait to be sent, and when the client last took some
    _timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the next request has not been read."""
        return self.conn.their_state is h11.IDLE

    @property
    def is_being_sent(self) -> bool:
        """Whether a request has begun, and its body has not come whole."""
        return self.conn.their_state is h11.SEND_BODY

    def connection_made(self, transport: Any) -> None:
        self._lingering = Lingering(transport, self)
        super().connection_made(self._lingering)  # type: ignore[arg-type]  # as far as it is used
        self.address = network_of(self.client[0]) if self.client else ""
        if not self.all_connections.admit(self):
            transport.abort()
            return
        self._since = self.loop.time()
        self._check_time()

    def data_received(self, data: bytes) -> None:
        if self._lingering.lingers:
            return
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
        """Close at once, even in the middle of a request or response."""
        self.all_connections.forget(self)
        self.transport.abort()

    def _check_time(self) -> None:
        """Closes the connection if its client has kept it waiting for too long; else looks again within a second."""
        now, (before, taken) = self.loop.time(), self._unsent
        unsent = self.transport.get_write_buffer_size()
        self._unsent = (unsent, now if before == 0 or unsent < before else taken)
        limits = self.all_connections.limits
        is_late = self.is_waiting and now - self._since > limits.header_seconds
        if is_late or now - self._unsent[1] > limits.stalled_seconds:
            self.drop()
            return
        self._timer = self.loop.call_later(min(1.0, limits.header_seconds), self._check_time)


def limited(connections: Connections) -> type[LimitedProtocol]:
    """The protocol of a server that has these connections."""
    return type("Limited", (LimitedProtocol,), {"all_connections": connections})


def _most_connections() -> int:
    """The number of files that this process may have open, less RESERVED. Raises its own limit, to 4,096 at most."""
    if os.name != "posix":
        return 512
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) - RESERVED
