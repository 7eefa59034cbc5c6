"""Who has logged in: a session begins with a login, and ends with a logout, after some idle hours, or after a week."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable

from index.passage import Collections
from qa.serving.access.accounts.store import MINUTE, AccessStore, hash_of, new_secret
from qa.serving.access.accounts.users import hidden_from

IDLE = 12 * 3600.0  # seconds without a request after which a session is over
LONGEST = 7 * 86_400.0  # seconds after which it is over in any case
OF_USER = 20  # sessions of one user; beyond them, the one that was idle for longest ends


class Sessions:
    """The sessions of a store. Every method raises AccessError where the file cannot be used."""

    def __init__(self, store: AccessStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def begin(self, user: str) -> str:
        """The secret of a new session of the user's. Sessions that are over are forgotten."""
        (secret, kept), now = new_secret(), self._clock()
        with self._store.writing() as db:
            db.execute("DELETE FROM sessions WHERE used < ? OR began < ?", (now - IDLE, now - LONGEST))
            db.execute(
                'DELETE FROM sessions WHERE "user" = ? AND hash NOT IN'
                ' (SELECT hash FROM sessions WHERE "user" = ? ORDER BY used DESC LIMIT ?)',
                (user, user, OF_USER - 1),
            )
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (kept, user, now, now))
        return secret

    def find(self, secret: str) -> tuple[str, Collections] | None:
        """The user of the session with this secret, and the collections that it sees; None where it is over."""
        kept, now = hash_of(secret), self._clock()
        with self._store.reading() as db:
            row = db.execute('SELECT hash, "user", began, used FROM sessions WHERE hash = ?', (kept,)).fetchone()
            if row is None or not hmac.compare_digest(row[0], kept):
                return None
            _, user, began, used = row
            sees = hidden_from(self._store, db, user)
        if now - used > IDLE or now - began > LONGEST:
            return None
        if now - used > MINUTE:
            with self._store.writing() as db:
                db.execute("UPDATE sessions SET used = ? WHERE hash = ?", (now, kept))
        return user, sees

    def end(self, secret: str) -> str | None:
        """End the session with this secret; its user, if there was one."""
        with self._store.writing() as db:
            row = db.execute('DELETE FROM sessions WHERE hash = ? RETURNING "user"', (hash_of(secret),)).fetchone()
        return row[0] if row else None
