"""What comes as the body of a request: how large it may be, and receiving a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request

from qa.serving.conversations import UploadError

MAX_BODY = 128 * 1024  # bytes: room for a question of 2,000 characters and six earlier turns, in any script
SLOWEST = 64 * 1024  # bytes a second at which an upload must come
PATIENCE = 30.0  # seconds that it may take besides


@dataclass(frozen=True, slots=True)
class Body:
    """How large a body may be, in bytes; for one that is ``streamed`` to its route, the route limits the time."""

    most: int = MAX_BODY
    streamed: bool = False


ANY_BODY = Body()


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
