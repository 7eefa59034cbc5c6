"""Whose question is answered next: visitors take turns, however many questions one of them sends.

A conversation has one question answered at a time and a few waiting; all conversations of one address leave room for
others. What is too many is refused with a reason. Lives in the server's event loop; threads must not call it.
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


class Busy(RefdeskError):  # noqa: N818
    """A question that is not taken. The message is one line for the visitor."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as a server can tell: the client's address, and the conversation, "" where there is none."""

    address: str
    conversation: str = ""


@dataclass(eq=False, slots=True)
class Turn:
    """A question's place: first it waits, then it has begun, in the end it is over."""

    visitor: Visitor
    number: int
    joined: float
    begun: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Lets ``at_once`` questions be answered at a time, the visitor's first who was served longest ago."""

    def __init__(self, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._clock = clock
        self._share = max(1, at_once - 1)  # of one address, so that no single one holds all
        self._waiting: list[Turn] = []
        self._running: list[Turn] = []
        self._served = dict[str | Visitor, int]()  # the latest turn of addresses and of their conversations
        self._numbers = count(1)

    @property
    def waiting(self) -> int:
        """The questions that wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """The questions that are being answered."""
        return len(self._running)

    @property
    def longest_wait(self) -> float:
        """Seconds that the question has waited which waits longest."""
        return max((self._clock() - turn.joined for turn in self._waiting), default=0.0)

    def join(self, visitor: Visitor) -> Turn:
        """A place for a question; ``begun`` is set when it may be answered. Give it to ``leave`` in any case.

        Raises:
            Busy: too many questions wait already.
        """
        addresses = Counter(turn.visitor.address for turn in self._waiting)
        conversations = Counter(turn.visitor for turn in self._waiting)
        if conversations[visitor] >= WAITING_OF_CONVERSATION:
            raise Busy("Your earlier questions are still waiting for their answers; please ask again when they came.")
        if addresses[visitor.address] >= WAITING_OF_ADDRESS:
            raise Busy("Many questions are waiting that came from your network; please ask again in a moment.")
        if len(self._waiting) >= WAITING:
            raise Busy("Many visitors are asking just now; please ask again in a moment.")
        turn = Turn(visitor, next(self._numbers), self._clock())
        self._waiting.append(turn)
        self._begin()
        return turn

    def leave(self, turn: Turn) -> None:
        """The question is answered, or nobody waits for it any more. May be called again."""
        for held in (self._waiting, self._running):
            if turn in held:
                held.remove(turn)
        self._begin()
        present = {turn.visitor for turn in (*self._waiting, *self._running)}
        here = {visitor.address for visitor in present} | present
        self._served = {who: number for who, number in self._served.items() if who in here}

    def _begin(self) -> None:
        """Begin what may begin."""
        while len(self._running) < self._at_once and (turn := self._next()):
            self._waiting.remove(turn)
            self._running.append(turn)
            self._served[turn.visitor.address] = self._served[turn.visitor] = next(self._numbers)
            turn.begun.set()

    def _next(self) -> Turn | None:
        """Of the address, and then of its conversation, that was served longest ago, the question that came first."""
        addresses = Counter(turn.visitor.address for turn in self._running)
        answered = {turn.visitor for turn in self._running}
        free = [
            turn
            for turn in self._waiting
            if turn.visitor not in answered and addresses[turn.visitor.address] < self._share
        ]
        return min(free, key=self._rank, default=None)

    def _rank(self, turn: Turn) -> tuple[int, int, int]:
        served = self._served
        return served.get(turn.visitor.address, 0), served.get(turn.visitor, 0), turn.number
