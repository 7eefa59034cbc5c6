"""What the desk runs on: Python, the settings, the disk."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from qa.operations.finding import Finding
from qa.settings import Settings

GIGABYTE = 1024**3
LITTLE, FULL = 2 * GIGABYTE, GIGABYTE // 4  # bytes of free space


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


def _size(path: Path) -> int:
    """A file's bytes; 0 of what is none, or is gone meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
