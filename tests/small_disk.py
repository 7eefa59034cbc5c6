"""A disk that is soon full, and one that is only read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components import lacking


def needs_root(what: str) -> None:
    """Skip the test where it may not do this."""
    if os.geteuid() != 0:
        lacking("root", f"only root may {what}")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size, such as "1M", mounted on the new folder."""
    needs_root("mount a small disk")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no room; the file "filler" takes it."""
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            continue
    assert shutil.disk_usage(folder).free == 0


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing can be written to the folder, not even by root."""
    needs_root("mount a disk")
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
