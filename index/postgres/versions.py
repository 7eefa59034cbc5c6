"""The versions of the tables: an index of an earlier one is brought to the last, and one of another is not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from psycopg import Connection

from index.database import DamageError
from index.postgres.server import Server
from index.store import UNFINISHED, StoreError, first_state


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that the ``migrations`` lead to, of the index ``name``; ``check_finished`` refuses some of them."""

    migrations: Sequence[str]
    name: str
    check_finished: Callable[[bool], None]

    @property
    def last(self) -> int:
        """The version of a new index."""
        return len(self.migrations)

    def create(self, db: Connection[Any], server: Server, embedder: str, *, unfinished: bool) -> None:
        """Make the tables of an empty index for vectors of ``embedder``."""
        db.execute("CREATE EXTENSION IF NOT EXISTS vector")
        server.make_schema(db)
        self._run(db, 0)
        state = first_state(embedder)
        rows = {"version": str(self.last), "generation": "0", "embedder": embedder, "state": state}
        if unfinished:
            rows[UNFINISHED] = ""
        for row in rows.items():
            db.execute("INSERT INTO meta VALUES (%s, %s)", row)
        db.execute("INSERT INTO history VALUES (0, %s, 0)", (state,))

    def migrate(self, db: Connection[Any]) -> int:
        """Bring the tables to the last version; returns that before.

        Raises:
            StoreError: they are of a later version.
        """
        before = self._found(db)
        if before > self.last:
            self._refuse(before)
        self._run(db, before)
        db.execute("UPDATE meta SET value = %s WHERE key = 'version'", (str(self.last),))
        return before

    def check(self, db: Connection[Any]) -> None:
        """
        Raises:
            StoreError: the index is of another version, or unfinished.
        """
        found = self._found(db)
        if found != self.last:
            self._refuse(found)

    def _run(self, db: Connection[Any], after: int) -> None:
        for migration in self.migrations[after:]:
            db.execute(migration.encode())

    def _found(self, db: Connection[Any]) -> int:
        found = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('version', %s)", (UNFINISHED,)))
        if "version" not in found:
            raise DamageError("its version is missing")
        self.check_finished(UNFINISHED not in found)
        return int(found["version"])

    def _refuse(self, found: int) -> NoReturn:
        what = "run refdesk migrate" if found < self.last else "update Refdesk"
        raise StoreError(f"the index in {self.name} is of version {found}, and not {self.last}: {what}")
