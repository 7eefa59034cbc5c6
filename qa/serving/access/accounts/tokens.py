"""What programs show to be let in: a secret with rights, and a day on which it ends."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from index.database import Database
from index.passage import Collections
from qa.serving.access.accounts.store import MINUTE, AccessError, AccessStore, checked_name, hash_of, new_secret
from qa.serving.access.accounts.users import hidden_from
from qa.serving.access.rights import Right

PREFIX = "refdesk_"  # by which a token that was left somewhere is recognised
DAY = 86_400.0  # seconds

_COLUMNS = "name, rights, collections, added, expires, used"


@dataclass(frozen=True, slots=True)
class Token:
    """A token: what it may do, and in which collections (None: in those that are not private)."""

    name: str
    rights: frozenset[Right]
    collections: tuple[str, ...] | None
    added: float
    expires: float
    used: float | None

    def sees(self, store: AccessStore, db: Database) -> Collections:
        """The collections that it sees."""
        if self.collections is None:
            return hidden_from(store, db, None)
        return Collections(frozenset(self.collections), hidden=False)


class Tokens:
    """The tokens of a store. Every method raises AccessError where the file cannot be used."""

    def __init__(self, store: AccessStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def new(self, name: str, rights: Collection[Right], days: int, collections: Collection[str] | None = None) -> str:
        """Make a token that ends after ``days``; it is never shown again.

        Raises:
            AccessError: the name is taken, or none.
        """
        secret, now = PREFIX + new_secret()[0], self._clock()
        among = None if collections is None else json.dumps(sorted(set(collections)))
        with self._store.writing() as db:
            if db.execute("SELECT 1 FROM tokens WHERE name = ?", (checked_name(name),)).fetchone():
                raise AccessError(f"there is a token {name} already: revoke it first (refdesk tokens revoke {name})")
            db.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (name, hash_of(secret), json.dumps(sorted(set(rights))), among, now, now + days * DAY),
            )
        return secret

    def listed(self) -> list[Token]:
        """All tokens, by name; those that have ended, too."""
        with self._store.reading() as db:
            return [_token(row) for row in db.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY name")]

    def revoke(self, name: str) -> None:
        """End a token at once.

        Raises:
            AccessError: there is no such token.
        """
        with self._store.writing() as db:
            if not db.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount:
                raise AccessError(f"there is no token {name}: refdesk tokens list names them")

    def find(self, secret: str) -> tuple[Token, Collections] | None:
        """The token with this secret and the collections that it sees, unless it has ended; notes the time."""
        kept, now = hash_of(secret), self._clock()
        with self._store.reading() as db:
            row = db.execute(f"SELECT hash, {_COLUMNS} FROM tokens WHERE hash = ?", (kept,)).fetchone()
            if row is None or not hmac.compare_digest(row[0], kept):
                return None
            token = _token(row[1:])
            sees = token.sees(self._store, db)
        if token.expires <= now:
            return None
        if token.used is None or now - token.used > MINUTE:
            with self._store.writing() as db:
                db.execute("UPDATE tokens SET used = ? WHERE hash = ?", (now, kept))
        return token, sees


def _token(row: tuple[Any, ...]) -> Token:
    name, rights, collections, *times = row
    return Token(name, frozenset(json.loads(rights)), collections and tuple(json.loads(collections)), *times)
