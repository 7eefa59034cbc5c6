"""What the store's SQL is run by: SQLite's own connection, or one to PostgreSQL that is called in the same way.

The SQL of ``snapshot``, ``transaction`` and their helpers is written once, in what both understand. Its parameters are
written as SQLite's (``?``, ``?1``, ``:name``), and lists go in as one JSON parameter, through ``json_each``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]


class DamageError(Exception):
    """What the store holds cannot be what was written. The message says what it is."""


class Rows(Protocol):
    """The rows that a statement gives, each once."""

    @property
    def rowcount(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any: ...

    def fetchmany(self, size: int, /) -> list[Any]: ...

    def fetchall(self) -> list[Any]: ...

    def close(self) -> None: ...


class Database(Protocol):
    """A connection with a transaction that is open."""

    def execute(self, sql: str, values: Values = (), /) -> Rows: ...

    def stream(self, sql: str, values: Values = (), /) -> Rows:
        """The rows of a query, some at a time, however many there are; to be closed in the transaction."""

    def executemany(self, sql: str, rows: Iterable[Values], /) -> object: ...


class SqliteConnection(sqlite3.Connection):
    """SQLite's own connection, whose rows always come one by one."""

    stream = sqlite3.Connection.execute
