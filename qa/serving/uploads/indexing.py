"""Uploads are indexed in the background: in which order, by which threads, and with what outcome."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from index.ingest import Ingest
from index.report import Progress, Report
from qa.serving.uploads.conversations import Conversation, State, Upload, UploadLimits

UNTOLD = "it could not be indexed"  # where no reason is known
RETRY = "it could not be indexed just now; please try again later"
KEPT = frozenset({".pdf"})  # files that are needed after indexing, as their pages are shown

logger = logging.getLogger(__name__)

Job = tuple[Conversation, Upload]


class _Cancelled(Exception):  # noqa: N818
    """Nobody waits for the file any more."""


class IndexQueue:
    """Uploads that wait: conversations take turns, one file of each at a time, its smallest first. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._indexing: set[str] = set()  # owners of which a file is being indexed
        self._turns = 0

    def put(self, job: Job) -> None:
        """One more upload waits."""
        self._waiting.append(job)

    def take(self, largest: int) -> Job | None:
        """The next upload of at most ``largest`` bytes: the smallest of the conversation served longest ago.

        Call ``done`` when it is indexed. None where there is none.
        """
        self._waiting = [job for job in self._waiting if not job[1].cancelled]
        free = [job for job in self._waiting if job[1].held <= largest and job[0].owner not in self._indexing]
        job = min(free, key=lambda job: (job[0].served, job[1].held), default=None)
        if job:
            self._waiting.remove(job)
            self._turns += 1
            job[0].served = self._turns
            self._indexing.add(job[0].owner)
        return job

    def done(self, conversation: Conversation) -> None:
        """The conversation's file is indexed: its next one may be taken."""
        self._indexing.discard(conversation.owner)


class Indexer:
    """Indexes uploads in two threads: one takes any file, the other only small ones, so that these never wait for long.

    ``drop`` removes what an upload that was cancelled meanwhile has left in the index.
    """

    def __init__(self, ingest: Ingest, limits: UploadLimits, drop: Callable[[Upload], None]) -> None:
        self._ingest = ingest
        self._limits = limits
        self._drop = drop
        self._queue = IndexQueue()
        self._changed = threading.Condition()
        self._closed = False
        sizes = {"uploads": limits.file_bytes, "small uploads": limits.small_bytes}
        self.threads = [
            threading.Thread(target=self._work, args=(size,), name=name, daemon=True) for name, size in sizes.items()
        ]

    def put(self, conversation: Conversation, upload: Upload) -> None:
        """Index the upload when its turn comes; returns at once."""
        with self._changed:
            self._queue.put((conversation, upload))
            self._changed.notify_all()

    def close(self) -> None:
        """Let the threads end after the file at hand."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _work(self, largest: int) -> None:
        while job := self._wait(largest):
            try:
                self._index(*job)
            finally:
                with self._changed:
                    self._queue.done(job[0])
                    self._changed.notify_all()

    def _wait(self, largest: int) -> Job | None:
        """The next upload of at most ``largest`` bytes; None when there is nothing more to do."""
        with self._changed:
            while not self._closed:
                if job := self._queue.take(largest):
                    return job
                self._changed.wait()
        return None

    def _index(self, conversation: Conversation, upload: Upload) -> None:
        def on_progress(progress: Progress) -> None:
            if upload.cancelled:
                raise _Cancelled
            upload.share = progress.bytes / max(1, progress.of_bytes)

        upload.state = "reading"
        try:
            report = self._ingest.update(
                [upload.path], owner=conversation.owner, most=self._limits.passages, on_progress=on_progress
            )
        except _Cancelled:
            self._drop(upload)
            return
        except Exception as error:
            if not upload.cancelled:  # else its file is gone, which is no failure
                logger.error("%s could not be indexed: %s", upload.path, error)
            upload.state, upload.reason = "failed", RETRY
            return
        upload.reason, state = _outcome(upload, report)
        if not upload.cancelled and (state == "failed" or upload.path.suffix.lower() not in KEPT):
            upload.path.unlink(missing_ok=True)
            upload.held = 0
        upload.state = state  # last: who sees it finds the reason there and the room given back
        if upload.cancelled:  # just when it was done
            self._drop(upload)


def _outcome(upload: Upload, report: Report) -> tuple[str, State]:
    """The upload's reason and state after its indexing, which ``report`` is of."""
    reasons = [_without_folder(reason, upload) for reason in report.failed.values()]
    if report.added or report.unchanged or report.changed:
        return (f"not all of it could be read: {reasons[0]}" if reasons else ""), "ready"
    return next(filter(str.strip, reasons), UNTOLD), "failed"


def _without_folder(reason: str, upload: Upload) -> str:
    """Why the file, or what is in it, cannot be read, without where it lies on the server."""
    inside = reason.removeprefix(f"{upload.path}: ").replace(f"{upload.path}{os.sep}", "")
    return inside.replace(str(upload.path), upload.name)
