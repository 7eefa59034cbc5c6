"""Files that visitors bring along: indexed in the background for one conversation, and gone with it.

A conversation is known by a secret that its page made up; its sources belong to an owner named by the secret's hash, so
that no other search sees them (``index.passage.Scope``). The files lie in a folder of this server's own below the
index, until they are indexed, or as long as the conversation where pages are shown from them. A server that died leaves
its folder behind unlocked: the next one to start forgets all that came from it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal

from filelock import FileLock, Timeout

from documents.load import format_of
from index.ingest import Ingest, Progress, remove
from index.store import Store, StoreError

MEGABYTE = 1024 * 1024
MAX_FILES = 50  # of one conversation
MAX_KEPT = 4096 * MEGABYTE  # bytes of all conversations' files
GRACE = 120.0  # seconds from when a page was left until its conversation is over: a reload comes back sooner
SILENCE = 3600.0  # seconds without a word from it that end a conversation; an open page speaks up each minute
SWEEP = 5.0  # seconds between two looks for conversations that are over
# The files that are needed again: their pages are shown.
SHOWN = frozenset({".pdf"})

State = Literal["waiting", "reading", "ready", "failed"]
logger = logging.getLogger(__name__)

_SECRET = re.compile(r"[0-9a-f]{32}")


class UploadError(Exception):
    """A file that is not taken. The message is one line for the visitor; ``status`` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class _Cancelled(Exception):  # noqa: N818
    """Nobody waits for the file any more."""


@dataclass(slots=True)
class Upload:
    """A file of a conversation and how far it is; ``share`` is between 0 and 1."""

    number: int
    name: str
    path: Path
    state: State = "waiting"
    share: float = 0.0
    reason: str = ""
    cancelled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What the page is told."""
        return {
            "number": self.number,
            "name": self.name,
            "state": self.state,
            "share": round(self.share, 3),
            "reason": self.reason,
        }


@dataclass(slots=True)
class _Conversation:
    owner: str
    folder: Path
    heard: float
    left: float | None = None
    count: int = 0
    uploads: dict[int, Upload] = field(default_factory=dict)


def owner_of(secret: object) -> str | None:
    """Whose the sources of the conversation with that secret are; None when it is no secret of a page's."""
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
        return None
    return f"chat:{hashlib.sha256(secret.encode()).hexdigest()[:32]}"


