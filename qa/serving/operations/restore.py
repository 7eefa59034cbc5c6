"""Archive -> index folder. All is unpacked, checked and made ready beside what is there before anything is replaced."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from index import private
from index.integrity import damage
from index.refresh import refresh
from index.relocate import move_sources
from index.store import FILE as STORE
from index.store import Store
from qa.serving.access.accounts.store import FILE as ACCESS
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users
from qa.serving.api.library import FILES
from qa.serving.operations.archive import Archive, BackupError, Manifest
from qa.serving.uploads.uploads import is_served

_REPLACED = (f"{STORE}-wal", f"{STORE}-shm", STORE, "vectors-*", ".lexical", FILES)


def restore(path: Path, folder: Path, *, force: bool = False) -> Manifest:
    """Make the index folder what it was when the archive ``path`` was made; ``force`` replaces an index that is there.

    What the archive does not hold, such as the users, stays as it is there; collections that were private are private.

    Raises:
        BackupError: the archive is damaged, or the folder is not empty or in use.
        StoreError: the index in it is of another version, or cannot be written.
    """
    archive = Archive(path)
    if folder.is_dir() and any(folder.iterdir()):
        if not force:
            raise BackupError(f"{folder} is not empty: name another folder with --index, or replace it with --force")
        if is_served(Store(folder)):
            raise BackupError(f"a server is running over {folder}: stop it, and start it again afterwards")
    private.make_folder(folder)
    staged = Path(tempfile.mkdtemp(prefix=".restoring-", dir=folder))
    try:
        archive.unpack(staged)
        _prepare(archive, Store(staged), folder.absolute())
        _replace(staged, folder)
    except OSError as error:
        raise BackupError(f"cannot write {folder}: {(error.strerror or str(error)).lower()}") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    users = AccessStore(folder)
    if archive.manifest.private and ACCESS not in archive.manifest.files:
        Users(users).keep_private(archive.manifest.private)
    users.note_private()
    return archive.manifest


def _prepare(archive: Archive, store: Store, folder: Path) -> None:
    """Check the store that was unpacked, and make what is derived from it."""
    with store.snapshot() as snapshot:
        found = damage(snapshot)
        if found or snapshot.state != archive.manifest.state:
            raise BackupError(f"{archive.path} holds a damaged index ({', '.join(found[:1])}): take another backup")
    before = Path(archive.manifest.folder)
    if before != folder:
        move_sources(store, before / FILES, folder / FILES)
    refresh(store)


def _replace(staged: Path, folder: Path) -> None:
    """Put what was unpacked in the place of what is there; the store last, without which there is no index."""
    for pattern in _REPLACED:
        for old in folder.glob(pattern):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in sorted(staged.iterdir(), key=lambda path: path.name == STORE):
        new.replace(folder / new.name)
