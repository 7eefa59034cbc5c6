"""The store in a PostgreSQL database: the guarantees of ``index.store``, by another server's means.

A snapshot is a transaction that only reads, at isolation level "repeatable read". Writers take turns: each locks the
row of the generation before it reads anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from psycopg import Connection, sql

from index import private
from index.address import DatabaseUrl
from index.database import DamageError
from index.postgres.connection import PostgresConnection
from index.postgres.schema import MIGRATIONS
from index.postgres.searcher import NEAREST, PostgresSearcher, Statistics
from index.postgres.server import Server
from index.postgres.transaction import PostgresTransaction
from index.snapshot import Snapshot
from index.store import HISTORY, TIMEOUT, UNFINISHED, Store, StoreError, first_state
from index.transaction import Transaction

SCHEMA = "refdesk"  # of the database, in which all tables are
EXACT = 10_000  # passages up to which every vector is compared: a few milliseconds


class PostgresStore(Store):
    """An index in a database. Its ``folder`` holds what a server keeps beside it. Threads may share it."""

    def __init__(
        self,
        url: DatabaseUrl,
        *,
        history: int = HISTORY,
        unfinished: bool = False,
        exact: int = EXACT,
        schema: str = SCHEMA,
        migrations: Sequence[str] = MIGRATIONS,
    ) -> None:
        """``exact`` is the number of passages from which on nearest neighbours are found by HNSW.

        Other schemas and migrations are for tests.
        """
        super().__init__(url.folder, history=history, unfinished=unfinished)
        self._url = url
        self._server = Server(url, schema)
        self._exact = exact
        self._schema = schema
        self._migrations = migrations
        self._statistics: tuple[str, Statistics] | None = None  # of one state

    @property
    def name(self) -> str:
        """What the index is called in messages: its address, without the password."""
        return str(self._url)

    @property
    def exists(self) -> bool:
        """Whether the database holds an index."""
        with self._server.connection() as db:
            return self._has_tables(db)

    @property
    def writable(self) -> bool:
        """True: whether the user may write, the database says when it is tried."""
        return True

    @property
    def created(self) -> int:
        """When the index was made, in seconds since 1970."""
        with self.snapshot() as snapshot:
            return int(snapshot.db.execute("SELECT value FROM meta WHERE key = 'created'").fetchone()[0])

    def create(self, embedder: str) -> None:
        """Create an empty store for vectors of ``embedder`` (a fingerprint); a store that is there stays as it is."""
        try:
            private.make_folder(self.folder)
        except OSError as error:
            raise StoreError(f"cannot use {self.folder}: {error.strerror or error}") from error
        with self._server.connection() as db:
            if self._has_tables(db):
                return
            self._lock_schema(db)
            if self._has_tables(db):  # another process made it meanwhile
                return
            db.execute("CREATE EXTENSION IF NOT EXISTS vector")
            db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema)))
            for migration in self._migrations:
                db.execute(migration.encode())
            state = first_state(embedder)
            rows = {"version": str(self._version), "generation": "0", "embedder": embedder, "state": state}
            if self._unfinished:
                rows[UNFINISHED] = ""
            for row in rows.items():
                db.execute("INSERT INTO meta VALUES (%s, %s)", row)
            db.execute("INSERT INTO meta VALUES ('created', extract(epoch FROM now())::bigint)")
            db.execute("INSERT INTO history VALUES (0, %s, 0)", (state,))

    def migrate(self) -> tuple[int, int]:
        """Bring an index of an earlier version to this one; returns the versions before and after.

        Raises:
            StoreError: there is none, or it is of a later version.
        """
        with self._server.connection() as db:
            self._lock_schema(db)
            before = self._found_version(db)
            if before > self._version:
                self._refuse(before)
            for migration in self._migrations[before:]:
                db.execute(migration.encode())
            db.execute("UPDATE meta SET value = %s WHERE key = 'version'", (str(self._version),))
            return before, self._version

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read the store as it is now, whatever others write before the block ends."""
        with self._server.connection(psycopg.IsolationLevel.REPEATABLE_READ, read_only=True) as db:
            self._check_version(db)
            yield Snapshot(PostgresConnection(db))

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Change the store; the change is kept when the block ends, and undone when it raises."""
        with self.connection() as db:
            db.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'; SET LOCAL plan_cache_mode = auto")  # rows one by one
            db.execute("SELECT 1 FROM meta WHERE key = 'generation' FOR UPDATE")
            transaction = PostgresTransaction(db, self._history)
            yield transaction
            transaction.close()

    def kept_open(self) -> AbstractContextManager[object]:
        """Nothing: connections stay open by themselves."""
        return nullcontext()

    def copy_to(self, path: Path) -> NoReturn:  # noqa: ARG002
        """
        Raises:
            StoreError: always.
        """
        raise StoreError(f"{self.name} is a database: back it up with PostgreSQL's pg_dump")

    @property
    def size(self) -> int:
        """The bytes that the tables and their indexes take in the database."""
        with self.snapshot() as snapshot:
            row = snapshot.db.execute(
                "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
                " WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind = 'r'"
            ).fetchone()
            return int(row[0])

    def vacuum(self) -> None:
        """Let PostgreSQL use the space of what was deleted, and count its rows anew."""
        with self._server.connection(autocommit=True) as db:
            db.execute("VACUUM (ANALYZE) passages, postings, chunks, embeddings, documents, sources")

    def searcher(self, snapshot: Snapshot) -> PostgresSearcher:
        """What searches the snapshot."""
        known = self._statistics
        if known is None or known[0] != snapshot.state:
            known = self._statistics = (snapshot.state, self._statistics_of(snapshot))
        return PostgresSearcher(snapshot, known[1])

    def refresh(self) -> bool:
        """Index the vectors for approximate search, once there are many; PostgreSQL keeps that index up to date."""
        with self.snapshot() as snapshot:
            statistics = self._statistics_of(snapshot)
            first = next(snapshot.vector_batches(size=1), None)
        if first is None or statistics.approximate or statistics.passages <= self._exact:
            return True
        with self._server.connection() as db:
            self._lock_schema(db)
            db.execute("SET LOCAL maintenance_work_mem = '512MB'")
            db.execute(
                f"CREATE INDEX IF NOT EXISTS {NEAREST} ON passages"
                f" USING hnsw ((near::halfvec({first[1].shape[1]})) halfvec_ip_ops)".encode()
            )
        self._statistics = None
        return True

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._server.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection to an index of this version, with a transaction."""
        with self._server.connection() as db:
            self._check_version(db)
            yield db

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """A connection to an index of this version that stays one to the end of the block, without a transaction."""
        with self._server.session() as db:
            self._check_version(db)
            yield db

    def _statistics_of(self, snapshot: Snapshot) -> Statistics:
        count, total = snapshot.db.execute("SELECT passages, terms FROM totals").fetchone()
        has_index = snapshot.db.execute(f"SELECT to_regclass('{NEAREST}') IS NOT NULL").fetchone()[0]
        return Statistics(count, total / max(1, count), has_index, self._exact)

    @property
    def _version(self) -> int:
        return len(self._migrations)

    def _has_tables(self, db: Connection[Any]) -> bool:
        # Not to_regclass: it may remember for a whole transaction that something was not there.
        found = db.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = 'meta'", (self._schema,))
        return found.fetchone() is not None

    def _lock_schema(self, db: Connection[Any]) -> None:
        """Let one process at a time change the tables."""
        db.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'")
        db.execute("SELECT pg_advisory_xact_lock(hashtext('refdesk'), hashtext(%s))", (self._schema,))

    def _found_version(self, db: Connection[Any]) -> int:
        found = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('version', %s)", (UNFINISHED,)))
        if "version" not in found:
            raise DamageError("its version is missing")
        self._check_finished(UNFINISHED not in found)
        return int(found["version"])

    def _check_version(self, db: Connection[Any]) -> None:
        """
        Raises:
            StoreError: the index is of another version, or unfinished.
        """
        found = self._found_version(db)
        if found != self._version:
            self._refuse(found)

    def _refuse(self, found: int) -> NoReturn:
        what = "run refdesk migrate" if found < self._version else "update Refdesk"
        raise StoreError(f"the index in {self.name} is of version {found}, and not {self._version}: {what}")
