"""Questions over HTTP: each is answered in a thread of its own when its turn comes.

The page asks by ``POST ask``; the response is one JSON string a line, each a reply as HTML that takes the place of the
one before it. A blank line says that the server is still there. Nothing is kept between two questions.
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

from qa.serving.turns import Turn, Turns

BEAT = 5.0  # seconds after which a silent response says that the server is still there

Replies = Callable[[], Iterator[str]]
logger = logging.getLogger(__name__)


class Answering(StreamingResponse):
    """The replies to the question that ``turn`` is for. Stops after the step at hand when the client goes away."""

    def __init__(self, turns: Turns, turn: Turn, replies: Replies) -> None:
        self._turns = turns
        self._turn = turn
        self._replies = replies
        self._left = threading.Event()
        self._working = False
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(self._lines(), media_type="application/x-ndjson", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left.set()
            if not self._working:
                self._turns.leave(self._turn)

    async def _lines(self) -> AsyncIterator[str]:
        while not self._turn.begun.is_set():
            try:
                await asyncio.wait_for(self._turn.begun.wait(), BEAT)
            except TimeoutError:
                yield "\n"
        said = asyncio.Queue[str | None]()
        self._work(said)
        while True:
            try:
                reply = await asyncio.wait_for(said.get(), BEAT)
            except TimeoutError:
                yield "\n"
                continue
            if reply is None:
                return
            yield json.dumps(reply) + "\n"

    def _work(self, said: asyncio.Queue[str | None]) -> None:
        """Answer in a thread; the turn is over when the thread is done, so that never more work than was meant."""
        loop = asyncio.get_running_loop()

        def tell(reply: str | None) -> None:
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(said.put_nowait, reply)

        def work() -> None:
            try:
                with closing(self._replies()) as replies:  # type: ignore[type-var]
                    for reply in replies:
                        if self._left.is_set():
                            return
                        tell(reply)
            except Exception:
                logger.exception("a question could not be answered")
            finally:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._turns.leave, self._turn)
                tell(None)

        self._working = True
        # A daemon: a language model that is slow to answer does not keep the server from ending.
        threading.Thread(target=work, name="question", daemon=True).start()
