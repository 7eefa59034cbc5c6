"""Reads files in separate processes, so that a file whose parser crashes, hangs or takes too much memory fails alone.

``read`` hands files to confined processes (``documents.confined``), several ahead of the one that the caller waits for,
and returns each file's parts in order. What comes back is validated, not trusted (``documents.wire``).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Any

from documents import load
from documents.document import Document, DocumentError, PageImage, Part, printable
from documents.prepare import Preparing, read_parts
from documents.wire import WireError, document_fields, unpack

READER = "documents.load"
RENDERER = "documents.pdf_page"
# These parsers, ours and markdown-it's, are in Python and take time linear in the text. Up to this size a process would
# cost more than it protects from: the worst text known, of rows below long headings, takes about a second.
IN_PROCESS = frozenset({"plain text", "Markdown"})
IN_PROCESS_BYTES = 32 * 1024
# Files that a process reads before a fresh one replaces it, which ends memory leaks and any tampering.
LIFETIME = 100
MAX_RANGES = (
    1_000_000  # sections, pages, blocks and chunks of all documents of a file; each is an object in this process
)
AHEAD = 64  # files taken from the input ahead of the one that the caller waits for
MAX_IMAGE = 16 * 1024**2  # bytes of a page's PNG
TICK = 0.1  # seconds between two calls of ``tick`` while a file is awaited


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file: seconds, bytes of memory, bytes of the result; and how many files are read at once."""

    seconds: float = 120
    memory: int = 2 * 1024**3
    result: int = 256 * 1024**2
    processes: int = max(1, min(4, (os.cpu_count() or 1) // 2))


DEFAULT = Limits()


Outcome = list[Part] | DocumentError
# Settings for files whose structure is ambiguous (``formats.Options``), as JSON values.
Options = Mapping[str, str | Sequence[str]]
NO_OPTIONS: Options = MappingProxyType({})


def read(
    paths: Iterable[Path],
    limits: Limits = DEFAULT,
    tick: Callable[[], None] = lambda: None,
    reader: str = READER,
    options: Options = NO_OPTIONS,
    preparing: Preparing | None = None,
) -> Generator[tuple[Path, Outcome], None, None]:
    """Each file with its parts, or with the error that tells why it cannot be read, in the order of ``paths``.

    ``tick`` is called every TICK seconds while a file is awaited; an exception from it ends the reading, as closing the
    iterator does. ``reader`` names the module whose ``parts`` reads a file; ``options`` are the fields of its
    ``Options``. With ``preparing``, documents come with what an index needs of them (``documents.prepare``).
    """
    request = _request(options, preparing)
    processes = [_Process(reader, limits) for _ in range(limits.processes)]
    idle = SimpleQueue[_Process]()
    for process in processes:
        idle.put(process)
    pool = ThreadPoolExecutor(limits.processes, thread_name_prefix="reading")
    ahead = deque[tuple[Path, Future[Outcome] | None]]()
    left = iter(paths)
    try:
        while True:
            while len(ahead) < AHEAD and sum(future is not None for _, future in ahead) < 2 * limits.processes:
                path = next(left, None)
                if path is None:
                    break
                here = reader == READER and _is_plain(path)
                ahead.append((path, None if here else pool.submit(_read_apart, path, idle, request)))
            if not ahead:
                return
            path, future = ahead.popleft()
            yield path, _read_here(path, preparing) if future is None else _awaited(future, tick)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.shut_down()
        pool.shutdown()
        for process in processes:
            process.end()


def page_image(
    path: Path, document: Document, start: int, end: int, limits: Limits = DEFAULT, renderer: str = RENDERER
) -> PageImage:
    """The page of the file with ``document.text[start:end]``, drawn in a process of its own.

    Raises:
        DocumentError: the page cannot be drawn; the message is one line.
    """
    process = _Process(renderer, limits)
    try:
        request = {"path": str(path), "document": document_fields(document), "start": start, "end": end}
        frames = list(process.ask("page_image", request))
        fields = json.loads(frames[0])
        boxes = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in fields["boxes"])
        png = base64.b64decode(fields["png"], validate=True)
        if not png.startswith(b"\x89PNG\r\n") or len(png) > MAX_IMAGE or min(fields["width"], fields["height"]) < 1:
            raise WireError("no image")
        return PageImage(int(fields["number"]), png, int(fields["width"]), int(fields["height"]), boxes)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, binascii.Error) as error:
        raise DocumentError("its reader gave no image") from error
    finally:
        process.end()


def _is_plain(path: Path) -> bool:
    kind = load.format_of(path)
    with suppress(OSError, ValueError):
        return kind is None or (kind.name in IN_PROCESS and path.stat().st_size <= IN_PROCESS_BYTES)
    return True  # reading it here reports what is wrong


def _request(options: Options, preparing: Preparing | None) -> dict[str, Any]:
    """The fields of a request, without the path."""
    splitter, most = (preparing.splitter.fields(), preparing.most) if preparing else (None, None)
    return {"options": dict(options), "splitter": splitter, "most": most}


