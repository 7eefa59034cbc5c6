"""Connections to the database server, or to whichever of several takes changes, and what its errors mean.

Where the server goes away under a transaction, the error is a ``ConnectionLostError``. The next connection waits for a
server that takes changes, up to ``TIMEOUT``: so it is enough to try again what may be done twice.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import Connection, errors, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from index.address import DatabaseUrl
from index.database import DamageError
from index.postgres.security import EVERYTHING, SETTING
from index.store import TIMEOUT, BusyError, ConnectionLostError, StoreError

CONNECTIONS = 20  # of one process at once
# What the address may say otherwise: seconds to wait for each server, and to notice that one is gone with its machine.
PARAMETERS = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds; a silent network while something is sent
}  # fmt: skip
# As soon the server notices that this machine is gone, and lets others have what it has locked.
NOTICED = {
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_PAUSE = 0.25  # seconds between two attempts to reach a server
# SQLSTATEs of a server that goes away, or that has become one that is only read.
_GONE = ("08", "57P", "25006")


class Server:
    """A database, by its address; its tables are in ``schema``. Threads may share it."""

    def __init__(self, url: DatabaseUrl, schema: str) -> None:
        self._url = url
        self.schema = schema
        self._lock = threading.Lock()
        self._open_pool: ConnectionPool[Connection[Any]] | None = None
        self._was_reached = False
        self._failed = (0.0, "")  # when no server was found last, and why

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        given = conninfo_to_dict(self._url.reveal())
        chosen: dict[str, Any] = dict(PARAMETERS)
        if "," in str(given.get("host", "")):  # else a replica would do
            chosen["target_session_attrs"] = "read-write"
        return {name: value for name, value in chosen.items() if name not in given}

    def _pool(self) -> ConnectionPool[Connection[Any]]:
        """Connections, opened when they are needed and closed when they have long been idle."""
        asked = time.monotonic()
        with self._lock:
            if self._failed[0] > asked:  # another thread has waited for a server meanwhile
                raise StoreError(self._failed[1])
            if self._open_pool is None:
                self._reach()
                self._open_pool = ConnectionPool(
                    self._url.reveal(),
                    kwargs=self._parameters,
                    min_size=0,
                    num_workers=1,
                    max_size=CONNECTIONS,
                    timeout=TIMEOUT,
                    configure=self._configure,
                    open=True,
                )
                weakref.finalize(self, self._open_pool.close)
            return self._open_pool

    def _reach(self) -> None:
        """Wait for a server, if there was one before; otherwise say at once what is wrong.

        Not left to the pool, which pauses for longer and longer between its attempts.

        Raises:
            StoreError: there is none.
        """
        deadline = time.monotonic() + (TIMEOUT if self._was_reached else 0)
        while True:
            try:
                self._connected().close()
            except psycopg.Error as error:
                if time.monotonic() >= deadline:
                    self._was_reached = False
                    self._failed = (time.monotonic(), self._explained(error))
                    raise StoreError(self._failed[1]) from None
                time.sleep(_PAUSE)
            else:
                self._was_reached = True
                return

    def _taken(self) -> tuple[ConnectionPool[Connection[Any]], Connection[Any]]:
        """A connection that works, and the pool to put it back into."""
        while True:
            pool = self._pool()
            try:
                db = pool.getconn()
            except PoolClosed:  # another thread found that the server is gone
                continue
            try:
                pool.check_connection(db)
                return pool, db
            except psycopg.OperationalError:
                pool.putconn(db)
                self._drop(pool)

    def _drop(self, pool: ConnectionPool[Connection[Any]] | None) -> None:
        """Close the pool, so that the next use waits for a server and opens another one."""
        with self._lock:
            if pool is not None and pool is self._open_pool:
                self._open_pool = None
        if pool is not None:
            pool.close()

    def _connected(self) -> Connection[Any]:
        return psycopg.connect(self._url.reveal(), **self._parameters)

    def _configure(self, db: Connection[Any]) -> None:
        db.execute(sql.SQL("SET search_path TO {}, public").format(sql.Identifier(self.schema)))
        db.execute("SET hnsw.iterative_scan = relaxed_order")
        db.execute("SET enable_partitionwise_aggregate = on")
        db.execute("SET jit = off")  # it takes longer than what is asked here
        give_memory(db, "work_mem", "32MB")  # the scores of many passages are added up in it
        db.execute("SET plan_cache_mode = force_custom_plan")  # else some values are read anew for each row
        db.execute("SELECT set_config(%s, %s, false)", (SETTING, EVERYTHING))
        for name, value in NOTICED.items():
            db.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        db.commit()

    @contextmanager
    def connection(
        self,
        level: psycopg.IsolationLevel = psycopg.IsolationLevel.READ_COMMITTED,
        *,
        read_only: bool = False,
        autocommit: bool = False,
    ) -> Iterator[Connection[Any]]:
        """A connection with a transaction, which is committed at the end of the block or, where it raises, undone."""
        with self._errors():
            pool, db = self._taken()
            try:
                with db:
                    db.set_autocommit(autocommit)
                    db.set_isolation_level(level)
                    db.set_read_only(read_only)
                    yield db
            finally:
                pool.putconn(db)

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """A connection that stays one to the end of the block, without a transaction."""
        self._reach()
        with self._errors(), closing(self._connected()) as db:
            self._configure(db)
            db.set_autocommit(True)
            yield db

    def has_table(self, db: Connection[Any], name: str) -> bool:
        """Whether the schema has a table of that name."""
        # Not to_regclass: it may remember for a whole transaction that something was not there.
        found = db.execute("SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s", (self.schema, name))
        return found.fetchone() is not None

    def lock_schema(self, db: Connection[Any]) -> None:
        """Let one process at a time change the tables, until the end of the transaction."""
        db.execute(f"SET LOCAL lock_timeout = '{TIMEOUT}s'")
        db.execute("SELECT pg_advisory_xact_lock(hashtext('refdesk'), hashtext(%s))", (self.schema,))

    def make_schema(self, db: Connection[Any]) -> None:
        """Make the schema unless it is there."""
        db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._drop(self._open_pool)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors of the database into a StoreError, one line that says what to do and shows no password."""
        try:
            yield
        except PoolTimeout as error:
            raise StoreError(self._unreachable()) from error
        except (psycopg.Error, DamageError, UnicodeDecodeError) as error:
            raise _kind(error)(self._explained(error)) from None  # what it comes from may show the password

    def _unreachable(self) -> str:
        try:
            self._connected().close()
        except psycopg.Error as error:
            return self._explained(error)
        return f"all {CONNECTIONS} connections to {self._url} are in use: try again, or ask less at once"

    def _explained(self, error: Exception) -> str:
        name = str(self._url)
        if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
            return f"there is no index in {name}: make one with refdesk index PATH"
        if _kind(error) is BusyError:
            return f"another process is writing to {name}: try again when it is done"
        reason = self._without_password(next(iter(str(error).splitlines()), type(error).__name__))
        if isinstance(error, errors.InsufficientPrivilege):
            return f"no permission in {name} ({reason}): an administrator can grant it"
        if isinstance(error, errors.UndefinedFile | errors.FeatureNotSupported | errors.UndefinedObject):
            return f"{name} lacks pgvector ({reason}): an administrator can install it"
        if isinstance(error, errors.DiskFull | errors.OutOfMemory):
            return f"{name} has no room ({reason}): free some"
        is_refused = isinstance(error, psycopg.DataError) and error.sqlstate is None  # what was to be sent
        if is_refused or isinstance(error, psycopg.OperationalError | psycopg.ProgrammingError):
            return f"cannot use {name} ({reason})"
        return f"the index in {name} is damaged ({reason}): restore a backup, or make another index"

    def _without_password(self, reason: str) -> str:
        password = urlsplit(self._url.reveal()).password
        for secret in {password, unquote(password)} if password else ():
            reason = reason.replace(secret, "…")
        return reason


def give_memory(db: Connection[Any], setting: str, size: str, *, transaction: bool = False) -> None:
    """Let the session, or its transaction alone, use so much memory; where the server gives more, that stays."""
    db.execute(
        "SELECT set_config(%(setting)s, %(size)s, %(local)s)"
        " WHERE pg_size_bytes(current_setting(%(setting)s)) < pg_size_bytes(%(size)s)",
        {"setting": setting, "size": size, "local": transaction},
    )


def _kind(error: Exception) -> type[StoreError]:
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return BusyError
    return ConnectionLostError if _is_gone(error) else StoreError


def _is_gone(error: Exception) -> bool:
    """Whether the server went away; what the client itself notices of that has no SQLSTATE."""
    state = getattr(error, "sqlstate", None)
    return (isinstance(error, psycopg.OperationalError) and state is None) or (state or "").startswith(_GONE)
