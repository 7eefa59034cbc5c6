"""A process of another Python, which imports somebody's pipeline and answers for it; ``worker`` is what runs there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from documents.errors import RefdeskError
from documents.workers import end_process
from qa.evaluation.systems.system import SystemChoiceError
from qa.evaluation.systems.time_limit import too_late

WORKER = Path(__file__).with_name("worker.py")


class PipelineError(RefdeskError):
    """Somebody else's pipeline cannot be imported, built or asked. The message is one line."""


def interpreter(path: str) -> Path:
    """The interpreter at ``path``, or of that name on the search path; not resolved, as a virtual environment's place
    matters.

    Raises:
        SystemChoiceError: there is none.
    """
    found = shutil.which(path)
    if found is None:
        raise SystemChoiceError(f"{path} is no Python that can be run: name the environment's bin/python with --python")
    return Path(found).absolute()


class WorkerProcess:
    """A worker in another environment, started at the first call and again after it has ended.

    ``built`` are the keys of what it has built since it was started.
    """

    def __init__(self, python: Path, framework: str, target: str) -> None:
        self.built: set[str] = set()
        self.facts: Mapping[str, Any] = {}
        self._command = [str(python), str(WORKER), framework, target]
        self._process: subprocess.Popen[bytes] | None = None
        self._log: deque[str] = deque(maxlen=200)
        self._listener = threading.Thread()

    @property
    def number(self) -> int | None:
        """The operating system's number of the process; None while none runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process, unless it runs, and import the pipeline.

        Raises:
            PipelineError: it cannot be imported.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # an interrupt at the terminal reaches the parent only, which ends this
            )
        except OSError as error:
            raise PipelineError(
                f"{self._command[0]} cannot be run ({error.strerror}): name another --python"
            ) from error
        weakref.finalize(self, _end, self._process)
        self._log.clear()
        self._listener = threading.Thread(target=_listen, args=(self._process.stderr, self._log), daemon=True)
        self._listener.start()
        self.facts = self._answer(self._process)["ready"]

    def call(self, request: Mapping[str, Any], limit: float | None = None) -> Mapping[str, Any]:
        """The answer to a request, of a process that was started.

        Raises:
            PipelineError: the worker tells an error, or has ended.
            TimeoutError: no answer came within ``limit`` seconds; the process is ended.
        """
        process = self._process
        assert process
        assert process.stdin
        late = threading.Event()
        timer = threading.Timer(limit or 0.0, _stop, (process, late))
        timer.daemon = True
        if limit is not None:
            timer.start()
        try:
            with suppress(BrokenPipeError):  # the process has ended, which reading tells
                process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
                process.stdin.flush()
            return self._answer(process)
        except PipelineError:
            if late.is_set() and limit is not None:
                raise too_late(limit) from None
            raise
        finally:
            timer.cancel()

    def _answer(self, process: subprocess.Popen[bytes]) -> Mapping[str, Any]:
        assert process.stdout
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            reason = self._why(process)
            self.close()
            raise PipelineError(reason)
        answer: Mapping[str, Any] = json.loads(line)
        if "error" in answer:
            raise PipelineError(str(answer["error"]))
        return answer

    def _why(self, process: subprocess.Popen[bytes]) -> str:
        """Why the process ended: its signal or exit code, and the last line that it said."""
        code = process.wait()
        self._listener.join(1)
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        said = next((line for line in reversed(self._log) if line), "")
        return f"the process of {self._command[-1]} ended ({how}){f': {said}' if said else ''}"

    def close(self) -> None:
        """End the process, if one runs."""
        process, self._process = self._process, None
        self.built.clear()
        if process is not None:
            _end(process)


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    end_process(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with those that it has started, which might hold its pipes open."""
    if hasattr(os, "killpg") and process.poll() is None:
        with suppress(OSError):  # it has just ended
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _listen(stream: IO[bytes] | None, log: deque[str]) -> None:
    """Keep the last lines of what the process says, so that its pipe never fills."""
    assert stream
    with stream:
        for line in stream:
            log.append(line.decode("utf-8", "replace").strip()[:500])
