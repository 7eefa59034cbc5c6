"""What the run's process spends, by the operating system's own count: processor time, and memory at its peak.

On Linux with the processes that it started and that still run, such as llama.cpp's; elsewhere of this process alone.
A pipeline in a process of its own is what these started processes spend, without the bench's: ``own`` False.
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


def processor_seconds(*, own: bool = True) -> float:
    """Seconds that processors have worked so far for this process, where it is to count, and for its children."""
    return (time.process_time() if own else 0.0) + sum(map(_seconds_of, _children()))


def peak_memory(*, own: bool = True) -> int | None:
    """The most bytes of memory that this process, where it is to count, and each child have held; None: unknown."""
    of_children = sum(map(_peak_of, _children()))
    if not own:
        return of_children or None
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else _KIB)
    return most + of_children


def _children() -> Iterator[Path]:
    """The folders in which Linux tells of the processes that this one started; none elsewhere."""
    for listed in (_PROC / "self" / "task").glob("*/children"):
        with suppress(OSError):  # the thread has just ended
            yield from (_PROC / number for number in listed.read_text().split())


def _seconds_of(process: Path) -> float:
    with suppress(OSError):
        fields = (process / "stat").read_text().rpartition(")")[2].split()  # proc(5): from field 3, the state, on
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _peak_of(process: Path) -> int:
    with suppress(OSError):
        lines = (process / "status").read_text().splitlines()
        return next((int(line.split()[1]) * _KIB for line in lines if line.startswith("VmHWM:")), 0)
    return 0
