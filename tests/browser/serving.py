"""Runs a chat server in a process of its own while a test needs it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    url: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serving(arguments: list[str], log: Path) -> Iterator[Served]:
    """Runs ``python ARGUMENTS PORT`` on a free port; yields when it listens, and ends it afterwards."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments, str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=log.parent,
        )
    try:
        _wait(process, log)
        yield Served(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while "Refdesk is listening on" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the chat did not start:\n{log.read_text()}")
        time.sleep(0.1)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
