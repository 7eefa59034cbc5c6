"""The process that reads untrusted files and takes requests on standard input: ``python -m documents.confined``.

It has no network where the system can take it away (Linux: a network namespace of its own), limited memory where
``RLIMIT_DATA`` is enforced (Linux, not macOS or Windows), and it cannot gain privileges. Its two arguments are the
module that reads files and the memory limit in bytes. A request is one line of JSON. The answer is a sequence of
frames, each four bytes of length followed by that many bytes of content; the last frame is ``{"end": reason}``.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from documents.document import DocumentError
from documents.prepare import Preparing, read_parts
from documents.split import splitter_of
from documents.wire import document_of, pack

GRACE = 2  # seconds that the caller has, after the time limit, to end this process before it ends itself

_NEW_USER, _NEW_NETWORK, _NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 0x10000000, 0x40000000, 38, 1


def main() -> None:
    """Answer requests until the input ends."""
    module, memory = sys.argv[1:3]
    requests, answers = _streams()
    confine(int(memory))
    for line in requests:
        request = json.loads(line)
        _end_after(request["seconds"] + GRACE)
        for frame in _answer(module, request):
            answers.write(len(frame).to_bytes(4, "big") + frame)
        answers.flush()
        _end_after(0)


def confine(memory: int) -> None:
    """Give up the network, new privileges and memory beyond ``memory`` bytes, as far as the system supports it."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if library.unshare(_NEW_NETWORK) != 0:  # without root this needs a user namespace too
            library.unshare(_NEW_USER | _NEW_NETWORK)
        library.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)  # nobody takes the answer once the server has ended
    if os.name == "posix":
        import resource

        # The address space may be larger: libraries reserve addresses for each thread that they never use.
        limits = ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_AS, 4 * memory), (resource.RLIMIT_CORE, 0))
        for kind, most in limits:
            with contextlib.suppress(ValueError, OSError):  # a lower limit is already set, or the system has none
                resource.setrlimit(kind, (most, most))


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """The streams of requests and answers; the standard streams then lead nowhere, whatever a parser does to them."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    return requests, answers


def _end_after(seconds: float) -> None:
    """Have the system end this process after ``seconds``; 0 cancels that. It keeps an orphan from running for ever."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(module: str, request: dict[str, Any]) -> Iterator[bytes]:
    reason = ""
    try:
        yield from _CALLS[request["call"]](module, request)
    except DocumentError as error:
        reason = str(error)
    except MemoryError:
        reason = f"it needs more memory than the {request['memory'] // 1024**2} MB that a file may take"
    except Exception as error:
        reason = f"it cannot be read ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
    yield json.dumps({"end": reason}).encode("ascii")


def _parts(module: str, request: dict[str, Any]) -> Iterator[bytes]:
    splitter = request["splitter"]
    how = Preparing(splitter_of(splitter), request["most"]) if splitter else None
    for part in read_parts(Path(request["path"]), import_module(module), request["options"], how):
        yield pack(part)


def _page_image(module: str, request: dict[str, Any]) -> Iterator[bytes]:
    data = Path(request["path"]).read_bytes()
    document = document_of(request["document"])
    image = import_module(module).page_image(data, document, request["start"], request["end"])
    yield json.dumps({**asdict(image), "png": base64.b64encode(image.png).decode("ascii")}).encode("ascii")


_CALLS: dict[str, Callable[[str, dict[str, Any]], Iterator[bytes]]] = {"parts": _parts, "page_image": _page_image}


if __name__ == "__main__":
    main()
