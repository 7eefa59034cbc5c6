"""The response to a question: its replies, one a line, from a thread of its own.

Each line is one JSON string, a reply as HTML that replaces the one before it. A blank line says that the server is
still there. Nothing is kept between two questions.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, suppress

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from qa.serving.queue import FairQueue, Ticket

BEAT = 5.0  # seconds of silence after which a blank line is sent

Replies = Callable[[], Iterator[str]]
logger = logging.getLogger(__name__)


class ReplyStream(StreamingResponse):
    """Waits until ``ticket`` is started, then sends the ``replies``. When the client goes away, they end."""

    def __init__(self, queue: FairQueue, ticket: Ticket, replies: Replies) -> None:
        self._queue = queue
        self._ticket = ticket
        self._replies = replies
        self._client_left = threading.Event()
        self._working = False
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(self._lines(), media_type="application/x-ndjson", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._client_left.set()
            if not self._working:
                self._queue.leave(self._ticket)

    async def _lines(self) -> AsyncIterator[str]:
        while not self._ticket.started.is_set():
            try:
                await asyncio.wait_for(self._ticket.started.wait(), BEAT)
            except TimeoutError:
                yield "\n"
        replies = asyncio.Queue[str | None]()
        self._work(replies)
        while True:
            try:
                reply = await asyncio.wait_for(replies.get(), BEAT)
            except TimeoutError:
                yield "\n"
                continue
            if reply is None:
                return
            yield json.dumps(reply) + "\n"

    def _work(self, sent: asyncio.Queue[str | None]) -> None:
        """Answer in a thread. It gives the ticket back when it is done, so that no more threads work than are meant."""
        loop = asyncio.get_running_loop()

        def send(reply: str | None) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(sent.put_nowait, reply)

        def work() -> None:
            try:
                with closing(self._replies()) as replies:  # type: ignore[type-var]
                    for reply in replies:
                        if self._client_left.is_set():
                            return
                        send(reply)
            except Exception:
                logger.exception("a question could not be answered")
            finally:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._queue.leave, self._ticket)
                send(None)

        self._working = True
        # A daemon: a language model that is slow to answer does not keep the server from ending.
        threading.Thread(target=work, name="question", daemon=True).start()
