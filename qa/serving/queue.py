"""Whose question is answered next: visitors take turns, however many questions one of them sends.

One question of a conversation is answered at a time and a few more may wait. All conversations of one address together
leave a place for others. A question beyond these limits is refused with a reason. The queue lives in the server's event
loop: threads must not call it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from documents.errors import RefdeskError

WAITING = 256  # questions of all visitors that may wait
WAITING_OF_ADDRESS = 24
WAITING_OF_CONVERSATION = 3


class QueueFullError(RefdeskError):
    """A question is not taken. The message is one line for the visitor."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as a server can tell: the client's address, and the conversation's owner ("": none)."""

    address: str
    conversation: str = ""


@dataclass(eq=False, slots=True)
class Ticket:
    """A question's place in the queue. ``started`` is set when it may be answered; ``joined`` is in seconds."""

    visitor: Visitor
    number: int
    joined: float
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
        self._served = dict[str | Visitor, int]()
        self._numbers = count(1)

    @property
    def waiting(self) -> int:
        """How many questions wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many questions are being answered."""
        return len(self._running)

    @property
    def longest_wait(self) -> float:
        """Seconds for which the oldest waiting question has waited; 0 where none waits."""
        return max((self._clock() - ticket.joined for ticket in self._waiting), default=0.0)

    def join(self, visitor: Visitor) -> Ticket:
        """A place for one more question of the visitor's. Every ticket must be given to ``leave`` in the end.

        Raises:
            QueueFullError: too many questions wait already.
        """
        addresses = Counter(ticket.visitor.address for ticket in self._waiting)
        conversations = Counter(ticket.visitor for ticket in self._waiting)
        if conversations[visitor] >= WAITING_OF_CONVERSATION:
            raise QueueFullError(
                "Your earlier questions are still waiting for their answers; please ask again when they came."
            )
        if addresses[visitor.address] >= WAITING_OF_ADDRESS:
            raise QueueFullError(
                "Many questions are waiting that came from your network; please ask again in a moment."
            )
        if len(self._waiting) >= WAITING:
            raise QueueFullError("Many visitors are asking just now; please ask again in a moment.")
        ticket = Ticket(visitor, next(self._numbers), self._clock())
        self._waiting.append(ticket)
        self._start_next()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """The question is answered, or nobody waits for it any more. May be called more than once."""
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
            self._served[ticket.visitor.address] = self._served[ticket.visitor] = next(self._numbers)
            ticket.started.set()

    def _next(self) -> Ticket | None:
        """The oldest question of the address, and there of the conversation, that was served longest ago."""
        addresses = Counter(ticket.visitor.address for ticket in self._running)
        running = {ticket.visitor for ticket in self._running}
        free = [
            ticket
            for ticket in self._waiting
            if ticket.visitor not in running and addresses[ticket.visitor.address] < self._at_once_of_address
        ]
        return min(free, key=self._rank, default=None)

    def _rank(self, ticket: Ticket) -> tuple[int, int, int]:
        served = self._served
        return served.get(ticket.visitor.address, 0), served.get(ticket.visitor, 0), ticket.number
