"""Jobs of ingestion: the files that are to be indexed, for workers on any machine that sees them.

A worker marks jobs as its own, in a transaction, and indexes their files. It holds an advisory lock as long as its
connection lives: the jobs of one whose lock is gone, however it ended, are waiting again. So a job may be done twice,
which changes nothing the second time, since files are known by their hash.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection, OperationalError

from documents.workers import NO_OPTIONS, Options
from index.paths import wrong_name
from index.postgres.store import PostgresStore

ATTEMPTS = 3  # of a file during which its worker ended; then it is not tried again
_CHANNEL = "refdesk_jobs"
_LOCKS = "hashtext('refdesk worker')"
_NUMBER = "SELECT nextval('workers')::integer"

# The jobs of workers that are no more, which are to be done by another. Anybody in the database may take a lock: that
# of somebody without a right to the index is no worker's.
_ABANDONED = f"""
UPDATE jobs SET status = 'waiting', worker = NULL WHERE status = 'running' AND NOT EXISTS (
    SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = {_LOCKS}::oid AND objid = jobs.worker::oid
    AND has_schema_privilege(usesysid, current_schema(), 'USAGE')
)
"""
_FIRST = """
SELECT id, collection, options, attempts FROM jobs WHERE status = 'waiting'
ORDER BY attempts, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_CLAIM = """
UPDATE jobs SET status = 'running', attempts = attempts + 1, worker = %(worker)s, host = %(host)s, began = now()
WHERE id IN (
    SELECT id FROM jobs WHERE status = 'waiting' AND (id = %(first)s OR attempts = 0)
    AND (collection, options) = (%(collection)s, %(options)s)
    ORDER BY attempts DESC, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING id, path
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as people see it: ``status`` is waiting, running, done or failed, which ``reason`` explains."""

    path: str
    collection: str
    status: str
    attempts: int
    reason: str
    host: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Jobs that a worker has taken: files by the job's id, which are indexed in one way."""

    files: Mapping[int, Path]
    collection: str
    options: Options


