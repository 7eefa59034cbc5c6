"""Ask a system that waits for a server about several items at a time; it answers in the order of the items."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from qa.evaluation.datasets.dataset import Item
from qa.evaluation.systems.system import OpenedSystem


@contextmanager
def ahead(system: OpenedSystem, items: Sequence[Item], jobs: int) -> Iterator[OpenedSystem]:
    """The system, asked about the ``items`` in ``jobs`` threads; asking it for one waits until that is answered.

    Items whose turn has not come are not asked any more when the block is left. Each answer's time is its own.
    """
    seconds: dict[str, float] = {}

    def ask(item: Item) -> object:
        began = time.perf_counter()
        try:
            return system.ask(item)
        finally:
            seconds[item.id] = time.perf_counter() - began

    pool = ThreadPoolExecutor(jobs)
    try:
        asked: dict[str, Future[object]] = {item.id: pool.submit(ask, item) for item in items}
        yield replace(
            system, ask=lambda item: asked[item.id].result(), seconds=lambda item: seconds.get(item.id, 0.0)
        )  # fmt: skip
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
