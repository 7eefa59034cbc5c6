"""Who is allowed to see which private collections: users by themselves, and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.database import Database
from qa.serving.access.accounts.store import AccessError, AccessStore


@dataclass(frozen=True, slots=True)
class Allowances:
    """A table of who may see which collection: ``column`` names those that the table ``known`` has.

    ``missing`` says that there is no such one, and ``refusal`` that it was not allowed to see what it no longer shall.
    """

    table: Literal["allowed", "allowed_groups"]
    column: Literal['"user"', "of_group"]
    known: Literal["users", "groups"]
    missing: str
    refusal: str

    def of(self, db: Database, name: str) -> tuple[str, ...]:
        """The collections that ``name`` is allowed to see, by name."""
        rows = db.execute(f"SELECT collection FROM {self.table} WHERE {self.column} = ? ORDER BY collection", (name,))
        return tuple(collection for (collection,) in rows)

    def has(self, db: Database, name: str) -> bool:
        """Whether there is such a user, or group."""
        return db.execute(f"SELECT 1 FROM {self.known} WHERE name = ?", (name,)).fetchone() is not None

    def check(self, db: Database, name: str) -> None:
        """Raises AccessError where there is no such user, or group."""
        if not self.has(db, name):
            raise AccessError(self.missing.format(name=name))


OF_USERS = Allowances(
    "allowed",
    '"user"',
    "users",
    "there is no user {name}: refdesk users list names them",
    "{name} itself was not allowed to see {collection}: refdesk users list and refdesk groups list say who sees what",
)
OF_GROUPS = Allowances(
    "allowed_groups",
    "of_group",
    "groups",
    "there is no group {name}: refdesk groups list names them, and refdesk groups add makes one",
    "{name} was not allowed to see {collection}: refdesk groups list says who sees what",
)


class Allowed:
    """The users, or the groups, of a store, as ``allowances`` has them."""

    allowances: Allowances

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def allow(self, name: str, collections: Sequence[str]) -> None:
        """Let a user, or the members of a group, see ``collections``, which are private from now on.

        Raises:
            AccessError: there is no such user, or group.
        """
        with self._store.writing() as db:
            self.allowances.check(db, name)
            db.executemany("INSERT INTO private VALUES (?) ON CONFLICT DO NOTHING", ((one,) for one in collections))
            insert = f"INSERT INTO {self.allowances.table} VALUES (?, ?) ON CONFLICT DO NOTHING"
            db.executemany(insert, ((name, one) for one in collections))
            self._store.index.hide(collections)  # first: whatever happens now, they are not everyone's

    def disallow(self, name: str, collections: Sequence[str]) -> None:
        """No longer let a user, or the members of a group by it, see ``collections``; they stay private.

        Raises:
            AccessError: there is no such user, or group, or it was not allowed to see one of them.
        """
        of = self.allowances
        delete = f"DELETE FROM {of.table} WHERE {of.column} = ? AND collection = ?"
        with self._store.writing() as db:
            of.check(db, name)
            for one in collections:
                if not db.execute(delete, (name, one)).rowcount:
                    raise AccessError(of.refusal.format(name=name, collection=one))
