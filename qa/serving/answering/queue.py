"""Whose question is answered next: visitors take turns, however many questions one of them sends.

One question of a conversation is answered at a time and a few more may wait. A program may have several answered, and
takes its turns with the conversations of its address. All of one address together leave a place for others. Who comes
anew waits for those who wait already, so that nobody waits for ever. A question beyond these limits is refused with a
reason. The queue lives in the server's event loop: threads must not call it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from documents.errors import RefdeskError

AT_ONCE = 4  # questions that are answered at a time, unless it is said otherwise
WAITING = 256  # questions of all visitors that may wait
WAITING_OF_ADDRESS = 24
WAITING_OF_CONVERSATION = 3
WAITING_OF_PROGRAM = WAITING_OF_ADDRESS - 4  # so that the chat of the same address can still be asked
STUCK = 600.0  # seconds for which a question waits only where answering has come to a stop
LONGEST_RETRY = 60  # seconds after which a refused visitor is told to come back, at most


class QueueFullError(RefdeskError):
    """A question is not taken. The message is one line for the visitor.

    ``status`` is HTTP's: 429 where the visitor's own questions are too many, 503 where everyone's are. ``retry_after``
    is in seconds: when a place should be free.
    """

    def __init__(self, message: str, status: int, retry_after: int) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as a server can tell: the client's address, and the conversation's owner ("": none).

    A program asks for itself, and reads no answer before it asks again.
    """

    address: str
    conversation: str = ""
    is_program: bool = False

    @property
    def may_wait(self) -> int:
        """How many of its questions may wait."""
        return WAITING_OF_PROGRAM if self.is_program else WAITING_OF_CONVERSATION


@dataclass(eq=False, slots=True)
class Ticket:
    """A question's place in the queue. ``started`` is set when it may be answered.

    ``joined`` and ``began`` (when that was) are in seconds of the queue's clock.
    """

    visitor: Visitor
    number: int
    joined: float
    began: float = 0.0
    started: asyncio.Event = field(default_factory=asyncio.Event)


class FairQueue:
    """Lets ``at_once`` questions be answered at a time; next is the visitor whose last answer is longest ago."""

    def __init__(self, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._clock = clock
        self._at_once_of_address = max(1, at_once - 1)
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []
        # When addresses and their conversations were last served, as running numbers.
        self._served = dict[str | Visitor, float]()
        self._latest = 0  # of these numbers
        self._numbers = count(1)
        self._seconds = 1.0  # that an answer has taken of late

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many questions are being answered."""
        return len(self._running)

    @property
    def is_stuck(self) -> bool:
        """Whether a question has waited far too long."""
        return any(self._clock() - ticket.joined > STUCK for ticket in self._waiting)

    def before(self, ticket: Ticket) -> int:
        """How many questions that wait come before it, as things are; 0 where it is answered already."""
        if ticket not in self._waiting:
            return 0
        return sum(self._rank(other) < self._rank(ticket) for other in self._waiting)

    def join(self, visitor: Visitor) -> Ticket:
        """A place for one more question of the visitor's. Every ticket must be given to ``leave`` in the end.

        Raises:
            QueueFullError: too many questions wait already.
        """
        addresses = Counter(ticket.visitor.address for ticket in self._waiting)
        visitors = Counter(ticket.visitor for ticket in self._waiting)
        if visitors[visitor] >= visitor.may_wait:
            reason = "Your earlier questions are still waiting for their answers; please ask again when they came."
            raise QueueFullError(reason, 429, self._retry_after(visitors[visitor]))
        if addresses[visitor.address] >= WAITING_OF_ADDRESS:
            reason = "Many questions are waiting that came from your network; please ask again in a moment."
            raise QueueFullError(reason, 429, self._retry_after(addresses[visitor.address]))
        if len(self._waiting) >= WAITING:
            reason = "Many visitors are asking just now; please ask again in a moment."
            raise QueueFullError(reason, 503, self._retry_after(WAITING))
        ticket = Ticket(visitor, next(self._numbers), self._clock())
        for who in (visitor.address, visitor):
            # One that comes anew comes before the one served last, and after all that were served before it.
            self._served.setdefault(who, self._latest - 0.5)
        self._waiting.append(ticket)
        self._start_next()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """The question is answered, or nobody waits for it any more. May be called more than once."""
        if ticket in self._running:
            self._seconds += 0.2 * (self._clock() - ticket.began - self._seconds)
        for held in (self._waiting, self._running):
            if ticket in held:
                held.remove(ticket)
        self._start_next()
        present = {ticket.visitor for ticket in (*self._waiting, *self._running)}
        here = {visitor.address for visitor in present} | present
        self._served = {who: number for who, number in self._served.items() if who in here}

    def _start_next(self) -> None:
        while len(self._running) < self._at_once and (ticket := self._next()):
            self._waiting.remove(ticket)
            self._running.append(ticket)
            ticket.began = self._clock()
            self._latest = self._served[ticket.visitor.address] = self._served[ticket.visitor] = next(self._numbers)
            ticket.started.set()

    def _next(self) -> Ticket | None:
        """The oldest question of the address, and there of the conversation, that was served longest ago."""
        addresses = Counter(ticket.visitor.address for ticket in self._running)
        running = {ticket.visitor for ticket in self._running}
        free = [
            ticket
            for ticket in self._waiting
            if (ticket.visitor.is_program or ticket.visitor not in running)
            and addresses[ticket.visitor.address] < self._at_once_of_address
        ]
        return min(free, key=self._rank, default=None)

    def _retry_after(self, before: int) -> int:
        """The seconds until so many questions are answered, as long as answers have taken of late."""
        return min(LONGEST_RETRY, max(1, math.ceil(before * self._seconds / self._at_once)))

    def _rank(self, ticket: Ticket) -> tuple[float, float, int]:
        return self._served[ticket.visitor.address], self._served[ticket.visitor], ticket.number
