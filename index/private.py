"""An index holds the text of documents and of visitors' uploads: only the user who runs Refdesk may read it.

A folder created here has mode 700 and a file mode 600, whatever the umask. Files of an index by an earlier version that
others may read get these modes when the index is next written. A folder that exists keeps its mode.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER, _FILE = 0o700, 0o600
_MODES = {stat.S_IFDIR: FOLDER, stat.S_IFREG: _FILE}  # a link is neither


def make_folder(folder: Path) -> None:
    """Create ``folder`` with mode 700 and the folders above it with the usual mode; one that exists stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(FOLDER, exist_ok=True)


def make_file(path: Path) -> None:
    """Create an empty file for a library to write, if there is none; where this fails, the library will say why.

    One that exists is not opened: closing it again would drop every lock that SQLite holds on it for this process
    (https://sqlite.org/howtocorrupt.html), and another process would write over what this one does.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, _FILE))


def keep(paths: Iterable[Path]) -> None:
    """Let nobody else read these files and folders; those of another user, links, and those gone stay as they are."""
    if os.name != "posix":
        return
    for path in paths:
        with suppress(OSError):
            status = path.lstat()
            kind = stat.S_IFMT(status.st_mode)
            if kind in _MODES and status.st_uid == os.geteuid() and status.st_mode & 0o077:
                path.chmod(_MODES[kind])


def readable_by_others(folder: Path) -> list[Path]:
    """The files below ``folder`` that other users of this machine can read, by path; links are passed over."""
    if os.name != "posix" or not folder.stat().st_mode & 0o011:  # they cannot enter it
        return []
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):  # gone meanwhile
            kind = stat.S_IFMT(path.lstat().st_mode)
            if kind == stat.S_IFDIR:
                found += readable_by_others(path)
            elif kind == stat.S_IFREG and path.stat().st_mode & 0o044:
                found.append(path)
    return found
