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
from typing import Any, Literal

from filelock import FileLock, Timeout

from documents.errors import RefdeskError
from documents.load import format_of
from index.ingest import Ingest, Progress, remove
from index.store import Store, StoreError

MEGABYTE = 1024 * 1024
MAX_FILES = 50  # of one conversation
MAX_KEPT = 4096 * MEGABYTE  # bytes of all conversations' files
MAX_KEPT_OF_CONVERSATION = 1024 * MEGABYTE
MAX_KEPT_OF_ADDRESS = 2048 * MEGABYTE
MAX_CONVERSATIONS = 1000  # that hold files
MAX_CONVERSATIONS_OF_ADDRESS = 50
COMING_OF_CONVERSATION = 2  # files that are being received at a time; the page sends one after the other
COMING_OF_ADDRESS = 8
GRACE = 120.0  # seconds from when a page was left until its conversation is over: a reload comes back sooner
SILENCE = 3600.0  # seconds without a word from it that end a conversation; an open page speaks up each minute
LAST = 2.5  # seconds that threads may take to end: a cancelled file costs a tenth, a slice of embedding a second
SWEEP = 5.0  # seconds between two looks for conversations that are over
SMALL = 256 * 1024  # bytes of a file that another conversation's larger one does not hold up
MAX_PASSAGES = 3000  # of one file, of about 800 characters: two cores embed 50 a second, this many in a minute
UNTOLD = "it could not be indexed"  # where no reason is known
# The files that are needed again: their pages are shown.
SHOWN = frozenset({".pdf"})

State = Literal["waiting", "reading", "ready", "failed"]
logger = logging.getLogger(__name__)

_SECRET = re.compile(r"[0-9a-f]{32}")


class UploadError(RefdeskError):
    """A file that is not taken. The message is one line for the visitor; ``status`` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class _Cancelled(Exception):  # noqa: N818
    """Nobody waits for the file any more."""


@dataclass(slots=True)
class Upload:
    """A file of a conversation and how far it is; ``share`` is between 0 and 1, ``held`` its bytes that lie here."""

    number: int
    name: str
    path: Path
    held: int
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
    address: str  # of the client that brought its first file
    folder: Path
    heard: float
    left: float | None = None
    count: int = 0
    served: int = 0  # its latest turn
    uploads: dict[int, Upload] = field(default_factory=dict)


@dataclass(slots=True)
class _Coming:
    """A file that is being received: its place is taken, and room for what has arrived, not for what is announced."""

    conversation: _Conversation
    address: str
    size: int
    arrived: int = 0


def owner_of(secret: object) -> str | None:
    """Whose the sources of the conversation with that secret are; None when it is no secret of a page's."""
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
        return None
    return f"chat:{hashlib.sha256(secret.encode()).hexdigest()[:32]}"


