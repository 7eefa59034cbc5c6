"""What a process spends, by the operating system's own count: processor time, and memory at its peak.

On Linux with the processes that it started and that still run, such as llama.cpp's; elsewhere of this process alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_KIB = 1024


def processor_seconds(process: int) -> float:
    """Seconds that processors have worked so far for a process and for its children; 0 where nothing tells."""
    own = time.process_time() if process == os.getpid() else _seconds_of(process)
    return own + sum(map(_seconds_of, _children(process)))


def peak_memory(process: int) -> int | None:
    """The most bytes of memory that a process and each of its children have held; None where nothing tells."""
    own = _own_peak() if process == os.getpid() else _peak_of(process)
    return own + sum(map(_peak_of, _children(process))) if own else None


def _own_peak() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else _KIB)


def _children(process: int) -> Iterator[int]:
    """The processes that Linux tells to be started by this one; none elsewhere."""
    for listed in (_PROC / str(process) / "task").glob("*/children"):
        with suppress(OSError):  # the thread has just ended
            yield from map(int, listed.read_text().split())


def _seconds_of(process: int) -> float:
    with suppress(OSError):
        # proc(5): from field 3, the state, on
        fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _peak_of(process: int) -> int:
    with suppress(OSError):
        lines = (_PROC / str(process) / "status").read_text().splitlines()
        return next((int(line.split()[1]) * _KIB for line in lines if line.startswith("VmHWM:")), 0)
    return 0
