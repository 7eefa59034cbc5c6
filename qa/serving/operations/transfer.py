"""An index -> another place, with the files that are kept beside it; private collections stay private there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from index import private
from index.address import Location
from index.opened import open_store
from index.refresh import refresh
from index.relocate import move
from index.store import Store, StoreError
from index.transfer import Contents, finish, transfer
from qa.serving.access.accounts.opened import open_access
from qa.serving.access.accounts.users import Users
from qa.serving.api.library import FILES


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied, by table; the private collections, and the kept files that were gone."""

    tables: Mapping[str, Contents]
    private: tuple[str, ...]
    missing: tuple[str, ...]


def copy_index(source: Location, target: Location, on_progress: Callable[[int, int], None] = lambda *_: None) -> Copied:
    """Make a new index at ``target`` of the one at ``source``, or go on with a copy that was interrupted.

    Raises:
        StoreError: an index cannot be used, there is one at ``target``, or the copy is not the same.
        AccessError: which collections are private cannot be read or kept.
    """
    if source == target:
        raise StoreError(f"{source} cannot be copied to itself: name another place")
    original, copy = open_store(source), open_store(target, unfinished=True)
    contents = transfer(original, copy, on_progress)
    before, now = original.folder.absolute() / FILES, copy.folder.absolute() / FILES
    missing = _copy_files(copy, before, now)
    hidden = tuple(Users(open_access(source)).private())
    copy.hide(hidden)
    with copy.transaction() as transaction:
        move(transaction, before, now)
        finish(transaction)
    if hidden:
        Users(open_access(target)).keep_private(hidden)
    refresh(open_store(target))
    return Copied(contents, hidden, missing)


def _copy_files(copy: Store, before: Path, now: Path) -> tuple[str, ...]:
    """Copy the files that are kept beside the index from the folder ``before`` to ``now``; the names of those gone."""
    with copy.snapshot() as snapshot:
        paths = [Path(path) for (path,) in snapshot.db.execute("SELECT DISTINCT path FROM files ORDER BY path")]
    missing = []
    for path in (path for path in paths if before in path.parents):
        place = now / path.relative_to(before)
        for folder in (now, place.parent):
            private.make_folder(folder)
        private.make_file(place)
        try:
            shutil.copyfile(path, place)
        except FileNotFoundError:
            missing.append(path.name)
            place.unlink()
        except OSError as error:
            raise StoreError(f"cannot copy {path} to {place}: {(error.strerror or str(error)).lower()}") from error
    return tuple(missing)
