"""Receiving a file that comes as the body of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from qa.serving.uploads.conversations import UploadError

SLOWEST = 64 * 1024  # bytes a second at which an upload must come
PATIENCE = 30.0  # seconds that it may take besides


def size_of(request: Request) -> int:
    """The size in bytes that the request announces.

    Raises:
        UploadError: it announces none.
    """
    size = request.headers.get("content-length", "")
    if not (size.isdecimal() and len(size) < 20):
        raise UploadError("its size is not given", 411)
    return int(size)


async def receive(
    request: Request, path: Path, size: int, arrived: Callable[[int], None], patience: float = PATIENCE
) -> None:
    """Writes the request's body to ``path``; it must be exactly ``size`` bytes. ``arrived`` is told of each part.

    Raises:
        UploadError: it is not whole, comes too slowly, or ``arrived`` finds no room for it.
    """
    got = 0
    try:
        with path.open("wb") as file:
            async with asyncio.timeout(patience + size / SLOWEST):
                async for chunk in request.stream():
                    got += len(chunk)
                    if got > size:
                        break
                    arrived(len(chunk))
                    await asyncio.to_thread(file.write, chunk)
    except TimeoutError as error:  # is an OSError, too
        raise UploadError("it came too slowly; please try again", 408) from error
    except (ClientDisconnect, OSError):
        got = -1
    if got != size:
        raise UploadError("it did not arrive whole; please try again")
