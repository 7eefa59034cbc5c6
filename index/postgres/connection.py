"""A connection to PostgreSQL that is called as SQLite's is (``index.database``)."""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, Cursor, ServerCursor, adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.string import StrDumper

from index.database import Values

# Strings and casts are passed over; SQLite's hint has no counterpart.
_PARAMETER = re.compile(r"'[^']*'|::|\?(\d*)|:([a-z]\w*)|%|INDEXED BY \w+ ")
# Lists are read before they are compared: row-level security lets no index be used for what is cast in the comparison.
_LIST = re.compile(r"(?<!NOT )IN (\(SELECT (?:value|CAST\(value AS bigint\)) FROM json_each\([^()]*\)\))")

_BIGINT, _BIGINTS = adapters.types["int8"].oid, adapters.types["int8"].array_oid
_NUMBERS = itertools.count()  # of cursors, whose names must differ in a transaction


class _IdsDumper(Dumper):
    """Sends ids, an array of shape (n,), as PostgreSQL sends bigint[]: in a fiftieth of the time that a list takes."""

    format = Format.BINARY
    oid = _BIGINTS

    def dump(self, obj: NDArray[np.int64]) -> bytes:
        """One dimension without nulls, counted from 1; before each id the number of its bytes."""
        cells = np.empty(len(obj), dtype=[("size", ">i4"), ("id", ">i8")])
        cells["size"], cells["id"] = 8, obj
        return struct.pack(">5i", 1, 0, _BIGINT, len(obj), 1) + cells.tobytes()


class _StreamCursor(ServerCursor[Any]):
    """A cursor on the server that is closed also where the connection is lost while it is being closed."""

    def close(self) -> None:
        try:
            super().close()
        finally:
            super().close()  # nothing is sent where it is closed already, or the connection is


class PostgresConnection:
    """Runs the store's SQL; ``raw`` is the connection itself, in a transaction."""

    def __init__(self, raw: Connection[Any]) -> None:
        self.raw = raw
        raw.adapters.register_dumper(np.ndarray, _IdsDumper)
        raw.adapters.register_dumper(str, StrDumper)  # as text, or PostgreSQL cannot tell which json_each is meant

    def execute(self, sql: str, values: Values = (), /) -> Cursor[Any]:
        """The rows of the statement, all of them read."""
        return self.raw.execute(translated(sql), _named(values), binary=True)

    def stream(self, sql: str, values: Values = (), /) -> ServerCursor[Any]:
        """The rows of the query, which stay on the server until they are asked for."""
        cursor = _StreamCursor(self.raw, f"streamed_{next(_NUMBERS)}")
        try:
            return cursor.execute(translated(sql), _named(values), binary=True)
        except BaseException:
            cursor.close()
            raise

    def executemany(self, sql: str, rows: Iterable[Values], /) -> None:
        """Run the statement for each of the rows."""
        with self.raw.cursor() as cursor:
            cursor.executemany(translated(sql), map(_named, rows))


@lru_cache(maxsize=256)
def translated(sql: str) -> bytes:
    """SQL with SQLite's parameters as SQL with psycopg's; those without a name are named by their number."""
    count = 0

    def parameter(found: re.Match[str]) -> str:
        nonlocal count
        written = found[0]
        if written.startswith("?"):
            count = int(found[1] or count + 1)
            return f"%({count})s"
        if found[2]:
            return f"%({found[2]})s"
        return "" if written.startswith("INDEXED") else written.replace("%", "%%")

    return _PARAMETER.sub(parameter, _LIST.sub(r"= ANY(ARRAY\1)", sql)).encode()


def _named(values: Values) -> Mapping[str, Any]:
    return values if isinstance(values, Mapping) else {str(number): value for number, value in enumerate(values, 1)}
