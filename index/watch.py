"""Keeping an index up to date while its files change: each change is indexed within a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from documents.document import DocumentError
from documents.find import base_of, folders_below
from documents.patterns import IGNORE_FILE
from index.paths import normal_path
from index.report import Report
from index.store import StoreError

DEBOUNCE = 1000  # milliseconds for which changes are gathered, so that a file is not read while it is being written
PAUSE = 5.0  # seconds after which an index that could not be written is tried again
TICK = 200  # milliseconds between two checks whether the watched folders are still the same

Changed = Collection[Path] | None


def watch(
    paths: Sequence[Path], index_folder: Path, update: Callable[[Changed], Report], say: Callable[[str], None]
) -> None:
    """Watch ``paths`` until interrupted: call ``update`` with the paths that changed and ``say`` what it did.

    ``update`` gets None where all of ``paths`` are to be compared with the index. Changes below ``index_folder`` do not
    count. ``say`` gets one line a change.
    """
    bases = [normal_path(base_of(path)) for path in paths]
    folders = {base if base.is_dir() else base.parent for base in bases}
    ours = normal_path(index_folder)

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        return not path.is_relative_to(ours) and any(path.is_relative_to(base) for base in bases)

    updater = Updater(update, say)
    with suppress(KeyboardInterrupt):
        while True:
            first, identities = True, _identities(folders)
            # Each folder is watched by itself: recursive watching would follow links, up to the root.
            watched = {folder for folder in folders_below(bases) if not folder.is_relative_to(ours)} | folders
            for changes in _changes(watched, counts):
                changed, is_done = {Path(name) for _, name in changes}, True
                if first or any(path.name == IGNORE_FILE for path in changed):
                    is_done = updater.run(None)  # the first time, for what changed before the watch began
                elif changed:
                    is_done = updater.run(changed)
                if first := not is_done:
                    time.sleep(PAUSE)
                is_replaced = identities != _identities(folders) and all(folder.is_dir() for folder in folders)
                if is_replaced or _folders_changed(changed, watched):
                    break  # watch the folders that there are now


def _changes(folders: Collection[Path], counts: Callable[[object, str], bool]) -> Iterator[set[tuple[Any, str]]]:
    """What changed in the folders, at every tick; ends if a folder is gone before the watch begins."""
    import watchfiles

    try:
        yield from watchfiles.watch(
            *folders,
            watch_filter=counts,
            debounce=DEBOUNCE,
            rust_timeout=TICK,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
    except FileNotFoundError:
        time.sleep(TICK / 1000)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _folders_changed(changed: Collection[Path], watched: Collection[Path]) -> bool:
    """Whether folders came or went."""
    return any(path in watched or _is_folder(path) for path in changed)


def _identities(folders: Collection[Path]) -> dict[Path, tuple[int, int]]:
    """Device and inode of each folder, by which another folder in its place is noticed."""
    found = {}
    for folder in folders:
        with suppress(OSError):
            status = folder.stat()
            found[folder] = (status.st_dev, status.st_ino)
    return found


class Updater:
    """Updates an index and says, in lines, what that did.

    A failure is said once. The first full update stays silent about failures of files, since the run before the watch
    has reported them.
    """

    def __init__(self, update: Callable[[Changed], Report], say: Callable[[str], None]) -> None:
        self._update = update
        self._say = say
        self._reasons: set[str] | None = None  # of failures said or reported before; None before the first update
        self._unwritten = ""  # why the index could not be written the last time

    def run(self, changed: Changed) -> bool:
        """Update with what changed (None: compare all files); whether the index could be written.

        It may be written by somebody else just now, or the disk be full: then all files are to be compared again.
        """
        try:
            report = self._update(changed)
        except DocumentError as error:  # a root is gone; it may come back
            self._say(str(error))
            return True
        except StoreError as error:
            if str(error) != self._unwritten:
                self._say(str(error))
            self._unwritten = str(error)
            return False
        self._unwritten = ""
        for what, paths in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
            for path in paths:
                self._say(f"{what} {path}")
        reasons = list(report.failed.values())
        for reason in reasons:
            is_known = self._reasons is None or reason in self._reasons
            if changed is not None or not is_known or IGNORE_FILE in reason:
                self._say(f"failed {reason}")
        known = set() if changed is None or self._reasons is None else self._reasons
        self._reasons = known | set(reasons)
        return True
