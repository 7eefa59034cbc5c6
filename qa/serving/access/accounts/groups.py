"""Groups of users: a collection that a group is allowed to see is private, and all of its members see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.database import Database
from qa.serving.access.accounts.allowances import OF_GROUPS, OF_USERS, Allowed
from qa.serving.access.accounts.store import AccessError, AccessStore, checked_name


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its members, and the private collections that they see by it."""

    name: str
    added: float
    members: tuple[str, ...]
    collections: tuple[str, ...]


class Groups(Allowed):
    """The groups of a store.

    Every method raises AccessError where the file cannot be used, or there is no such group or user.
    """

    allowances = OF_GROUPS

    def __init__(self, store: AccessStore, clock: Callable[[], float] = time.time) -> None:
        super().__init__(store)
        self._clock = clock

    def add(self, name: str) -> None:
        """Add a group.

        Raises:
            AccessError: the name is taken, or none.
        """
        with self._store.writing() as db:
            if OF_GROUPS.has(db, checked_name(name)):
                raise AccessError(f"there is a group {name} already: refdesk groups list names them")
            db.execute("INSERT INTO groups VALUES (?, ?)", (name, self._clock()))

    def remove(self, name: str) -> None:
        """Remove a group. What was private to its members alone is then seen by nobody."""
        with self._store.writing() as db:
            OF_GROUPS.check(db, name)
            db.execute("DELETE FROM groups WHERE name = ?", (name,))

    def listed(self) -> list[Group]:
        """All groups, by name."""
        with self._store.reading() as db:
            rows = db.execute("SELECT name, added FROM groups ORDER BY name").fetchall()
            return [Group(name, added, _members(db, name), OF_GROUPS.of(db, name)) for name, added in rows]

    def join(self, name: str, users: Sequence[str]) -> None:
        """Make users members."""
        with self._store.writing() as db:
            OF_GROUPS.check(db, name)
            for user in users:
                OF_USERS.check(db, user)
            db.executemany("INSERT INTO members VALUES (?, ?) ON CONFLICT DO NOTHING", ((name, user) for user in users))

    def leave(self, name: str, users: Sequence[str]) -> None:
        """Make users no longer members; raises AccessError where one of them is none."""
        with self._store.writing() as db:
            OF_GROUPS.check(db, name)
            for user in users:
                if not db.execute('DELETE FROM members WHERE of_group = ? AND "user" = ?', (name, user)).rowcount:
                    raise AccessError(f"{user} is no member of {name}: refdesk groups list names the members")

    def set_groups(self, user: str, names: Iterable[str]) -> None:
        """Make a user a member of the groups with these ``names``, as far as there are such, and of no other."""
        with self._store.writing() as db:
            OF_USERS.check(db, user)
            db.execute('DELETE FROM members WHERE "user" = ?', (user,))
            known = {name for (name,) in db.execute("SELECT name FROM groups")}  # names from elsewhere reach no query
            db.executemany("INSERT INTO members VALUES (?, ?)", ((name, user) for name in known.intersection(names)))


def _members(db: Database, name: str) -> tuple[str, ...]:
    rows = db.execute('SELECT "user" FROM members WHERE of_group = ? ORDER BY "user"', (name,))
    return tuple(user for (user,) in rows)
