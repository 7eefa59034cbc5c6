"""The file of a backup: a ZIP archive with the desk's files and, last, a manifest with their sizes and SHA-256.

Nothing that an archive says is taken on trust: it may come from anywhere. Only files with the names of a desk's are
unpacked, none larger than the manifest says, and each must have its hash.
"""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from documents.errors import RefdeskError
from index import private
from index.store import FILE as STORE
from qa.serving.access.accounts.store import FILE as ACCESS
from qa.serving.access.audit import FILE as AUDIT
from qa.serving.access.audit import OLDER
from qa.serving.api.library import FILES

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 64 * 1024**2  # bytes
_KNOWN = frozenset({STORE, ACCESS, AUDIT, OLDER})
_ADDED = re.compile(re.escape(FILES) + r"/[0-9a-f]{16}/(?!\.{1,2}$)[^/\\\0]{1,255}")
_PART = 1024 * 1024
# What zipfile raises where an archive is damaged.
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError)


class BackupError(RefdeskError):
    """A backup that cannot be made or restored. The message is one line: why, and what to do."""


class Entry(BaseModel):
    """One file: its size in bytes, and its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What an archive holds, when and of which index folder it was made.

    - ``private``: the collections that only some may see, which stay private without the users;
    - ``changed``: files that were added by the API and replaced or deleted while the backup was made, so that they are
      not the ones that their documents were read from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    refdesk: str
    made: str
    folder: str
    generation: int
    state: str
    embedder: str
    documents: int
    passages: int
    private: tuple[str, ...]
    changed: tuple[str, ...]
    files: Mapping[str, Entry]


class ArchiveWriter:
    """Writes an archive; ``files`` are those written so far."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, Entry] = {}

    def add(self, name: str, path: Path) -> None:
        """Add the file ``path`` as ``name``."""
        with path.open("rb") as file, self._archive.open(name, "w", force_zip64=True) as member:
            self.files[name] = _copied(file, member)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest."""
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """A new archive at ``path``, for its owner alone: whole when the block ends, and not there when it raises.

    Raises:
        BackupError: the file is there already, or cannot be written.
    """
    if path.exists():
        raise BackupError(f"{path} is there already: give the backup another name, or delete that file")
    temporary = path.with_name(f"{path.name}.part")
    try:
        private.make_file(temporary)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            yield ArchiveWriter(archive)
        temporary.replace(path)
    except OSError as error:
        raise BackupError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    finally:
        temporary.unlink(missing_ok=True)


class Archive:
    """An archive that is there, with its manifest."""

    def __init__(self, path: Path) -> None:
        """Raises BackupError where it cannot be read, or is no backup of this version's."""
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive, archive.open(MANIFEST) as member:
                self.manifest = Manifest.model_validate_json(member.read(LARGEST_MANIFEST))
        except (*_DAMAGED, ValidationError) as error:
            raise BackupError(f"{path} is no backup of Refdesk's, or it is damaged: name another file") from error
        except OSError as error:
            raise BackupError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
        if self.manifest.format != FORMAT:
            raise BackupError(f"{path} is of another version of Refdesk: restore it with {self.manifest.refdesk}")
        strange = [name for name in self.manifest.files if name not in _KNOWN and not _ADDED.fullmatch(name)]
        if strange or STORE not in self.manifest.files:
            raise BackupError(f"{path} is no backup of Refdesk's: {strange[0] if strange else STORE} in it")

    def unpack(self, folder: Path) -> None:
        """Unpack all files below ``folder``.

        Raises:
            BackupError: a file is not the one that the manifest names, or there is no room.
        """
        needed, free = sum(entry.bytes for entry in self.manifest.files.values()), shutil.disk_usage(folder).free
        if needed > free:
            raise BackupError(f"{self.path} needs {needed:,} bytes and {folder} has {free:,}: free some space")
        with zipfile.ZipFile(self.path) as archive:
            for name, entry in self.manifest.files.items():
                target = folder / name
                for parent in reversed(target.relative_to(folder).parents[:-1]):
                    private.make_folder(folder / parent)
                private.make_file(target)
                try:
                    with archive.open(name) as member, target.open("wb") as file:
                        is_whole = _copied(member, file, entry.bytes) == entry
                except (*_DAMAGED, ValueError):
                    is_whole = False
                if not is_whole:
                    raise BackupError(f"{self.path} is damaged: {name} is not as it was saved; take another backup")


def _copied(given: IO[bytes], to: IO[bytes], most: float = math.inf) -> Entry:
    """Copy a file; no more than a little beyond ``most`` bytes."""
    digest, size = hashlib.sha256(), 0
    while size <= most and (part := given.read(_PART)):
        to.write(part)
        digest.update(part)
        size += len(part)
    return Entry(bytes=size, sha256=digest.hexdigest())
