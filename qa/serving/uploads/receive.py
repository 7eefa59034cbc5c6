"""Receiving a file that comes as the body of a request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from qa.serving.uploads.conversations import UploadError

SLOWEST = 64 * 1024  # bytes a second at which an upload must come
PATIENCE = 30.0  # seconds that it may take besides
NOT_KEPT = "the server cannot keep files just now: try again later"

logger = logging.getLogger(__name__)


def size_of(request: Request) -> int:
    """The size in bytes that the request announces.

    Raises:
        UploadError: it announces none.
    """
    size = request.headers.get("content-length", "")
    if not (size.isdecimal() and len(size) < 20):
        raise UploadError("its size is not given", 411)
    return int(size)


@contextmanager
def keeping(path: Path) -> Iterator[None]:
    """Where a disk does not take ``path``, as it is full or only read, the log says so, and why.

    Raises:
        UploadError: that is so; the visitor is told only that it is.
    """
    try:
        yield
    except TimeoutError:  # an OSError, too, of whoever sends
        raise
    except OSError as error:
        logger.error("%s cannot be written: %s", path, error.strerror or error)
        raise UploadError(NOT_KEPT, 507) from error


async def receive(
    request: Request, path: Path, size: int, arrived: Callable[[int], None], patience: float = PATIENCE
) -> None:
    """Writes the request's body to ``path``; it must be exactly ``size`` bytes. ``arrived`` is told of each part.

    Raises:
        UploadError: it is not whole, comes too slowly, cannot be kept, or ``arrived`` finds no room for it.
    """
    got = 0
    try:
        with keeping(path), path.open("wb") as file:
            async with asyncio.timeout(patience + size / SLOWEST):
                async for chunk in request.stream():
                    got += len(chunk)
                    if got > size:
                        break
                    arrived(len(chunk))
                    await asyncio.to_thread(file.write, chunk)
    except TimeoutError as error:
        raise UploadError("it came too slowly; please try again", 408) from error
    except ClientDisconnect:
        got = -1
    if got != size:
        raise UploadError("it did not arrive whole; please try again")
