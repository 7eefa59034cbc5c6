"""Files that visitors bring: indexed in the background for one conversation, and deleted when it ends.

A conversation is known by a secret that its page made up. Its sources belong to an owner named by the secret's hash, so
that no other search sees them (``index.passage.Scope``). The files lie in a folder of this server's own below the
index, until they are indexed, or as long as the conversation where pages are shown from them. A server that died leaves
its folder behind unlocked: the next one to start deletes the folder and what was indexed from it, unless that has
followed its visitor to another server (``elsewhere``).
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
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from documents.load import format_of
from index.ingest import Ingest, remove
from index.passage import Collections, Scope
from index.paths import normal_path
from index.store import Store, StoreError
from qa.serving.uploads.conversations import MEGABYTE, Conversations, Upload, UploadError, UploadLimits
from qa.serving.uploads.elsewhere import ROOT, follow, read_files
from qa.serving.uploads.indexing import Indexer
from qa.serving.uploads.receive import keeping

ENDING = 2.5  # seconds that threads may take to end: a cancelled file costs a tenth, a slice of embedding a second

logger = logging.getLogger(__name__)

_SECRET = re.compile(r"[0-9a-f]{32}")


def owner_of(secret: object, name: str = "") -> str | None:
    """The owner of the sources of the conversation with this secret; None where it is no page's secret.

    Where the server knows who asks, the same page has another conversation for each ``name``.
    """
    if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
        return None
    return f"chat:{hashlib.sha256((secret + name).encode()).hexdigest()[:32]}"


class Uploads:
    """The files of all conversations of this server. Safe to share between threads.

    A file comes in four steps: ``begin`` says where to write it, ``arrived`` counts its bytes, ``add`` has it indexed,
    and ``release`` frees its place if it was not added.
    """

    def __init__(
        self,
        store: Store,
        ingest: Ingest,
        limits: UploadLimits = UploadLimits(),  # noqa: B008 - frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        self.limits = limits
        forget_dead(store)
        self._folder = normal_path(_root(store) / secrets.token_hex(8))
        self._folder.mkdir(mode=0o700, parents=True)
        self._alive = FileLock(self._folder / "alive")
        self._alive.acquire()
        self._lock = threading.Lock()
        self._conversations = Conversations(self._folder, limits, clock)
        self._indexer = Indexer(ingest, limits, lambda upload: _drop(store, [upload]))
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def owners(self) -> list[str]:
        """The owners of the conversations that hold files or are sending some."""
        with self._lock:
            return self._conversations.owners

    def begin(self, owner: str, name: str, size: int, address: str = "") -> Path:
        """Where to write a file of ``size`` bytes that the visitor calls ``name``; ``release`` it in any case.

        ``address`` is the client's: what all conversations of one address may bring is limited, too.

        Raises:
            UploadError: it is not taken.
        """
        safe = _taken(name, size, self.limits)
        with self._lock:
            if self._closed.is_set():
                raise UploadError("the server is about to stop", 503)
            path = self._conversations.receive(owner, address, safe, size)
            self._start()
        try:
            with keeping(path):
                path.parent.mkdir(mode=0o700, parents=True)
        except UploadError:
            self.release(path)
            raise
        return path

    def arrived(self, path: Path, count: int) -> None:
        """Another ``count`` bytes of the file for ``path`` have come.

        Raises:
            UploadError: there is no room for them.
        """
        with self._lock:
            self._conversations.arrived(path, count)

    def release(self, path: Path) -> None:
        """Nothing more comes for ``path``: unless it was added, its place is free and its folder deleted."""
        with self._lock:
            conversation = self._conversations.abort(path)
        if conversation is None:
            return
        shutil.rmtree(path.parent, ignore_errors=True)
        with self._lock:
            forgotten = self._conversations.forget_empty(conversation)
        if forgotten:
            shutil.rmtree(conversation.folder, ignore_errors=True)

    def add(self, owner: str, path: Path) -> Upload:
        """Have the file that was written to ``path`` indexed; returns at once.

        Raises:
            UploadError: its conversation is over.
        """
        with self._lock:
            conversation, upload = self._conversations.complete(owner, path)
        self._indexer.put(conversation, upload)
        return upload

    def listed(self, owner: str) -> list[Upload]:
        """The conversation's files, in order; those that were read at another server have followed it here."""
        self._take_over(owner)
        with self._lock:
            if self._conversations.get(owner) is None:
                return []
            return list(self._conversations.hear(owner).uploads.values())

    def documents(self, owner: str, uploads: Sequence[Upload]) -> dict[int, list[str]]:
        """The ids of the documents that were read from the uploads, by number; none while the index cannot be read."""
        try:
            with self.store.snapshot() as snapshot:
                sources = snapshot.sources(Scope(owner=owner, collections=Collections(hidden=False)))
        except StoreError:
            sources = []
        return {
            upload.number: [own.document_id for own in sources if Path(own.path).is_relative_to(upload.path)]
            for upload in uploads
        }

    def remove(self, owner: str, number: int) -> None:
        """Cancel or remove one file."""
        with self._lock:
            upload = self._conversations.forget(owner, number)
        if upload:
            _drop(self.store, [upload])

    def leave(self, owner: str) -> None:
        """The page was left: unless it comes back soon, the conversation is over."""
        with self._lock:
            self._conversations.leave(owner)

    def end(self, owner: str) -> None:
        """The conversation is over: its files, and all that was read from them, are deleted."""
        self._take_over(owner)
        self._end(owner)

    def _end(self, owner: str) -> None:
        """The same, of what this server has."""
        with self._lock:
            conversation = self._conversations.end(owner)
        if conversation:
            _drop(self.store, list(conversation.uploads.values()))
            shutil.rmtree(conversation.folder, ignore_errors=True)

    def close(self) -> None:
        """End all conversations, and the threads. May be called more than once.

        What a thread still does after some seconds is left to the next server that starts (``forget_dead``).
        """
        self._closed.set()
        self._indexer.close()
        with self._lock:
            over = self._conversations.end_all()
        if over:
            _drop(self.store, [upload for conversation in over for upload in conversation.uploads.values()])
        deadline = time.monotonic() + ENDING
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            self._alive.release()
            shutil.rmtree(self._folder, ignore_errors=True)

    def sweep(self) -> None:
        """End the conversations that were left, or silent for long."""
        with self._lock:
            over = self._conversations.over()
        for owner in over:
            self._end(owner)

    def _take_over(self, owner: str) -> None:
        """Files that went on to another server are no longer this one's, and those that were read at one now are."""
        with self._lock:
            held = self._conversations.read(owner)
        try:
            read = read_files(self.store, owner)
            for gone in (own for own in held if own.path not in read):
                with self._lock:
                    self._conversations.forget(owner, gone.number)
                shutil.rmtree(gone.path.parent, ignore_errors=True)
            if foreign := [file for file in read if self._folder not in file.parents]:
                with self._lock:
                    if self._closed.is_set():
                        return
                    conversation = self._conversations.hear(owner)
                    self._start()
                followed = [*map(Upload.read_elsewhere, follow(self.store, owner, foreign, conversation.folder))]
                with self._lock:
                    conversation.uploads |= {own.number: own for own in followed}
                    is_over = self._conversations.get(owner) is not conversation
                if is_over:
                    _drop(self.store, followed)
        except StoreError as error:
            logger.error("%s", error)

    def _start(self) -> None:
        """Starts the threads with the first file that is announced."""
        if self._threads:
            return
        sweeper = threading.Thread(target=self._sweep_until_closed, name="sweeper", daemon=True)
        self._threads = [*self._indexer.threads, sweeper]
        for thread in self._threads:
            thread.start()

    def _sweep_until_closed(self) -> None:
        while not self._closed.wait(self.limits.sweep):
            try:
                self.sweep()
            except Exception:  # the next round may do better, and must come
                logger.exception("conversations that are over could not be ended")


