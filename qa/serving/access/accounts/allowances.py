"""Who is allowed to see which private collections: users by themselves, and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.database import Database
from qa.serving.access.accounts.store import AccessError


@dataclass(frozen=True, slots=True)
class Allowances:
    """A table of who (``column``) may see which collection."""

    table: Literal["allowed", "allowed_groups"]
    column: Literal['"user"', "of_group"]

    def of(self, db: Database, name: str) -> tuple[str, ...]:
        """The collections that ``name`` is allowed to see, by name."""
        rows = db.execute(f"SELECT collection FROM {self.table} WHERE {self.column} = ? ORDER BY collection", (name,))
        return tuple(collection for (collection,) in rows)

    def add(self, db: Database, name: str, collections: Sequence[str]) -> None:
        """Let ``name`` see ``collections``, which are private from now on."""
        db.executemany("INSERT INTO private VALUES (?) ON CONFLICT DO NOTHING", ((one,) for one in collections))
        insert = f"INSERT INTO {self.table} VALUES (?, ?) ON CONFLICT DO NOTHING"
        db.executemany(insert, ((name, one) for one in collections))

    def remove(self, db: Database, name: str, collections: Sequence[str], refusal: Callable[[str], str]) -> None:
        """No longer let ``name`` see ``collections``.

        Raises:
            AccessError: it was not allowed to see one of them; ``refusal`` words it.
        """
        for one in collections:
            removed = db.execute(f"DELETE FROM {self.table} WHERE {self.column} = ? AND collection = ?", (name, one))
            if not removed.rowcount:
                raise AccessError(refusal(one))


OF_USERS = Allowances("allowed", '"user"')
OF_GROUPS = Allowances("allowed_groups", "of_group")
