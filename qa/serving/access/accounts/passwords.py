"""Passwords as argon2 hashes, with the parameters of RFC 9106 for little memory (64 MiB)."""

from __future__ import annotations

from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from qa.serving.access.accounts.store import AccessError

SHORTEST, LONGEST = 8, 1024  # characters


class Passwords:
    """Hashes and compares passwords; ``hasher`` has the parameters."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def hashed(self, password: str) -> str:
        """What is kept of the password.

        Raises:
            AccessError: it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise AccessError(f"a password has {SHORTEST} to {LONGEST:,} characters: choose another")
        return self._hasher.hash(password)

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether ``kept`` is of this password. Where there is none, it takes the same time to say no."""
        try:
            return self._hasher.verify(kept or self._decoy, password[:LONGEST]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash("no user's password")
