"""Who is allowed to see which private collections: users by themselves, and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Literal

from qa.serving.access.accounts.store import AccessError


@dataclass(frozen=True, slots=True)
class Allowances:
    """A table of who (``column``) may see which collection."""

    table: Literal["allowed", "allowed_groups"]
    column: Literal["user", "of_group"]

    def of(self, db: Connection, name: str) -> tuple[str, ...]:
        """The collections that ``name`` is allowed to see, by name."""
        rows = db.execute(f"SELECT collection FROM {self.table} WHERE {self.column} = ? ORDER BY collection", (name,))
        return tuple(collection for (collection,) in rows)

    def add(self, db: Connection, name: str, collections: Sequence[str]) -> None:
        """Let ``name`` see ``collections``, which are private from now on."""
        db.executemany("INSERT OR IGNORE INTO private VALUES (?)", ((one,) for one in collections))
        db.executemany(f"INSERT OR IGNORE INTO {self.table} VALUES (?, ?)", ((name, one) for one in collections))

    def remove(self, db: Connection, name: str, collections: Sequence[str], refusal: Callable[[str], str]) -> None:
        """No longer let ``name`` see ``collections``.

        Raises:
            AccessError: it was not allowed to see one of them; ``refusal`` words it.
        """
        for one in collections:
            removed = db.execute(f"DELETE FROM {self.table} WHERE {self.column} = ? AND collection = ?", (name, one))
            if not removed.rowcount:
                raise AccessError(refusal(one))


OF_USERS = Allowances("allowed", "user")
OF_GROUPS = Allowances("allowed_groups", "of_group")