class Uploads:
    """The files of all conversations of this server, and the threads that index them. Threads may share it.

    Conversations are served in turn, one file of each at a time, its smallest first. One thread takes any file, another
    only small ones, so that nobody's large file makes a short one wait; a third ends the conversations that are over.
    """

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
        self._coming: dict[Path, _Coming] = {}
        self._waiting: list[tuple[_Conversation, Upload]] = []
        self._served: set[str] = set()  # whose file is being indexed
        self._turns = 0
        self._changed = threading.Condition(self._lock)
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        forget_dead(store)
        self._folder = _root(store) / secrets.token_hex(8)
        self._folder.mkdir(mode=0o700, parents=True)
        self._alive = FileLock(self._folder / "alive")
        self._alive.acquire()

    def begin(self, owner: str, name: str, size: int, address: str = "") -> Path:
        """Where to write a file of ``size`` bytes that the visitor calls ``name``; ``release`` it in any case.

        ``address`` is the client's: what all conversations of one address may bring is bounded, too.

        Raises:
            UploadError: it is not taken.
        """
        safe = safe_name(name)
        if not (_is_read(name) and _is_read(safe)):  # a name that only ends like a file's may become another's
            raise UploadError("files of that format cannot be read", 415)
        if size > self.max_bytes:
            raise UploadError(f"larger than {self.max_bytes // MEGABYTE} MB, the limit for files in the chat", 413)
        with self._lock:
            if self._closed.is_set():
                raise UploadError("the server is about to stop", 503)
            self._check_conversations(owner, address)
            conversation = self._hear(owner, address)
            coming = [one for one in self._coming.values() if one.conversation.owner == owner]
            if len(conversation.uploads) + len(coming) >= MAX_FILES:
                raise UploadError(f"a conversation holds at most {MAX_FILES} files: remove some first", 409)
            of_address = sum(one.address == address for one in self._coming.values())
            if len(coming) >= COMING_OF_CONVERSATION or of_address >= COMING_OF_ADDRESS:
                raise UploadError("too many files are being sent at a time: send it when the others have arrived", 429)
            self._check_room(conversation, address, size)
            conversation.count += 1
            path = conversation.folder / str(conversation.count) / safe
            path.parent.mkdir(mode=0o700, parents=True)
            self._coming[path] = _Coming(conversation, address, size)
            self._start()
        return path

    def arrived(self, path: Path, count: int) -> None:
        """Another ``count`` bytes of the file for ``path`` (see ``begin``) have come.

        Raises:
            UploadError: there is no room for them.
        """
        with self._lock:
            coming = self._coming[path]
            self._check_room(coming.conversation, coming.address, count)
            coming.arrived += count

    def release(self, path: Path) -> None:
        """Nothing more comes for ``path`` (see ``begin``): unless it was added, its place is free, its folder gone."""
        with self._lock:
            aborted = self._coming.pop(path, None)
        if aborted:
            shutil.rmtree(path.parent, ignore_errors=True)
            self._forget_empty(aborted.conversation)

    def add(self, owner: str, path: Path) -> Upload:
        """Have the file that was written to ``path`` (see ``begin``) indexed; returns at once.

        Raises:
            UploadError: its conversation is over.
        """
        with self._changed:
            coming = self._coming[path]
            if self._conversations.get(owner) is not coming.conversation:
                raise UploadError("the conversation is over", 409)
            del self._coming[path]
            conversation = self._hear(owner)
            upload = Upload(int(path.parent.name), path.name, path, coming.size)
            conversation.uploads[upload.number] = upload
            self._waiting.append((conversation, upload))
            self._changed.notify_all()
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
        """End all conversations, and the threads. May be called again.

        What a thread is still at after some seconds is left to the next server to start (``forget_dead``).
        """
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
            over = list(self._conversations.values())
            self._conversations.clear()
        if over:
            self._drop([upload for conversation in over for upload in conversation.uploads.values()])
        deadline = time.monotonic() + LAST
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
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

    def _hear(self, owner: str, address: str = "") -> _Conversation:
        conversation = self._conversations.get(owner)
        if conversation is None:
            folder = self._folder / secrets.token_hex(8)  # never again that of one which ended while a file came
            conversation = self._conversations[owner] = _Conversation(owner, address, folder, self._clock())
        conversation.heard, conversation.left = self._clock(), None
        return conversation

    def _forget_empty(self, conversation: _Conversation) -> None:
        """Forget a conversation that nothing came of: one that only announces files takes no place."""
        with self._lock:
            coming = any(one.conversation is conversation for one in self._coming.values())
            if conversation.uploads or coming or self._conversations.get(conversation.owner) is not conversation:
                return
            del self._conversations[conversation.owner]
        shutil.rmtree(conversation.folder, ignore_errors=True)

    def _check_conversations(self, owner: str, address: str) -> None:
        """
        Raises:
            UploadError: it would be one conversation with files too many.
        """
        if owner in self._conversations:
            return
        own = sum(one.address == address for one in self._conversations.values())
        if own >= MAX_CONVERSATIONS_OF_ADDRESS or len(self._conversations) >= MAX_CONVERSATIONS:
            raise UploadError("too many conversations hold files just now: try again later", 429)

    def _check_room(self, conversation: _Conversation, address: str, more: int) -> None:
        """
        Raises:
            UploadError: ``more`` bytes would be too many, of the conversation, of the address, or of all.
        """
        every = [(one, upload.held) for one in self._conversations.values() for upload in one.uploads.values()]
        every += [(one.conversation, one.arrived) for one in self._coming.values()]
        own = sum(held for one, held in every if one is conversation)
        of_address = sum(held for one, held in every if one.address == address)
        if own + more > MAX_KEPT_OF_CONVERSATION:
            raise UploadError("the conversation holds as much as it can: remove some files first", 507)
        if of_address + more > MAX_KEPT_OF_ADDRESS or sum(held for _, held in every) + more > MAX_KEPT:
            raise UploadError("the server holds as many files as it can just now: try again later", 507)

    def _drop(self, uploads: list[Upload]) -> None:
        for upload in uploads:
            upload.cancelled = True
        try:
            remove(self.store, [upload.path for upload in uploads])
        except StoreError as error:
            logger.error("%s", error)
        for upload in uploads:
            shutil.rmtree(upload.path.parent, ignore_errors=True)

    def _start(self) -> None:
        """Start the threads with the first file that is announced."""
        if self._threads:
            return
        self._threads = [
            threading.Thread(target=self._work, args=(self.max_bytes,), name="uploads", daemon=True),
            threading.Thread(target=self._work, args=(SMALL,), name="small uploads", daemon=True),
            threading.Thread(target=self._sweep_on, name="sweeper", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _sweep_on(self) -> None:
        while not self._closed.wait(SWEEP):
            try:
                self.sweep()
            except Exception:  # the next round may do better, and must come
                logger.exception("conversations that are over could not be ended")

    def _work(self, most: int) -> None:
        """Index files of at most ``most`` bytes until the end."""
        while job := self._wait_for(most):
            try:
                self._index(*job)
            finally:
                with self._changed:
                    self._served.discard(job[0].owner)
                    self._changed.notify_all()

    def _wait_for(self, most: int) -> tuple[_Conversation, Upload] | None:
        with self._changed:
            while not self._closed.is_set():
                job = self._next(most)
                if job:
                    self._turns += 1
                    job[0].served = self._turns
                    self._served.add(job[0].owner)
                    self._waiting.remove(job)
                    return job
                self._changed.wait()
        return None

    def _next(self, most: int) -> tuple[_Conversation, Upload] | None:
        """Of the conversation whose turn was longest ago, the smallest file."""
        self._waiting = [job for job in self._waiting if not job[1].cancelled]
        free = [job for job in self._waiting if job[1].held <= most and job[0].owner not in self._served]
        return min(free, key=lambda job: (job[0].served, job[1].held), default=None)

    def _index(self, conversation: _Conversation, upload: Upload) -> None:
        def tell(progress: Progress) -> None:
            if upload.cancelled:
                raise _Cancelled
            upload.share = progress.bytes / max(1, progress.of_bytes)

        upload.state = "reading"
        try:
            report = self._ingest.update(
                [upload.path], owner=conversation.owner, most=MAX_PASSAGES, on_progress=tell
            )  # fmt: skip
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
        upload.reason = _in_part(reasons) if read else next(filter(str.strip, reasons), UNTOLD)
        upload.state = "ready" if read else "failed"
        if upload.cancelled:  # just when it was done
            self._drop([upload])
        elif upload.state == "failed" or upload.path.suffix.lower() not in SHOWN:
            upload.path.unlink(missing_ok=True)
            upload.held = 0


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


def _is_read(name: str) -> bool:
    """Whether files of that name's format can be read here."""
    kind = format_of(name)
    return kind is not None and kind.is_ready()


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
