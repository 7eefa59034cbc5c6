"""Index folder -> archive, while the desk is served and documents are added.

The store is copied by SQLite as it is at one moment. What is derived from it is left out, since it can be made again;
so is what visitors brought to their conversations, which ends with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from index.relocate import copy_shared
from index.snapshot import Snapshot
from index.store import FILE as STORE
from index.store import Store
from qa.serving.access.accounts.store import FILE as ACCESS
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users
from qa.serving.access.audit import FILE as AUDIT
from qa.serving.access.audit import OLDER, Audit
from qa.serving.api.library import FILES
from qa.serving.operations.archive import Archive, ArchiveWriter, BackupError, Manifest, writing

# What an index folder holds besides, and why it is in no archive.
_DERIVED = ("vectors-", ".lexical", f"{STORE}-")
_OF_SERVERS = (".uploads", ".audit.jsonl.lock")


def back_up(folder: Path, path: Path, *, users: bool = False, audit: bool = False) -> Manifest:
    """Save the index folder as the archive ``path``; on request with its users and tokens, and with its audit log.

    Raises:
        BackupError: the archive is there already, or cannot be written.
        StoreError, AccessError: the index, or who is known, cannot be read.
    """
    store = Store(folder)
    if not path.parent.is_dir():
        raise BackupError(f"cannot write {path}: there is no folder {path.parent}")
    with writing(path) as archive, tempfile.TemporaryDirectory(prefix=".refdesk-", dir=path.parent) as temporary:
        copy = copy_shared(store, Path(temporary))
        archive.add(STORE, copy.path)
        access = AccessStore(folder)
        if users and access.path.exists():
            access.copy_to(Path(temporary) / ACCESS)
        if audit:
            Audit(folder).copy_to(Path(temporary))
        for name in (ACCESS, AUDIT, OLDER):
            if (Path(temporary) / name).exists():
                archive.add(name, Path(temporary) / name)
        with copy.snapshot() as snapshot:
            manifest = Manifest(
                refdesk=version("refdesk"),
                made=datetime.now(UTC).isoformat(timespec="seconds"),
                folder=str(folder.absolute()),
                generation=snapshot.generation,
                state=snapshot.state,
                embedder=snapshot.embedder,
                documents=snapshot.count("documents"),
                passages=snapshot.count("chunks"),
                private=tuple(Users(access).private()),
                changed=tuple(_add_files(archive, folder.absolute(), snapshot)),
                files=archive.files,
            )
        archive.finish(manifest)
    return Archive(path).manifest


def left_out(folder: Path, manifest: Manifest) -> list[str]:
    """What lies in the index folder and is neither in the archive nor made again: file names, in order."""
    held = {name.partition("/")[0] for name in manifest.files}
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.name not in (*held, FILES, *_OF_SERVERS) and not path.name.startswith(_DERIVED)
    )


def _add_files(archive: ArchiveWriter, folder: Path, snapshot: Snapshot) -> Iterator[str]:
    """Add the files that are kept beside the index; yields those that are not what their documents were read from."""
    rows = snapshot.db.execute("SELECT path, digest FROM files ORDER BY path").fetchall()
    for path, digest in rows:
        file = Path(path)
        if folder / FILES not in file.parents:
            continue
        name = file.relative_to(folder).as_posix()
        try:
            archive.add(name, file)
            is_same = archive.files[name].sha256 == digest
        except FileNotFoundError:
            is_same = False
        if not is_same:
            yield name
