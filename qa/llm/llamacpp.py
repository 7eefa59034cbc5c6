"""A GGUF file on this machine, through llama.cpp in a process of its own (``refdesk[local-llm]``)."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from documents.workers import end_process
from index.models import sha256_of
from qa.llm.base import GenerationError, Message, Sampling, acquire, one_line
from qa.llm.openai_server import OpenAIServer
from qa.llm.special_tokens import escape_special_tokens

LOAD_SECONDS = 600.0
NAME = "llama.cpp"
MAGIC = b"GGUF"
# Threads that spin while they wait make it six times as slow when others use the cores; no debugger after a crash.
_DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE", "GGML_NO_BACKTRACE": "1"}


class LlamaProcess:
    """A running llama.cpp server, reached at ``address`` with ``key``."""

    def __init__(self, file: Path, context: int) -> None:
        """Begin to load ``file``; see ``wait``."""
        self.key = SecretStr(secrets.token_urlsafe(32))
        self.address = ""
        self._log: deque[str] = deque(maxlen=200)
        path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)  # "" is the working folder
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qa.llm.llama_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_DEFAULTS, **os.environ, "PYTHONPATH": path},
            start_new_session=True,  # an interrupt at the terminal must not reach it
        )
        self.end = weakref.finalize(self, end_process, self._process)
        self._listener = threading.Thread(target=_listen, args=(self._process.stderr, self._log), daemon=True)
        self._listener.start()
        task = {"file": str(file), "name": file.name, "key": self.key.get_secret_value(), "context": context}
        assert self._process.stdin
        with suppress(BrokenPipeError):  # it died at once; wait raises the reason
            self._process.stdin.write(json.dumps(task).encode("ascii") + b"\n")
            self._process.stdin.flush()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self) -> None:
        """Return when the model is loaded. Raises GenerationError with llama.cpp's reason when it cannot be."""
        late = threading.Timer(LOAD_SECONDS, self._process.kill)
        late.daemon = True
        late.start()
        assert self._process.stdout
        line = self._process.stdout.readline()
        late.cancel()
        if not line:
            raise GenerationError(f"{NAME} cannot load the model: {self.exit_reason()}")
        self.address = json.loads(line)["address"]

    def died(self, within: float = 0.0) -> bool:
        """Whether the process has ended, or ends within ``within`` seconds."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def exit_reason(self) -> str:
        """Why the process ended: its first error, else its last line, else its signal or exit code."""
        code = self._process.wait()
        self._listener.join(1)
        lines = list(self._log)
        errors = [re.sub(r"^[\d.]+ E\s+", "", line) for line in lines if re.match(r"[\d.]+ E ", line)]
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return one_line((errors[:1] or lines[-1:] or [how])[0])


class LlamaCpp:
    """A loaded GGUF model. It generates one reply at a time, so that no reply depends on another."""

    def __init__(
        self,
        file: Path,
        *,
        context: int = 4096,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        seconds: float = 60,
    ) -> None:
        """Load ``file``; ``context`` is lowered to what the model was trained with.

        Raises:
            GenerationError: it is not a GGUF file, or cannot be loaded.
        """
        _check(file)
        self._file, self._asked = file, context
        self._sampling, self._seconds = sampling, seconds
        self._lock, self._starting = threading.Lock(), threading.Lock()
        self.process = LlamaProcess(file, context)
        try:
            # While it loads.
            self.fingerprint = f"llamacpp:{file.name}@{sha256_of(file)[:12]}"
            self._server = self._served()
            self.context = self._context()
        except BaseException:
            self.close()
            raise

    def count(self, text: str) -> int:
        body = {"content": escape_special_tokens(text)}  # as it is sent
        try:
            counted = self._alive().call("/tokenize", body)
        except GenerationError:
            if not self.process.died(within=1):
                raise
            counted = self._alive().call("/tokenize", body)
        match counted:
            case {"tokens": list(tokens)}:
                return len(tokens)
        raise GenerationError(f"{NAME} cannot count tokens: install another version of xllamacpp")

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        acquire(self._lock, self._seconds)
        try:
            begun = False
            try:
                for piece in self._alive().stream(messages, max_tokens):
                    begun = True
                    yield piece
            except GenerationError:
                if not self.process.died(within=1):
                    raise
                if begun:
                    reason = self.process.exit_reason()
                    raise GenerationError(f"{NAME} died in mid-answer ({reason}): ask again") from None
                yield from self._alive().stream(messages, max_tokens)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process."""
        self.process.end()

    def _alive(self) -> OpenAIServer:
        """The server, restarted if it has died."""
        with self._starting:
            if self.process.died():
                self.process.end()
                self.process = LlamaProcess(self._file, self._asked)
                self._server = self._served()
            return self._server

    def _served(self) -> OpenAIServer:
        self.process.wait()
        return OpenAIServer(
            self._file.name,
            self.process.address,
            self.process.key,
            context=self._asked,
            sampling=self._sampling,
            seconds=self._seconds,
            retries=0,
            proxies=False,
            name=NAME,
            tells_usage=True,
        )

    def _context(self) -> int:
        match self._server.call("/props"):
            case {"default_generation_settings": {"n_ctx": int(size)}}:
                return min(size, self._asked)
        raise GenerationError(f"{NAME} does not report its context: install another version of xllamacpp")


def _check(file: Path) -> None:
    if find_spec("xllamacpp") is None:
        raise GenerationError('xllamacpp is not installed; run: pip install "refdesk[local-llm]"')
    try:
        with file.open("rb") as opened:
            magic = opened.read(len(MAGIC))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GenerationError(f"{file}: {reason}; set REFDESK_MODEL to a GGUF file") from error
    if magic != MAGIC:
        raise GenerationError(f"{file} is not a GGUF file; set REFDESK_MODEL to one")


def _listen(stream: IO[bytes], lines: deque[str]) -> None:
    with stream:
        lines.extend(filter(None, (line.decode("utf-8", "replace").strip() for line in stream)))