def _read_here(path: Path, preparing: Preparing | None) -> Outcome:
    try:
        return list(read_parts(path, load, NO_OPTIONS, preparing))  # no option is for what is read here
    except DocumentError as error:
        return error


def _read_apart(path: Path, idle: SimpleQueue[_Process], request: dict[str, Any]) -> Outcome:
    process = idle.get()
    try:
        return _unpacked(process.ask("parts", {**request, "path": str(path)}), bool(request["splitter"]))
    except WireError:
        process.end()
        return DocumentError(f"{printable(path)}: what its reader made of it makes no sense; the file may be damaged")
    except DocumentError as error:
        process.end()  # unread frames may be left in its pipe
        return error if printable(path) in str(error) else DocumentError(f"{printable(path)}: {error}")
    finally:
        idle.put(process)


def _unpacked(frames: Iterable[bytes], are_prepared: bool) -> list[Part]:
    found, left = list[Part](), MAX_RANGES
    for frame in frames:
        part = unpack(frame)
        left -= 1
        if document := part.document:
            if are_prepared != bool(part.prepared):
                raise WireError("not prepared as it should be")
            chunks = part.prepared.chunks if part.prepared else ()
            left -= len(document.sections) + len(document.pages) + len(document.blocks) + len(chunks)
            left -= len(document.inline_code)
        if left < 0:
            raise DocumentError(
                f"more than {MAX_RANGES:,} documents, sections, pages, blocks and passages in it; split it into parts"
            )
        found.append(part)
    return found


def _awaited(future: Future[Outcome], tick: Callable[[], None]) -> Outcome:
    while True:
        try:
            return future.result(TICK)
        except NotYet:
            tick()


class _Process:
    """A confined process, started at the first request and again after it has ended."""

    def __init__(self, module: str, limits: Limits) -> None:
        self._module = module
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, call: str, request: dict[str, Any]) -> Iterator[bytes]:
        """The frames of its answer; raises DocumentError with the reason it gives, or with why it gives none."""
        if self._asked >= LIFETIME:
            self.end()
        process = self._running()
        self._asked += 1
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limits.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin
            limits = {"seconds": self._limits.seconds, "memory": self._limits.memory}
            line = json.dumps({"call": call, **limits, **request}).encode("ascii")
            with suppress(BrokenPipeError):  # the process has ended, which reading reports
                process.stdin.write(line + b"\n")
                process.stdin.flush()
            yield from self._frames(process, late)
        finally:
            timer.cancel()
            timer.join()

    def _frames(self, process: subprocess.Popen[bytes], late: threading.Event) -> Iterator[bytes]:
        assert process.stdout
        left = self._limits.result
        while True:
            head = process.stdout.read(4)
            size = int.from_bytes(head, "big")
            if len(head) == 4 and size > left:
                self.end()
                raise DocumentError(
                    f"more comes out of it than {self._limits.result // 1024**2} MB; split it into parts"
                )
            frame = process.stdout.read(size)
            if len(head) < 4 or len(frame) < size:
                self.end()
                raise DocumentError(self._why(process, late))
            left -= size
            if frame.startswith(b'{"end"'):
                reason = _reason(frame)
                if reason:
                    self.end()  # unfinished work or low memory must not affect the next file
                    raise DocumentError(reason)
                return
            yield frame

    def _why(self, process: subprocess.Popen[bytes], late: threading.Event) -> str:
        """Why the process ended without an answer."""
        code = process.returncode
        if late.is_set() or (os.name == "posix" and code == -signal.SIGALRM):
            return f"reading it took longer than {self._limits.seconds:g} seconds; split it, or raise file_seconds"
        name = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return f"it brought its reader down ({name}); the file may be damaged or need more memory than it may take"

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise DocumentError("reading was stopped")
            if self._process is None or self._process.poll() is not None:
                self._asked = 0
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "documents.confined", self._module, str(self._limits.memory)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**_environment(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                    start_new_session=True,  # an interrupt at the terminal reaches the parent only
                )
            return self._process

    def shut_down(self) -> None:
        """Kill the process, from any thread, and never start it again."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def end(self) -> None:
        """End the process; only the thread that sends requests may call this."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, close its pipes and wait for it."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        assert stream
        with suppress(BrokenPipeError):  # unsent data is still in the pipe
            stream.close()
    process.wait()


def _environment() -> dict[str, str]:
    """The variables that Python needs, without any keys and passwords, and settings that keep it to one thread."""
    names = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL", "LC_CTYPE",
             "TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")  # fmt: skip
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def _reason(frame: bytes) -> str:
    try:
        reason = json.loads(frame)["end"]
    except (ValueError, TypeError, KeyError, RecursionError):
        reason = None
    return " ".join(reason.split())[:1000] if isinstance(reason, str) else "its reader gave no reason"