class Jobs:
    """The jobs of one index. Threads may share it."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store

    def add(self, paths: Iterable[Path], collection: str, options: Options = NO_OPTIONS) -> None:
        """Let workers index the files; one that has a job already gets no second one, but begins anew."""
        rows = [(str(path), collection, json.dumps(dict(options), sort_keys=True)) for path in paths]
        with self.store.connection() as db, db.cursor() as cursor:
            cursor.execute(
                "DELETE FROM jobs WHERE status = 'done'"
                " AND NOT EXISTS (SELECT 1 FROM jobs WHERE status IN ('waiting', 'running'))"
            )
            cursor.executemany(
                "INSERT INTO jobs (path, collection, options) VALUES (%s, %s, %s)"
                " ON CONFLICT (path, collection) DO UPDATE SET options = excluded.options, status = 'waiting',"
                " attempts = 0, reason = '', worker = NULL, host = '', queued = now(), began = NULL, ended = NULL",
                rows,
            )
            cursor.execute(f"NOTIFY {_CHANNEL}")

    def counts(self) -> dict[str, int]:
        """How many jobs there are, by status."""
        with self.store.connection() as db:
            return dict(db.execute("SELECT status, count(*) FROM jobs GROUP BY status ORDER BY status").fetchall())

    def listed(self, statuses: Collection[str] = ("waiting", "running", "failed")) -> list[Job]:
        """The jobs of these statuses, in the order in which they came."""
        with self.store.connection() as db:
            rows = db.execute(
                "SELECT path, collection, status, attempts, reason, host FROM jobs WHERE status = ANY(%s) ORDER BY id",
                (list(statuses),),
            )
            return [Job(*row) for row in rows]

    def retry(self, paths: Collection[Path] = ()) -> int:
        """Let the jobs that failed wait again, those at or below ``paths`` (none: all); how many they are."""
        with self.store.connection() as db:
            found = db.execute(
                f"UPDATE jobs SET status = 'waiting', attempts = 0, reason = '' WHERE status = 'failed' AND {_BELOW}",
                _below(paths),
            )
            db.execute(f"NOTIFY {_CHANNEL}")
            return found.rowcount

    def cancel(self, paths: Collection[Path] = ()) -> int:
        """Forget the jobs that are not done, those at or below ``paths`` (none: all); how many they are.

        A worker that is at one of them stops, and what it has written stays.
        """
        with self.store.connection() as db:
            return db.execute(f"DELETE FROM jobs WHERE status <> 'done' AND {_BELOW}", _below(paths)).rowcount

    @contextmanager
    def worker(self) -> Iterator[WorkerJobs]:
        """What a worker takes and finishes jobs by; when the block ends, those that it has are waiting again."""
        with self.store.session() as db:
            try:
                yield WorkerJobs(db)
            finally:
                with suppress(OperationalError):  # then the server has noticed by itself
                    db.execute("SELECT pg_advisory_unlock_all()")  # sooner than it notices that this has ended


class WorkerJobs:
    """The jobs of one worker, on its own connection."""

    def __init__(self, db: Connection[Any]) -> None:
        self._db = db
        self._worker = _value(db, _NUMBER)
        while not _value(db, f"SELECT pg_try_advisory_lock({_LOCKS}, %s)", self._worker):
            self._worker = _value(db, _NUMBER)  # a worker of an index that was here before may have that one
        db.execute(f"LISTEN {_CHANNEL}")

    def claim(self, most: int) -> Claim | None:
        """Take up to ``most`` jobs; None where none is waiting.

        A file whose worker ended is taken alone: it may have been the reason.
        """
        with self._db.transaction():
            self._db.execute(_ABANDONED)
            self._db.execute(
                "UPDATE jobs SET status = 'failed', ended = now(), reason = 'its worker ended ' || attempts || ' times'"
                " WHERE status = 'waiting' AND attempts >= %s",
                (ATTEMPTS,),
            )
            first = self._db.execute(_FIRST).fetchone()
            if first is None:
                return None
            found, collection, options, attempts = first
            values = {
                "worker": self._worker, "host": socket.gethostname(), "first": found, "collection": collection,
                "options": options, "limit": 1 if attempts else most,
            }  # fmt: skip
            files = {number: Path(path) for number, path in sorted(self._db.execute(_CLAIM, values).fetchall())}
            return Claim(files, collection, json.loads(options))

    def is_left(self) -> bool:
        """Whether there is something to do, or others are at it, who may end before they have done it."""
        found: bool = _value(self._db, "SELECT EXISTS (SELECT 1 FROM jobs WHERE status IN ('waiting', 'running'))")
        return found

    def has(self, claim: Claim) -> bool:
        """Whether all jobs of the claim are still this worker's: none was cancelled or begins anew."""
        count: int = _value(self._db, f"SELECT count(*) FROM jobs WHERE {_MINE}", *self._mine(claim.files))
        return count == len(claim.files)

    def finish(self, claim: Claim, failed: Mapping[int, str]) -> None:
        """The jobs are done or, with the reason, have failed; those that are no more this worker's stay as they are."""
        with self._db.transaction():
            for number, reason in failed.items():
                self._db.execute(
                    f"UPDATE jobs SET status = 'failed', reason = %s, ended = now() WHERE {_MINE}",
                    (reason, *self._mine([number])),
                )
            self._db.execute(
                f"UPDATE jobs SET status = 'done', ended = now() WHERE {_MINE}",
                self._mine(claim.files.keys() - failed.keys()),
            )

    def release(self, claim: Claim) -> None:
        """The jobs wait again, as if they had not been taken."""
        self._db.execute(
            f"UPDATE jobs SET status = 'waiting', worker = NULL, attempts = attempts - 1 WHERE {_MINE}",
            self._mine(claim.files),
        )

    def wait(self, seconds: float) -> None:
        """Until jobs come, or so many seconds."""
        next(self._db.notifies(timeout=seconds, stop_after=1), None)

    def _mine(self, numbers: Collection[int]) -> tuple[list[int], int]:
        return list(numbers), self._worker


_MINE = "id = ANY(%s) AND worker = %s AND status = 'running'"
_BELOW = (
    "(%(all)s OR EXISTS (SELECT 1 FROM unnest(CAST(%(paths)s AS text[])) AS given"
    " WHERE path = given OR starts_with(path, rtrim(given, '/') || '/')))"
)


def _below(paths: Collection[Path]) -> dict[str, Any]:
    named = [str(path) for path in paths if not wrong_name(path)]  # no file of another name has a job
    return {"all": not paths, "paths": named}


def _value(db: Connection[Any], query: str, *values: Any) -> Any:
    row = db.execute(query.encode(), values).fetchone()
    assert row is not None  # of a function or an aggregate
    return row[0]
