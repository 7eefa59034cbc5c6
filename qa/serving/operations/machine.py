"""What the desk runs on: Python, the settings, the disk, what the system grants a process."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from documents.errors import RefdeskError
from qa.serving.operations.finding import Finding
from qa.settings import Settings

GIGABYTE = 1024**3
LITTLE, FULL = 2 * GIGABYTE, GIGABYTE // 4  # bytes of free space
FILES = 256  # that a server has open at least, half of them connections
ADDRESSES = 5 * GIGABYTE // 2  # bytes that a server's models and threads reserve; it uses a quarter of them


class MachineError(RefdeskError):
    """The system grants too little to serve. The message is one line: of what, and how to have more."""


def check_python() -> Finding:
    """Python and the platform."""
    detail = (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}"
    )
    if sys.platform == "linux":
        return Finding("python", "ok", detail)
    limits = "read only files that you trust: the process that reads them has the whole network here"
    return Finding("python", "caution", detail, limits)


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Every setting that is no default, and where it comes from."""
    told = [f"{described} ({origin})" for described, origin in settings.changed]
    yield Finding("settings", "ok", "; ".join(told) or "all are defaults")
    for line in settings.set_by_files:
        advice = "make sure that the file is yours, since it decides where documents and keys go"
        yield Finding("settings", "caution", line, advice)


def check_disk(folder: Path) -> Finding:
    """The space where the index is, which every change needs twice."""
    at = folder.absolute()
    while not at.exists():
        at = at.parent
    free = shutil.disk_usage(at).free
    detail = f"{free / GIGABYTE:.1f} GB free where {folder} is"
    held = sum(map(_size, folder.rglob("*"))) if folder.is_dir() else 0
    if free < FULL:
        return Finding("disk", "wrong", detail, "free some space: changes and uploads will fail soon")
    if free < max(LITTLE, 2 * held):
        return Finding("disk", "caution", detail, "free some space: rebuilding the index or a backup may need more")
    return Finding("disk", "ok", detail)


def check_limits() -> Finding:
    """What the system grants a process that serves."""
    if lacking := _lacking():
        return Finding("limits", "wrong", *lacking)
    return Finding("limits", "ok", "a process may have enough files open, and enough memory")


def require_limits() -> None:
    """Raises MachineError where a server would begin to listen, and could not answer."""
    if lacking := _lacking():
        raise MachineError(": ".join(lacking))


def _lacking() -> tuple[str, str] | None:
    """What is granted too little, and what to do; None where nothing is."""
    if os.name != "posix":
        return None
    import resource

    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)  # a server raises its own limit up to this one
    if files != resource.RLIM_INFINITY and files < FILES:
        return f"a process may have {files} files open here, and serving needs {FILES}", f"raise it (ulimit -n {FILES})"
    memory, _ = resource.getrlimit(resource.RLIMIT_AS)
    if memory != resource.RLIM_INFINITY and memory < ADDRESSES:
        granted, needed = f"{memory / GIGABYTE:.1f} GB", f"{ADDRESSES / GIGABYTE:.1f} GB"
        return f"a process may reserve {granted} of memory here, and serving needs {needed}", (
            f"raise it (ulimit -v {ADDRESSES // 1024})"
        )
    return None


def _size(path: Path) -> int:
    """A file's bytes; 0 of what is none, or is gone meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
