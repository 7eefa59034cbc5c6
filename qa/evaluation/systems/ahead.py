"""Ask a system that waits for a server about several items at a time; it answers in the order of the items."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import replace

from qa.evaluation.datasets.dataset import Item
from qa.evaluation.systems.system import OpenedSystem
from qa.evaluation.systems.time_limit import too_late


@contextmanager
def ahead(system: OpenedSystem, items: Sequence[Item], jobs: int) -> Iterator[OpenedSystem]:
    """The system, asked about the ``items`` in ``jobs`` threads; asking it for one waits until that is answered.

    Items whose turn has not come are not asked any more when the block is left. Each answer's time is its own, and so
    is each item's limit. A thread that is over its limit is given up, and another takes its place.
    """
    workers = _Workers(system.ask, items, jobs)
    try:
        yield replace(
            system,
            ask=lambda item: workers.answer(item, system.limit),
            seconds=lambda item: workers.seconds.get(item.id, 0.0),
            process=None,  # what several questions cost together is not what each costs
            limit=None,
        )
    finally:
        workers.end()


class _Workers:
    """Threads that ask about items, which do not keep the process from ending."""

    def __init__(self, ask: Callable[[Item], object], items: Sequence[Item], jobs: int) -> None:
        self.seconds: dict[str, float] = {}
        self._ask = ask
        self._waiting = deque(items)
        self._answers: dict[str, Future[object]] = {item.id: Future() for item in items}
        self._begun = {item.id: threading.Event() for item in items}
        self._since: dict[str, float] = {}
        self._given_up: set[str] = set()
        for _ in range(jobs):
            self._start()

    def answer(self, item: Item, limit: float | None) -> object:
        """What the system returns for the item.

        Raises:
            TimeoutError: it was asked longer than ``limit`` seconds ago.
        """
        answer = self._answers[item.id]
        if limit is None:
            return answer.result()
        self._begun[item.id].wait()
        try:
            return answer.result(max(0.0, self._since[item.id] + limit - time.perf_counter()))
        except FutureTimeoutError:
            if answer.done():
                raise  # the system's own
            self.seconds[item.id] = limit
            self._given_up.add(item.id)
            self._start()
            raise too_late(limit) from None

    def end(self) -> None:
        """Asks about no more items."""
        self._waiting.clear()

    def _start(self) -> None:
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                item = self._waiting.popleft()
            except IndexError:
                return
            self._since[item.id] = began = time.perf_counter()
            self._begun[item.id].set()
            answer = self._answers[item.id]
            try:
                returned = self._ask(item)
            except BaseException as error:  # told where the item is waited for
                self.seconds.setdefault(item.id, time.perf_counter() - began)
                answer.set_exception(error)
            else:
                self.seconds.setdefault(item.id, time.perf_counter() - began)
                answer.set_result(returned)
            if item.id in self._given_up:
                return  # another has taken this one's place
