"""An index holds what documents say, and what visitors brought along: only its owner may read it.

A folder made here has mode 700 and a file 600, whatever the umask. What others may read of an earlier version's index
is taken from them when the index is next written. A folder that exists keeps its mode.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FOLDER, _FILE = 0o700, 0o600
_MODES = {stat.S_IFDIR: _FOLDER, stat.S_IFREG: _FILE}  # a link is neither


def make_folder(folder: Path) -> None:
    """Make ``folder``, and those above it as usual; one that exists stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(_FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for a library to write; one that exists stays. Why it cannot be made, the library tells."""
    with suppress(OSError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, _FILE))


def keep(paths: Iterable[Path]) -> None:
    """Let nobody else read these files and folders; those that are not ours, or are gone, stay as they are."""
    if os.name != "posix":
        return
    for path in paths:
        with suppress(OSError):
            status = path.lstat()
            kind = stat.S_IFMT(status.st_mode)
            if kind in _MODES and status.st_uid == os.geteuid() and status.st_mode & 0o077:
                path.chmod(_MODES[kind])
