"""Runs a chat server in a process of its own while a test needs it.

Each is a fork of one process that has imported the program and its libraries, which takes seconds of processor time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).parents[1]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(
    ["gradio", "faiss", "onnxruntime", "tantivy", "qa.cli.app", "qa.assistant.compose", "qa.serving.chat.page",
     "qa.serving.api.app", "qa.serving.api.mcp.server", "qa.serving.server"]
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    url: str
    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def end(self, sig: signal.Signals) -> int:
        """Sends the signal; the exit code that the process then ends with, within 20 seconds."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
            os.kill(self.pid, sig)
        self.process.join(20)
        assert self.process.exitcode is not None
        return self.process.exitcode


@contextlib.contextmanager
def serving(arguments: list[str], log: Path) -> Iterator[Served]:
    """Runs ``python ARGUMENTS PORT`` on a free port, a script or ``-m MODULE``; ends it afterwards."""
    port = free_port()
    process = FORKED.Process(target=_run, args=([*arguments, str(port)], log, environment()))  # may have children
    with contextlib.chdir(ROOT):  # where the process that all are forks of finds our modules
        forkserver.ensure_running()
    process.start()
    served = Served(f"http://127.0.0.1:{port}", process)
    try:
        _wait(served, log)
        yield served
    finally:
        try:
            if process.is_alive():
                served.end(signal.SIGTERM)
        finally:
            process.kill()
            process.join()
            process.close()


def _run(arguments: list[str], log: Path, variables: dict[str, str]) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(log.parent)
    run, name, *given = (runpy.run_module, *arguments[1:]) if arguments[0] == "-m" else (runpy.run_path, *arguments)
    sys.argv = [name, *given]
    run(name, run_name="__main__")


def _wait(served: Served, log: Path) -> None:
    deadline = time.monotonic() + 120
    while not log.exists() or "Refdesk is listening on" not in log.read_text():
        if not served.process.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the chat did not start:\n{log.read_text() if log.exists() else ''}")
        time.sleep(0.1)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
