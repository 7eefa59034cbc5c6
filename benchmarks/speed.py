"""How long a new user waits: for a cold `refdesk ask`, and for `refdesk chat` and `serve` until they are ready.

    python -m benchmarks.speed [--runs 5]

Each run is a process of its own, with an existing index of the sample documents; medians are printed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from index.onnx import cores

QUESTION = "How many 5G base stations does Beijing have?"


def refdesk(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "qa", *arguments]


def cold_ask(index: str) -> float:
    """Seconds from the start of `refdesk ask` until it has answered and ended."""
    began = time.perf_counter()
    subprocess.run(refdesk("ask", QUESTION, "--index", index), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def ready(command: str, index: str, route: str) -> float:
    """Seconds from the start of a server until ``route`` says that questions are answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    started = refdesk(command, "--index", index, "--port", str(port))
    with subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while time.perf_counter() - began < 60:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{route}", timeout=9):
                    return time.perf_counter() - began
                time.sleep(0.02)
        finally:
            server.terminate()
    raise SystemExit(f"refdesk {command} was not ready within 60 s")


def installed_bytes() -> int:
    """Size of this environment's packages."""
    packages = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    return sum(entry.stat().st_size for entry in packages.rglob("*") if entry.is_file() and not entry.is_symlink())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.chdir(Path(__file__).parent.parent)
    with tempfile.TemporaryDirectory() as index:
        subprocess.run(refdesk("index", "documents/samples", "--index", index), check=True, stdout=subprocess.DEVNULL)
        cold_ask(index)  # the first run fills the page cache
        asks = [cold_ask(index) for _ in range(options.runs)]
        chats = [ready("chat", index, "/health") for _ in range(options.runs)]
        serves = [ready("serve", index, "/readyz") for _ in range(options.runs)]
    for name, seconds in (("cold refdesk ask", asks), ("refdesk chat ready", chats), ("refdesk serve ready", serves)):
        print(f"{name:<21}median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")
    print(f"installed packages   {installed_bytes() / 1e9:.1f} GB")
    print(f"machine              {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