def _drop(store: Store, uploads: list[Upload]) -> None:
    """Cancels uploads, and deletes their files and what was indexed from them."""
    for upload in uploads:
        upload.cancelled = True
    try:
        remove(store, [upload.path for upload in uploads])
    except StoreError as error:
        logger.error("%s", error)
    for upload in uploads:
        shutil.rmtree(upload.path.parent, ignore_errors=True)


def forget_dead(store: Store) -> None:
    """Delete what servers that are no more left behind: their folders are not locked."""
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


def is_served(store: Store) -> bool:
    """Whether a server that takes visitors' files is running over the index."""
    for folder in _root(store).glob("*/"):
        try:
            with FileLock(folder / "alive", timeout=0):
                pass
        except Timeout:
            return True
    return False


def safe_name(name: str) -> str:
    """``name`` as a file name: no folders, not hidden, printable, at most 150 bytes before the suffix."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(char if char.isprintable() and char not in '<>:"|?*' else "_" for char in last).strip(". ")
    stem, suffix = os.path.splitext(shown)  # noqa: PTH122 - not a path yet
    suffix = suffix if suffix else f".{shown}"
    stem = stem if suffix != f".{shown}" else ""
    return (stem.encode("utf-8", "ignore")[:150].decode("utf-8", "ignore") or "file") + suffix


def _taken(name: str, size: int, limits: UploadLimits) -> str:
    """The name under which a file is taken; raises UploadError where it cannot be read, or is too large."""
    safe = safe_name(name)
    if not (is_readable(name) and is_readable(safe)):  # a name may become one of another format
        raise UploadError("files of that format cannot be read", 415)
    if size > limits.file_bytes:
        raise UploadError(f"larger than {limits.file_bytes // MEGABYTE} MB, the limit for files in the chat", 413)
    return safe


def is_readable(name: str) -> bool:
    """Whether files of that name's format can be read here."""
    kind = format_of(name)
    return kind is not None and kind.is_ready()


def _root(store: Store) -> Path:
    return store.folder.absolute() / ROOT
