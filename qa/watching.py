"""Keeping an index current: what changes in files and folders is indexed within a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from documents.document import DocumentError
from documents.find import base_of, folders_below
from documents.patterns import IGNORE_FILE
from index import files
from index.report import Report

DEBOUNCE = 1000  # milliseconds that changes are gathered for, so that a file is not read while it is still written

TICK = 200  # milliseconds after which it is looked whether the folders are still the same

Changed = Collection[Path] | None


def watch(paths: Sequence[Path], apart: Path, update: Callable[[Changed], Report], say: Callable[[str], None]) -> None:
    """Calls ``update`` with the paths that changed (None: look at all) until interrupted, and says what it did.

    Nothing below ``apart``, the index's own folder, counts as a change.
    """
    bases = [files.place(base_of(path)) for path in paths]
    folders = {base if base.is_dir() else base.parent for base in bases}
    ours = files.place(apart)

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        return not path.is_relative_to(ours) and any(path.is_relative_to(base) for base in bases)

    look = _Look(update, say)
    with suppress(KeyboardInterrupt):
        while True:
            first, watched = True, _identities(folders)
            # Each by itself, since a folder watched with all that is in it is watched through links too, to the root.
            within = {folder for folder in folders_below(bases) if not folder.is_relative_to(ours)} | folders
            for changes in _changes(within, counts):
                changed = {Path(name) for _, name in changes}
                if first or any(path.name == IGNORE_FILE for path in changed):
                    look(None)  # first, what changed before it was watched
                elif changed:
                    look(changed)
                first = False
                if any(path in within or _is_new(path) for path in changed):
                    break  # there are other folders than before
                if watched != _identities(folders) and all(folder.is_dir() for folder in folders):
                    break  # a folder was put in the place of one that is watched


def _changes(folders: Collection[Path], counts: Callable[[object, str], bool]) -> Iterator[set[tuple[Any, str]]]:
    """What changes in the folders, every moment; ends where one of them is gone before it is watched."""
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


def _is_new(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _identities(folders: Collection[Path]) -> dict[Path, tuple[int, int]]:
    """What tells a folder from another in its place."""
    found = {}
    for folder in folders:
        with suppress(OSError):
            status = folder.stat()
            found[folder] = (status.st_dev, status.st_ino)
    return found


class _Look:
    """Updates, and says what that did; what failed is said once, and not what the run before the first look said."""

    def __init__(self, update: Callable[[Changed], Report], say: Callable[[str], None]) -> None:
        self._update = update
        self._say = say
        self._failed: set[str] | None = None  # the reasons that are known; None before the first look

    def __call__(self, changed: Changed) -> None:
        try:
            report = self._update(changed)
        except DocumentError as error:  # a root that is gone: it may come back
            self._say(str(error))
            return
        for what, found in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
            for path in found:
                self._say(f"{what} {path}")
        failed = list(report.failed.values())
        for reason in failed:
            is_known = self._failed is None or reason in self._failed
            if changed is not None or not is_known or IGNORE_FILE in reason:
                self._say(f"failed {reason}")
        known = set() if changed is None or self._failed is None else self._failed
        self._failed = known | set(failed)
