"""The store in a PostgreSQL database: the guarantees of ``index.store``, by another server's means.

A snapshot is a transaction that only reads, at isolation level "repeatable read". Writers take turns: each locks the
row of the generation before it reads anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from psycopg import Connection

from index import private
from index.address import DatabaseUrl
from index.database import DamageError, Database
from index.hidden import hidden_in
from index.passage import Scope
from index.postgres import partitions
from index.postgres.connection import PostgresConnection
from index.postgres.integrity import not_searched
from index.postgres.schema import MIGRATIONS
from index.postgres.searcher import PostgresSearcher, Statistics
from index.postgres.server import Server
from index.postgres.transaction import PostgresTransaction
from index.snapshot import Snapshot
from index.store import HISTORY, TIMEOUT, UNFINISHED, Store, StoreError, first_state

SCHEMA = "refdesk"  # of the database, in which all tables are
EXACT = 10_000  # passages up to which every vector is compared: a few milliseconds


class PostgresSnapshot(Snapshot):
    """A snapshot that PostgreSQL itself limits to a scope."""

    def limit_to(self, scope: Scope) -> None:
        """See ``Snapshot.limit_to``."""
        collections = scope.collections
        reader = (scope.owner or "", sorted(collections.named), collections.hidden)
        self.db.execute("SELECT limit_to(?, ?, ?)", reader)

    def embeddings(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        """See ``Snapshot.embeddings``."""
        return dict(self.db.execute("SELECT * FROM embeddings_of(?)", (list(ids),)))


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
            return self._server.has_table(db, "meta")

    @property
    def writable(self) -> bool:
        """True: whether the user may write, the database says when it is tried."""
        return True

    def create(self, embedder: str) -> None:
        """Create an empty store for vectors of ``embedder`` (a fingerprint); a store that is there stays as it is."""
        try:
            private.make_folder(self.folder)
        except OSError as error:
            raise StoreError(f"cannot use {self.folder}: {error.strerror or error}") from error
        with self._server.connection() as db:
            if self._server.has_table(db, "meta"):
                return
            self._server.lock_schema(db)
            if self._server.has_table(db, "meta"):  # another process made it meanwhile
                return
            db.execute("CREATE EXTENSION IF NOT EXISTS vector")
            self._server.make_schema(db)
            for migration in self._migrations:
                db.execute(migration.encode())
            state = first_state(embedder)
            rows = {"version": str(self._version), "generation": "0", "embedder": embedder, "state": state}
            if self._unfinished:
                rows[UNFINISHED] = ""
            for row in rows.items():
                db.execute("INSERT INTO meta VALUES (%s, %s)", row)
            db.execute("INSERT INTO history VALUES (0, %s, 0)", (state,))

    def migrate(self) -> tuple[int, int]:
        """Bring an index of an earlier version to this one; returns the versions before and after.

        Raises:
            StoreError: there is none, or it is of a later version.
        """
        with self._server.connection() as db:
            self._server.lock_schema(db)
            before = self._found_version(db)
            if before > self._version:
                self._refuse(before)
            for migration in self._migrations[before:]:
                db.execute(migration.encode())
            db.execute("UPDATE meta SET value = %s WHERE key = 'version'", (str(self._version),))
            shards = partitions.shards_of(db)
        if shards:
            self._mend()
        self._statistics = None
        self.refresh()
        return before, self._version

    def _mend(self) -> None:
        """Make right what only some shards have kept of a change."""
        with self.snapshot() as snapshot:
            is_damaged = bool(not_searched(snapshot))
        if is_damaged:
            with self.transaction() as transaction:
                transaction.mend()

    def partition(self, parts: int = 1, shards: Sequence[DatabaseUrl] = ()) -> None:
        """See ``Store.partition``; shards are given what is there, and have it indexed for approximate search."""
        with self.connection() as db:
            if shards and partitions.shards_of(db):
                raise StoreError(f"{self.name} is on shards already: run refdesk migrate --parts 1 before")
        servers = [partitions.prepared(shard, self._server.schema) for shard in shards]
        with self._changing() as transaction:
            if shards:
                partitions.spread(transaction.raw, self._server.schema, shards)
            else:
                partitions.divide(transaction.raw, self._server.schema, parts)
            transaction.close()
        self._statistics = None
        dimension = self._dimension()
        for server in servers:
            with server.connection() as db:
                partitions.index_vectors(db, dimension)
                partitions.analyse(db)
            server.close()
        self.refresh()

    @contextmanager
    def snapshot(self, scope: Scope | None = None) -> Iterator[Snapshot]:
        """See ``Store.snapshot``."""
        with self._server.connection(psycopg.IsolationLevel.REPEATABLE_READ, read_only=True) as db:
            self._check_version(db)
            snapshot = PostgresSnapshot(PostgresConnection(db))
            if scope is not None:
                snapshot.limit_to(scope)
            yield snapshot

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """Change the store; the change is kept when the block ends, and undone when it raises."""
        # What is only written is not waited for: the database writes it while this process goes on.
        with self._changing() as transaction, transaction.raw.pipeline():
            yield transaction
            transaction.close()

    @contextmanager
    def _changing(self) -> Iterator[PostgresTransaction]:
        """A transaction that no other runs beside."""
        with self.connection() as db:
            db.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'; SET LOCAL plan_cache_mode = auto")  # rows one by one
            db.execute("SELECT 1 FROM meta WHERE key = 'generation' FOR UPDATE")
            yield PostgresTransaction(db, self._history)

    def hidden(self) -> frozenset[str]:
        """See ``Store.hidden``."""
        with self._server.connection() as db:
            return hidden_in(PostgresConnection(db)) if self._server.has_table(db, "meta") else frozenset()

    @contextmanager
    def _noting(self) -> Iterator[Database]:
        """See ``Store._noting``; one at a time."""
        with self.connection() as db:
            db.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'")
            db.execute("SELECT 1 FROM meta WHERE key = 'generation' FOR UPDATE")
            yield PostgresConnection(db)

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
            db.execute("VACUUM (ANALYZE) passages, postings, occurrences, chunks, embeddings, documents, sources")

    def searcher(self, snapshot: Snapshot) -> PostgresSearcher:
        """What searches the snapshot."""
        known = self._statistics
        if known is None or known[0] != snapshot.state:
            known = self._statistics = (snapshot.state, self._statistics_of(snapshot))
        if known[1].shards or known[1].approximate:
            # So that HNSW and shards sort: PostgreSQL knows neither how many passages a bit for each selects, nor what
            # shards hold, and would read all that there are.
            snapshot.db.execute("SET LOCAL enable_sort = off")
        return PostgresSearcher(snapshot, known[1])

    def refresh(self) -> bool:
        """Index the vectors for approximate search, once there are many; PostgreSQL keeps that index up to date."""
        with self.snapshot() as snapshot:
            statistics = self._statistics_of(snapshot)
        if statistics.shards:
            with self.connection() as db:
                partitions.analyse(db, statistics.passages)
        elif not statistics.approximate and statistics.passages > self._exact:
            with self._server.connection() as db:
                self._server.lock_schema(db)
                partitions.index_vectors(db, self._dimension())
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

    @property
    def is_scoped(self) -> bool:
        """Whether PostgreSQL itself limits questions to what their scope may see: not for a superuser."""
        with self.snapshot() as snapshot:
            return bool(snapshot.db.execute("SELECT row_security_active('documents')").fetchone()[0])

    @property
    def is_open_to_functions(self) -> bool:
        """See ``Store``: where all users may create in a schema that is searched, as in databases before version 15."""
        with self.snapshot() as snapshot:
            found = snapshot.db.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_namespace, aclexplode(nspacl)"
                " WHERE privilege_type = 'CREATE' AND grantee = 0 AND nspname = ANY(current_schemas(false)))"
            )
            return bool(found.fetchone()[0])

    def _dimension(self) -> int:
        """Of the vectors; 0 where there are none."""
        with self.snapshot() as snapshot:
            first = next(snapshot.vector_batches(size=1), None)
        return 0 if first is None else first[1].shape[1]

    def _statistics_of(self, snapshot: Snapshot) -> Statistics:
        count, total = snapshot.db.execute("SELECT passages, terms FROM totals").fetchone()
        has_index = snapshot.db.execute(f"SELECT to_regclass('{partitions.NEAREST}') IS NOT NULL").fetchone()[0]
        shards = partitions.shards_of(snapshot.db)
        approximate = has_index or (shards > 0 and count > self._exact)  # shards have the index themselves
        return Statistics(count, total / max(1, count), approximate, self._exact, shards)

    @property
    def _version(self) -> int:
        return len(self._migrations)

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
