"""People who may log in, and the collections that are private to some of them.

A collection is everyone's until somebody is allowed to see it (``allow``). From then on only those see it who are
allowed to, also when the last of them is gone, until it is shared again (``share``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.database import Database
from index.passage import Collections
from qa.serving.access.accounts.allowances import OF_USERS, Allowed
from qa.serving.access.accounts.passwords import LONGEST, Passwords
from qa.serving.access.accounts.store import AccessError, AccessStore, checked_name, is_name


@dataclass(frozen=True, slots=True)
class User:
    """A user: when it was added and last logged in, its groups, and the private collections that it may see."""

    name: str
    added: float
    used: float | None
    groups: tuple[str, ...]
    collections: tuple[str, ...]


class Users(Allowed):
    """The users of a store.

    Every method raises AccessError where the file cannot be used, and those that change a user where there is none.
    """

    allowances = OF_USERS

    def __init__(
        self, store: AccessStore, passwords: Passwords | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(store)
        self._passwords = passwords or Passwords()
        self._clock = clock

    def add(self, name: str, password: str) -> None:
        """Add a user.

        Raises:
            AccessError: the name is taken or none, or the password too short.
        """
        row = (checked_name(name), self._passwords.hashed(password), self._clock())
        with self._store.writing() as db:
            _check_free(db, name)
            db.execute("INSERT INTO users VALUES (?, ?, ?, NULL)", row)

    def add_elsewhere(self, name: str) -> None:
        """Add a user who logs in by an identity provider, and has no password here.

        Raises:
            AccessError: the name is taken or none.
        """
        with self._store.writing() as db:
            _add_elsewhere(db, name, self._clock())

    def of_identity(self, issuer: str, subject: str, name: str, *, may_be_new: bool) -> str | None:
        """The user whom an identity provider knows as ``subject``, and calls ``name``; notes the time.

        The first time, it is the user of that name who was added to log in so; or a new one, if ``may_be_new``. A name
        that somebody else has, or that no user can have, gives nobody that user. None: there is no such user.
        """
        with self._store.writing() as db:
            known = db.execute('SELECT "user" FROM identities WHERE issuer = ? AND subject = ?', (issuer, subject))
            row = known.fetchone()
            if row is None:
                free = db.execute(
                    "SELECT 1 FROM users WHERE name = ? AND password = ''"
                    ' AND name NOT IN (SELECT "user" FROM identities)',
                    (name,),
                ).fetchone()
                if free is None and (OF_USERS.has(db, name) or not may_be_new or not is_name(name)):
                    return None
                if free is None:
                    _add_elsewhere(db, name, self._clock())
                db.execute("INSERT INTO identities VALUES (?, ?, ?)", (issuer, subject, name))
            user = name if row is None else str(row[0])
            db.execute("UPDATE users SET used = ? WHERE name = ?", (self._clock(), user))
        return user

    def set_password(self, name: str, password: str) -> None:
        """Change a user's password, and end all sessions.

        Raises:
            AccessError: the password is too short.
        """
        kept = self._passwords.hashed(password)
        with self._store.writing() as db:
            OF_USERS.check(db, name)
            db.execute("UPDATE users SET password = ? WHERE name = ?", (kept, name))
            db.execute('DELETE FROM sessions WHERE "user" = ?', (name,))

    def remove(self, name: str) -> int:
        """Remove a user, with all sessions and conversations; how many conversations these were.

        What was private to that user alone is then seen by nobody.
        """
        with self._store.writing() as db:
            OF_USERS.check(db, name)
            (kept,) = db.execute('SELECT count(*) FROM conversations WHERE "user" = ?', (name,)).fetchone()
            db.execute("DELETE FROM users WHERE name = ?", (name,))
        return int(kept)

    def listed(self) -> list[User]:
        """All users, by name."""
        with self._store.reading() as db:
            rows = db.execute("SELECT name, added, used FROM users ORDER BY name").fetchall()
            return [User(name, added, used, _groups(db, name), _allowed(db, name)) for name, added, used in rows]

    def logs_in(self, name: str, password: str) -> bool:
        """Whether a user has this name and this password; notes the time."""
        with self._store.reading() as db:
            row = db.execute("SELECT password FROM users WHERE name = ?", (name if is_name(name) else "",)).fetchone()
        kept = (row and row[0]) or None  # nobody, or somebody who logs in elsewhere
        if not self._passwords.matches(kept, password) or kept is None or len(password) > LONGEST:
            return False
        renewed = self._passwords.hashed(password) if self._passwords.is_outdated(kept) else kept
        with self._store.writing() as db:  # unless it was changed meanwhile
            db.execute(
                "UPDATE users SET used = ?, password = ? WHERE name = ? AND password = ?",
                (self._clock(), renewed, name, kept),
            )
        return True

    def share(self, collections: Sequence[str]) -> None:
        """Let everyone see ``collections`` again.

        Raises:
            AccessError: one of them is not private.
        """
        with self._store.writing() as db:
            private = self._store.private(db)
            for one in collections:
                if one not in private:
                    raise AccessError(f"{one} is not private: refdesk users list names those that are")
                db.execute("DELETE FROM private WHERE collection = ?", (one,))
        self._store.index.share(collections)

    def keep_private(self, collections: Sequence[str]) -> None:
        """Make ``collections`` private, without letting anybody see them."""
        with self._store.writing() as db:
            db.executemany("INSERT INTO private VALUES (?) ON CONFLICT DO NOTHING", ((one,) for one in collections))
            self._store.index.hide(collections)

    def private(self) -> list[str]:
        """The collections that only some see, by name."""
        with self._store.reading() as db:
            return sorted(self._store.private(db))


def hidden_from(store: AccessStore, db: Database, user: str | None) -> Collections:
    """The collections that a user sees: all but the private ones that neither it nor a group of it may see.

    None: nobody.

    Raises:
        AccessError: the index cannot be read.
    """
    return Collections(store.private(db) - {name for (name,) in db.execute(_ALLOWED, {"user": user})})


# The private collections that a user may see, by itself or by a group.
_ALLOWED = (
    'SELECT collection FROM allowed WHERE "user" = :user'
    ' UNION SELECT collection FROM allowed_groups JOIN members USING (of_group) WHERE "user" = :user'
)


def _allowed(db: Database, name: str) -> tuple[str, ...]:
    rows = db.execute(f"{_ALLOWED} ORDER BY collection", {"user": name})
    return tuple(collection for (collection,) in rows)


def _groups(db: Database, name: str) -> tuple[str, ...]:
    rows = db.execute('SELECT of_group FROM members WHERE "user" = ? ORDER BY of_group', (name,))
    return tuple(group for (group,) in rows)


def _add_elsewhere(db: Database, name: str, now: float) -> None:
    _check_free(db, checked_name(name))
    db.execute("INSERT INTO users VALUES (?, '', ?, NULL)", (name, now))


def _check_free(db: Database, name: str) -> None:
    if OF_USERS.has(db, name):
        raise AccessError(f"there is a user {name} already: refdesk users password {name} changes the password")
