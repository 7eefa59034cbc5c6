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
from index.database import Database
from index.embeddings import Embeddings
from index.hidden import hidden_in
from index.passage import Scope
from index.postgres import inspection, partitions
from index.postgres.connection import PostgresConnection
from index.postgres.integrity import not_searched
from index.postgres.schema import MIGRATIONS
from index.postgres.searcher import PostgresSearcher, Statistics
from index.postgres.server import Server
from index.postgres.transaction import PostgresTransaction
from index.postgres.versions import Versions
from index.snapshot import Snapshot
from index.store import HISTORY, TIMEOUT, Store, StoreError

SCHEMA = "refdesk"  # of the database, in which all tables are
EXACT = 10_000  # passages up to which every vector is compared: a few milliseconds


class PostgresEmbeddings(Embeddings):
    """The embeddings that PostgreSQL shows within a scope."""

    def stored(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        """See ``Embeddings.stored``."""
        return dict(self._db.execute("SELECT * FROM embeddings_of(?)", (list(ids),)))


class PostgresSnapshot(Snapshot):
    """A snapshot that PostgreSQL itself limits to a scope."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.embeddings = PostgresEmbeddings(db)

    def limit_to(self, scope: Scope) -> None:
        """See ``Snapshot.limit_to``."""
        collections = scope.collections
        reader = (scope.owner or "", sorted(collections.named), collections.hidden)
        self.db.execute("SELECT limit_to(?, ?, ?)", reader)


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
        self._versions = Versions(migrations, self.name, self._check_finished)
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
            self._versions.create(db, self._server, embedder, unfinished=self._unfinished)

    def migrate(self) -> tuple[int, int]:
        """See ``Store.migrate``."""
        with self._server.connection() as db:
            self._server.lock_schema(db)
            before = self._versions.migrate(db)
            shards = partitions.shards_of(db)
        if shards:
            self._mend()
        self._statistics = None
        self.refresh()
        return before, self._versions.last

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
            partitions.repartition(transaction.raw, self._server.schema, parts, shards)
            transaction.close()
        self._statistics = None
        with self.snapshot() as snapshot:
            dimension = snapshot.embeddings.dimension
        partitions.index_shards(servers, dimension)
        self.refresh()

    @contextmanager
    def snapshot(self, scope: Scope | None = None) -> Iterator[Snapshot]:
        """See ``Store.snapshot``."""
        with self._server.connection(psycopg.IsolationLevel.REPEATABLE_READ, read_only=True) as db:
            self._versions.check(db)
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
        """Raise StoreError: PostgreSQL copies its databases itself."""
        raise StoreError(f"{self.name} is a database: back it up with PostgreSQL's pg_dump")

    @property
    def size(self) -> int:
        """The bytes that the tables and their indexes take in the database."""
        with self.snapshot() as snapshot:
            return inspection.size_of(snapshot.db)

    def vacuum(self) -> None:
        """Let PostgreSQL use the space of what was deleted, and count its rows anew."""
        with self._server.connection(autocommit=True) as db:
            db.execute("VACUUM (ANALYZE) passages, postings, occurrences, chunks, embeddings, documents, sources")

    def searcher(self, snapshot: Snapshot) -> PostgresSearcher:
        """What searches the snapshot."""
        known = self._statistics
        if known is None or known[0] != snapshot.state:
            known = self._statistics = (snapshot.state, Statistics.of(snapshot, self._exact))
        return PostgresSearcher.of(snapshot, known[1])

    def refresh(self) -> bool:
        """Index the vectors for approximate search, once there are many; PostgreSQL keeps that index up to date."""
        with self.snapshot() as snapshot:
            dimension = snapshot.embeddings.dimension
            statistics = Statistics.of(snapshot, self._exact)
        if statistics.shards:
            with self.connection() as db:
                partitions.analyse(db, statistics.passages)
        elif not statistics.approximate and statistics.passages > self._exact:
            with self._server.connection() as db:
                self._server.lock_schema(db)
                partitions.index_vectors(db, dimension)
            self._statistics = None
        return True

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._server.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection to an index of this version, with a transaction."""
        with self._server.connection() as db:
            self._versions.check(db)
            yield db

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """A connection to an index of this version that stays one to the end of the block, without a transaction."""
        with self._server.session() as db:
            self._versions.check(db)
            yield db

    @property
    def is_scoped(self) -> bool:
        """Whether PostgreSQL itself limits questions to what their scope may see: not for a superuser."""
        with self.snapshot() as snapshot:
            return inspection.limits_rows(snapshot.db)

    @property
    def is_open_to_functions(self) -> bool:
        """See ``Store``: where all users may create in a schema that is searched, as in databases before version 15."""
        with self.snapshot() as snapshot:
            return inspection.all_may_create(snapshot.db)
