"""Logins that an identity provider has been asked for: each is answered once, to the browser that began it."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from qa.serving.access.accounts.store import AccessStore, hash_of

LONGEST = 600.0  # seconds that somebody may take to log in there
MOST = 1000  # that are waited for; beyond them the oldest is forgotten


@dataclass(frozen=True, slots=True)
class Login:
    """A login: what the provider must repeat (``nonce``), the proof of who asked (``verifier``), and where it leads."""

    nonce: str
    verifier: str
    to: str


class Pending:
    """The logins of a store that are waited for. Every method raises AccessError where the file cannot be used."""

    def __init__(self, store: AccessStore, clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._clock = clock

    def begin(self, state: str, browser: str, login: Login) -> None:
        """Wait for the answer with this ``state`` to the ``browser`` with this secret."""
        now = self._clock()
        with self._store.writing() as db:
            db.execute(
                "DELETE FROM pending WHERE began < ? OR state NOT IN"
                " (SELECT state FROM pending ORDER BY began DESC LIMIT ?)",
                (now - LONGEST, self._most - 1),
            )
            row = (hash_of(state), hash_of(browser), login.nonce, login.verifier, login.to, now)
            db.execute("INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?)", row)

    def end(self, state: str, browser: str) -> Login | None:
        """The login with this ``state``, which is over; None where there is none, or another browser began it."""
        with self._store.writing() as db:
            row = db.execute(
                "DELETE FROM pending WHERE state = ? RETURNING browser, began, nonce, verifier, next", (hash_of(state),)
            ).fetchone()
        if row is None or not hmac.compare_digest(row[0], hash_of(browser)) or self._clock() - row[1] > LONGEST:
            return None
        return Login(*row[2:])
