"""A worker: indexes the files of jobs (``index.postgres.jobs``) as ``refdesk index`` does, with the same isolation."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from documents.document import DocumentError, printable
from documents.find import find
from index.ingest import Ingest
from index.paths import size_of
from index.report import Progress, Report
from index.store import BusyError, ConnectionLostError

if TYPE_CHECKING:
    from index.postgres.jobs import Claim, Jobs, WorkerJobs

AT_ONCE = 32  # files
WAIT = 2.0  # seconds after which a worker looks for jobs whose worker ended
_LOOK = 1.0  # seconds between two looks whether a job was cancelled


class _CancelledError(Exception):
    """A job at hand is no more this worker's."""


def work(
    jobs: Jobs,
    ingest: Ingest,
    *,
    until_empty: bool = False,
    at_once: int = AT_ONCE,
    look: float = _LOOK,
    wait: float = WAIT,
) -> Iterator[Report]:
    """Index the files of jobs, some at once; yields what each step did. It ends where ``until_empty`` and none is left.

    Others' jobs are left, too, until they are done. ``look`` and ``wait`` are the seconds between two looks for jobs
    that were cancelled and for new ones.

    Raises:
        StoreError: the index cannot be used; the jobs at hand are waiting again.
    """
    while True:
        with suppress(ConnectionLostError), jobs.worker() as mine:  # the next one waits for a server
            while claim := _next(mine, at_once, wait, until_empty):
                yield _done(mine, claim, ingest, look)
            return


def _next(mine: WorkerJobs, most: int, wait: float, until_empty: bool) -> Claim | None:
    """The next jobs; None where ``until_empty`` and none is left."""
    while not (claim := mine.claim(most)) and not (until_empty and not mine.is_left()):
        mine.wait(wait)
    return claim


def _done(mine: WorkerJobs, claim: Claim, ingest: Ingest, look: float) -> Report:
    """Index the files of the claim; where one is cancelled, or others write for too long, what is left waits again."""
    failed = {number: reason for number, path in claim.files.items() if (reason := _unusable(path))}
    paths = [path for number, path in claim.files.items() if number not in failed]
    report = Report(failed={str(claim.files[number]): reason for number, reason in failed.items()})
    try:
        if paths:
            report = ingest.update(
                paths,
                collection=claim.collection,
                options=claim.options,
                on_progress=_looking(mine, claim, look),
            )
            report.failed.update((str(claim.files[number]), reason) for number, reason in failed.items())
    except (_CancelledError, BusyError):  # a large file of another worker's may take long to write
        mine.release(claim)
        return Report()
    except KeyboardInterrupt:
        mine.release(claim)  # else it would count as an attempt
        raise
    except DocumentError:  # a file has gone since it was looked at
        return _done(mine, claim, ingest, look)
    mine.finish(claim, {number: reason for number, path in claim.files.items() if (reason := _reason(path, report))})
    return report


def _unusable(path: Path) -> str:
    """Why the file cannot be indexed here; "" where it can."""
    if size_of(path) is None:
        return f"{printable(path)}: it is gone, or {socket.gethostname()} does not see it"
    try:
        next(find([path]))
    except DocumentError as error:
        return str(error)
    return ""


def _looking(mine: WorkerJobs, claim: Claim, every: float) -> Callable[[Progress], None]:
    """What looks, now and then, whether all jobs are still to be done."""
    last = time.monotonic()

    def look(_: Progress) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= every:
            last = now
            if not mine.has(claim):
                raise _CancelledError

    return look


def _reason(path: Path, report: Report) -> str:
    """Why the file, or what of it, could not be read; "" where all could."""
    reasons = [reason for name, reason in report.failed.items() if path in (Path(name), *Path(name).parents)]
    return f"{reasons[0]} (and {len(reasons) - 1} more)" if len(reasons) > 1 else "".join(reasons)
