"""The store of users in the index's database: the same tables, shared by all servers over it.

They are in a schema of their own, since an index is handed on without them. Writers take turns, as in a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from psycopg import Connection, IsolationLevel

from index.address import DatabaseUrl
from index.database import Database
from index.postgres.connection import PostgresConnection
from index.postgres.server import Server
from index.postgres.store import PostgresStore
from index.store import StoreError
from qa.serving.access.accounts.store import FORMAT, TABLES, AccessError, AccessStore, empty

SCHEMA = "refdesk_access"
# What is taken over from a file, each after those that it refers to: all but sessions and logins that are waited for.
_LASTING = ("users", "private", "allowed", "tokens", "identities", "groups", "members", "allowed_groups",
            "conversations")  # fmt: skip


class PostgresAccessStore(AccessStore):
    """The tables in a database; ``folder`` is this server's own. Threads may share it."""

    def __init__(self, url: DatabaseUrl, schema: str = SCHEMA, index: PostgresStore | None = None) -> None:
        """Another schema, and an index that is in another one, are for tests."""
        self._index = index or PostgresStore(url)
        super().__init__(url.folder, self._index)
        self._name = str(url)
        self._server = Server(url, schema)

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """The tables as they are now; empty ones where there are none."""
        with self._connection(IsolationLevel.REPEATABLE_READ, read_only=True) as db:
            if self._are_there(db):
                yield PostgresConnection(db)
            else:
                with closing(empty()) as none:
                    yield none

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """The tables, to change: the change is kept when the block ends, and undone when it raises."""
        with self._connection() as db:
            self._server.lock_schema(db)
            if not self._are_there(db):
                self._make(db)
            yield PostgresConnection(db)

    def migrate(self) -> bool:
        """Bring the tables to this version, and what an earlier one kept in a file into them; whether there was a file.

        What is in the tables already stays as it is there.
        """
        with self._connection() as db:
            self._server.lock_schema(db)
            self._make(db)
            if not self.path.exists():
                return False
            with AccessStore(self.folder).reading() as file:
                for table in _LASTING:
                    rows = file.execute(f"SELECT * FROM {table}").fetchall()
                    holes = ", ".join("?" * len(rows[0])) if rows else ""
                    insert = f"INSERT INTO {table} VALUES ({holes}) ON CONFLICT DO NOTHING"
                    PostgresConnection(db).executemany(insert, rows)
        self.path.replace(self.path.with_suffix(".moved"))
        return True

    def copy_to(self, path: Path) -> NoReturn:  # noqa: ARG002
        """Raises AccessError, always."""
        raise AccessError(f"{self._name} is a database: back it up with PostgreSQL's pg_dump")

    @property
    def name(self) -> str:
        """See ``AccessStore.name``."""
        return f"{self._server.schema} in {self._name}"

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        self._server.close()
        self._index.close()

    @contextmanager
    def _connection(
        self, level: IsolationLevel = IsolationLevel.READ_COMMITTED, *, read_only: bool = False
    ) -> Iterator[Connection[Any]]:
        try:
            with self._server.connection(level, read_only=read_only) as db:
                yield db
        except StoreError as error:
            raise AccessError(str(error)) from None

    def _are_there(self, db: Connection[Any]) -> bool:
        """Whether there are tables; raises AccessError where they are of another version, or still in a file."""
        found = self._found_format(db)
        if self.path.exists() or 0 < found < FORMAT:
            where = self.path if self.path.exists() else self._name
            raise AccessError(f"the users in {where} are as an earlier version kept them: run refdesk migrate")
        return found > 0

    def _make(self, db: Connection[Any]) -> None:
        """Make the tables, or those of an earlier version what they are now."""
        if self._found_format(db) == 0:
            self._server.make_schema(db)
            db.execute("CREATE DOMAIN blob AS bytea")
            db.execute("CREATE TABLE format (number integer NOT NULL)")
            db.execute("INSERT INTO format VALUES (0)")
        db.execute(TABLES.encode())
        db.execute("UPDATE format SET number = %s", (FORMAT,))

    def _found_format(self, db: Connection[Any]) -> int:
        """The version of the tables; 0: there are none. Raises AccessError where it is a later one."""
        row = db.execute("SELECT number FROM format").fetchone() if self._server.has_table(db, "format") else None
        found = int(row[0]) if row else 0
        if found > FORMAT:
            raise AccessError(f"the users in {self._name} are of version {found}, and not {FORMAT}: update Refdesk")
        return found