class Uploads:
    """The files of all conversations of this server, and the thread that indexes them. Threads may share it."""

    def __init__(
        self,
        store: Store,
        ingest: Ingest,
        *,
        max_bytes: int = 64 * MEGABYTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.max_bytes = max_bytes
        self._ingest = ingest
        self._clock = clock
        self._lock = threading.RLock()
        self._conversations: dict[str, _Conversation] = {}
        self._queue = SimpleQueue[tuple[_Conversation, Upload] | None]()
        self._thread: threading.Thread | None = None
        forget_dead(store)
        self._folder = _root(store) / secrets.token_hex(8)
        self._folder.mkdir(mode=0o700, parents=True)
        self._alive = FileLock(self._folder / "alive")
        self._alive.acquire()

    def begin(self, owner: str, name: str, size: int) -> Path:
        """Where to write a file of ``size`` bytes that the visitor calls ``name``.

        Raises:
            UploadError: it is not taken.
        """
        if format_of(name) is None:
            raise UploadError("files of that format cannot be read", 415)
        if size > self.max_bytes:
            raise UploadError(f"larger than {self.max_bytes // MEGABYTE} MB, the limit for files in the chat", 413)
        with self._lock:
            conversation = self._hear(owner)
            if len(conversation.uploads) >= MAX_FILES:
                raise UploadError(f"a conversation holds at most {MAX_FILES} files: remove some first", 409)
            if size + sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file()) > MAX_KEPT:
                raise UploadError("the server holds as many files as it can just now: try again later", 507)
            conversation.count += 1
            folder = conversation.folder / str(conversation.count)
            folder.mkdir(mode=0o700, parents=True)
        return folder / safe_name(name)

    def add(self, owner: str, path: Path) -> Upload:
        """Have the file that was written to ``path`` (see ``begin``) indexed; returns at once."""
        with self._lock:
            conversation = self._hear(owner)
            upload = Upload(int(path.parent.name), path.name, path)
            conversation.uploads[upload.number] = upload
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="uploads", daemon=True)
                self._thread.start()
        self._queue.put((conversation, upload))
        return upload

    def listed(self, owner: str) -> list[Upload]:
        """The conversation's files, in order."""
        with self._lock:
            if owner not in self._conversations:
                return []
            return list(self._hear(owner).uploads.values())

    def take_back(self, owner: str, number: int) -> None:
        """Cancel or remove one file."""
        with self._lock:
            conversation = self._conversations.get(owner)
            upload = conversation.uploads.pop(number, None) if conversation else None
        if upload:
            self._drop([upload])

    def leave(self, owner: str) -> None:
        """The page was left: unless it comes back soon, the conversation is over."""
        with self._lock:
            if owner in self._conversations:
                self._conversations[owner].left = self._clock()

    def end(self, owner: str) -> None:
        """The conversation is over: its files and all that was read from them go."""
        with self._lock:
            conversation = self._conversations.pop(owner, None)
        if conversation:
            self._drop(list(conversation.uploads.values()))
            shutil.rmtree(conversation.folder, ignore_errors=True)

    def close(self) -> None:
        """End all conversations, and the thread. May be called again."""
        for owner in list(self._conversations):
            self.end(owner)
        self._queue.put(None)
        if self._thread:
            self._thread.join()
        self._alive.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def sweep(self) -> None:
        """End the conversations that were left, or of which nothing was heard for long."""
        now = self._clock()
        with self._lock:
            over = [
                owner
                for owner, conversation in self._conversations.items()
                if now - conversation.heard > SILENCE
                or (conversation.left is not None and now - conversation.left > GRACE)
            ]
        for owner in over:
            self.end(owner)

    def _hear(self, owner: str) -> _Conversation:
        conversation = self._conversations.get(owner)
        if conversation is None:
            folder = self._folder / owner.removeprefix("chat:")
            conversation = self._conversations[owner] = _Conversation(owner, folder, self._clock())
        conversation.heard, conversation.left = self._clock(), None
        return conversation

    def _drop(self, uploads: list[Upload]) -> None:
        for upload in uploads:
            upload.cancelled = True
        try:
            remove(self.store, [upload.path for upload in uploads])
        except StoreError as error:
            logger.error("%s", error)
        for upload in uploads:
            shutil.rmtree(upload.path.parent, ignore_errors=True)

    def _work(self) -> None:
        while True:
            try:
                job = self._queue.get(timeout=SWEEP)
            except Empty:
                self.sweep()
                continue
            if job is None:
                return
            self._index(*job)

    def _index(self, conversation: _Conversation, upload: Upload) -> None:
        def tell(progress: Progress) -> None:
            if upload.cancelled:
                raise _Cancelled
            upload.share = progress.bytes / max(1, progress.of_bytes)

        upload.state = "reading"
        try:
            report = self._ingest.update([upload.path], owner=conversation.owner, on_progress=tell)
        except _Cancelled:
            self._drop([upload])
            return
        except Exception as error:
            if not upload.cancelled:  # whose file is gone meanwhile
                logger.error("%s could not be indexed: %s", upload.path, error)
            upload.state, upload.reason = "failed", "it could not be indexed just now; please try again later"
            return
        reasons = [_told(reason, upload) for reason in report.failed.values()]
        read = len(report.added) + len(report.unchanged) + len(report.changed)
        upload.reason = reasons[0] if reasons and not read else _in_part(reasons)
        upload.state = "ready" if read else "failed"
        if upload.cancelled:  # just when it was done
            self._drop([upload])
        elif upload.path.suffix.lower() not in SHOWN:
            upload.path.unlink(missing_ok=True)


def forget_dead(store: Store) -> None:
    """Forget what came from servers that are no more: their folders are not locked."""
    for folder in _root(store).glob("*/"):
        lock = FileLock(folder / "alive")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        if store.exists:
            remove(store, [folder])
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """The name as that of a file: no folders, nothing hidden, nothing that does not print, no longer than 150 bytes."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char if char.isprintable() and char not in '<>:"|?*' else "_" for char in last).strip(". ")
    stem, suffix = os.path.splitext(shown)  # noqa: PTH122 - not a path yet
    suffix = suffix if suffix else f".{shown}"
    stem = stem if suffix != f".{shown}" else ""
    return (stem.encode("utf-8", "ignore")[:150].decode("utf-8", "ignore") or "file") + suffix


def _root(store: Store) -> Path:
    # Hidden, so that whoever indexes a folder that holds the index does not index what visitors brought.
    return store.folder.absolute() / ".uploads"


def _told(reason: str, upload: Upload) -> str:
    """Why a file, or what is in it, cannot be read, without where it lies here."""
    return reason.removeprefix(f"{upload.path}: ").replace(f"{upload.path}{os.sep}", "").replace(
        str(upload.path), upload.name
    )  # fmt: skip


def _in_part(reasons: list[str]) -> str:
    return f"not all of it could be read: {reasons[0]}" if reasons else ""
