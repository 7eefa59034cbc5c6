"""Work on one request: the steps of a generator, made by a thread of its own when the request's turn has come."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import closing, suppress
from contextvars import copy_context
from typing import Generic, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from qa.serving.answering.queue import FairQueue, Ticket
from qa.serving.http.shutdown import ShutdownStream

BEAT = 5.0  # seconds of silence after which a client is told that the server is still there …
TURN = 1.0  # … and while it waits for its turn, where it stands

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Work(Generic[T]):
    """Waits until ``ticket`` is started, then takes the ``steps`` one after the other. ``leave`` ends it."""

    def __init__(self, queue: FairQueue, ticket: Ticket, steps: Callable[[], Generator[T, None, None]]) -> None:
        self._queue = queue
        self._ticket = ticket
        self._steps = steps
        self._is_left = threading.Event()
        self._working = False

    @property
    def before(self) -> int | None:
        """How many questions are to be answered before it; None once its turn has come."""
        return None if self._ticket.started.is_set() else self._queue.before(self._ticket)

    async def steps(self) -> AsyncIterator[T | None]:
        """Each step when it is made; None after each BEAT or TURN of silence. Raises what the steps raise."""
        while not self._ticket.started.is_set():
            try:
                async with asyncio.timeout(TURN):
                    await self._ticket.started.wait()
            except TimeoutError:
                yield None
        made = asyncio.Queue[tuple[T] | Exception | None]()
        self._work(made)
        while True:
            try:
                async with asyncio.timeout(BEAT):  # wait_for would lose a cancellation that comes with a step
                    step = await made.get()
            except TimeoutError:
                yield None
                continue
            if step is None:
                return
            if isinstance(step, Exception):
                raise step
            yield step[0]

    async def last(self, request: Request | None = None) -> T:
        """The last step, for a client that waits for it: that of ``request``, or one whose leaving cancels this.

        Raises:
            ClientDisconnect: the client of ``request`` went away meanwhile.
        """
        found: list[T] = []
        try:
            async for step in self.steps():
                if step is not None:
                    found = [step]
                elif request and await request.is_disconnected():
                    raise ClientDisconnect
        finally:
            self.leave()
        if not found:
            raise RuntimeError("the work ended without a result")
        return found[0]

    def leave(self) -> None:
        """Nobody waits for the steps any more: the work ends after the step at hand. May be called more than once."""
        self._is_left.set()
        if not self._working:
            self._queue.leave(self._ticket)

    def _work(self, made: asyncio.Queue[tuple[T] | Exception | None]) -> None:
        """Work in a thread. It gives the ticket back when it is done, so that no more threads work than are meant."""
        loop = asyncio.get_running_loop()

        def send(step: tuple[T] | Exception | None) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(made.put_nowait, step)

        def work() -> None:
            try:
                with closing(self._steps()) as steps:
                    for step in steps:
                        if self._is_left.is_set():
                            return
                        send((step,))
            except Exception as error:
                send(error)
            finally:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._queue.leave, self._ticket)
                send(None)

        self._working = True
        # A daemon: a language model that is slow to answer does not keep the server from ending.
        # In this context, which knows the id of the request.
        threading.Thread(target=copy_context().run, args=(work,), name="question", daemon=True).start()


class WorkStream(ShutdownStream, Generic[T]):
    """Sends each step of ``work`` as ``encode`` writes it, and ``beat`` in silence. When the client goes away, it ends.

    ``waiting`` writes how many questions come before it, in place of ``beat``; ``failed`` writes the end of a response
    whose work has failed, and ``on_shutdown`` that of one which is cut off because the server ends.
    """

    def __init__(
        self,
        work: Work[T],
        encode: Callable[[T], str],
        beat: str,
        media_type: str,
        on_shutdown: Callable[[], str],
        failed: Callable[[Exception], str] | None = None,
        waiting: Callable[[int], str] | None = None,
    ) -> None:
        self._work = work
        self._encode = encode
        self._beat = beat
        self._failed = failed or _logged
        self._waiting = waiting
        super().__init__(self._parts(), on_shutdown, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._work.leave()

    async def _parts(self) -> AsyncIterator[str]:
        try:
            if self._work.before is not None:
                yield self._silence()
            async for step in self._work.steps():
                yield self._silence() if step is None else self._encode(step)
        except Exception as error:
            yield self._failed(error)

    def _silence(self) -> str:
        before = self._work.before
        return self._beat if before is None or self._waiting is None else self._waiting(before)


def _logged(error: Exception) -> str:
    logger.error("a question could not be answered", exc_info=error)
    return ""
