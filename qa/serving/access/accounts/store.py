"""The file with users, groups, tokens, sessions and conversations, beside the index and for its owner alone (mode 600).

It is no part of the index: an index is deleted, rebuilt and handed on, and every change of it is a new generation that
derived indexes must follow, while here every login writes.

Passwords are kept as argon2 hashes. Tokens and sessions are random and of 256 bits: their SHA-256 is kept. Times are in
seconds since 1970.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from documents.errors import RefdeskError
from index import private
from index.database import Database, SqliteConnection
from index.store import Store, StoreError

FILE = "access.sqlite3"
FORMAT = 3  # raised when a table is added; a file of an earlier one is given it
TIMEOUT = 10  # seconds to wait for another writer …
READING = 3  # … and to read, which each request does
LOST = (
    "{names}: private by the index, but {place} does not know who may see that, so nobody does: put it back from a "
    "backup, or say it again (refdesk users allow NAME COLLECTION; refdesk users share COLLECTION for everyone)"
)
UNNOTED = "{index} cannot note which collections are private ({reason}): they are everyone's if {place} is lost"
MINUTE = 60.0  # for which a time of use is not written again

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
TABLES = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, password TEXT NOT NULL,  -- '' where the user logs in elsewhere
    added DOUBLE PRECISION NOT NULL, used DOUBLE PRECISION
);
CREATE TABLE IF NOT EXISTS private (collection TEXT PRIMARY KEY);  -- that only those see who are allowed to
CREATE TABLE IF NOT EXISTS allowed (
    "user" TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    collection TEXT NOT NULL REFERENCES private ON DELETE CASCADE,
    PRIMARY KEY ("user", collection)
);
CREATE TABLE IF NOT EXISTS tokens (
    name TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, rights TEXT NOT NULL,  -- JSON
    collections TEXT,  -- JSON, or NULL for those that are not private
    added DOUBLE PRECISION NOT NULL, expires DOUBLE PRECISION NOT NULL, used DOUBLE PRECISION
);
CREATE TABLE IF NOT EXISTS sessions (
    hash BLOB PRIMARY KEY, "user" TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    began DOUBLE PRECISION NOT NULL, used DOUBLE PRECISION NOT NULL
);
CREATE TABLE IF NOT EXISTS identities (  -- who users are to an identity provider
    issuer TEXT NOT NULL, subject TEXT NOT NULL, "user" TEXT NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE TABLE IF NOT EXISTS pending (  -- logins that a provider has been asked for
    state BLOB PRIMARY KEY, browser BLOB NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, next TEXT NOT NULL,
    began DOUBLE PRECISION NOT NULL
);
CREATE TABLE IF NOT EXISTS groups (name TEXT PRIMARY KEY, added DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    of_group TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
    "user" TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (of_group, "user")
);
CREATE TABLE IF NOT EXISTS allowed_groups (
    of_group TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
    collection TEXT NOT NULL REFERENCES private ON DELETE CASCADE,
    PRIMARY KEY (of_group, collection)
);
CREATE TABLE IF NOT EXISTS conversations (
    "user" TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
    id TEXT NOT NULL, title TEXT NOT NULL, changed BIGINT NOT NULL,  -- in milliseconds
    turns INTEGER NOT NULL, said TEXT NOT NULL, content TEXT NOT NULL, -- JSON
    size INTEGER NOT NULL,
    PRIMARY KEY ("user", id)
)
"""


class AccessError(RefdeskError):
    """Users, groups, tokens or sessions that are not as asked, or cannot be read. The message is one line."""


class AccessStore:
    """Who is known at a desk, by the file in its folder. It holds no connection: one is opened for each use.

    Threads may share it. Every method but ``note_private`` raises AccessError where file or index cannot be used.
    """

    def __init__(self, folder: Path, index: Store | None = None) -> None:
        """``index`` is the one beside which this is (None: that in the folder)."""
        self.folder = folder
        self.path = folder / FILE
        self.index = index or Store(folder)
        self._lost = frozenset[str]()  # collections of which was said last that nobody is known who may see them

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """The tables as they are now; empty ones where there is no file."""
        with self._errors(), closing(self._connect(READING) if self.path.exists() else empty()) as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """The tables, to change: the change is kept when the block ends, and undone when it raises."""
        with self._errors():
            private.make_folder(self.folder)
            private.make_file(self.path)
            private.keep([self.path])
            with closing(self._connect()) as db, db:
                db.execute("BEGIN IMMEDIATE")
                yield db

    def private(self, db: Database) -> frozenset[str]:
        """The collections that only some see: by ``db`` or, where that was lost, by the index itself."""
        known = _private_in(db)
        try:
            lost = self.index.hidden() - known
        except StoreError as error:
            raise AccessError(str(error)) from error
        if lost and lost != self._lost:
            logger.warning(LOST.format(names=", ".join(sorted(lost)), place=self.name))
        self._lost = lost
        return known | lost

    def note_private(self) -> None:
        """Have the index note what is private here, in case that this is lost; where it cannot, the log says so."""
        try:
            with self.reading() as db:
                self.index.hide(_private_in(db))
        except (StoreError, AccessError) as error:
            logger.warning(UNNOTED.format(index=self.index.name, reason=error, place=self.name))

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return str(self.path)

    def migrate(self) -> bool:
        """Nothing: a file is brought to this version as it is opened."""
        return False

    def copy_to(self, path: Path) -> None:
        """Copy all but the sessions to the new file ``path``, whatever others write meanwhile."""
        with self._errors(), closing(self._connect()) as db:
            private.make_file(path)
            with closing(sqlite3.connect(path, isolation_level=None)) as copy:
                db.backup(copy)
                copy.execute("DELETE FROM sessions")
                copy.execute("VACUUM")  # so that nothing of them stays in the file

    def _connect(self, wait: float = TIMEOUT) -> SqliteConnection:
        db = sqlite3.connect(self.path, timeout=wait, isolation_level=None, factory=SqliteConnection)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            db.execute("PRAGMA secure_delete = ON")
            (found,) = db.execute("PRAGMA user_version").fetchone()
            if found > FORMAT:
                raise AccessError(f"{self.path} is of another version of Refdesk: delete it and add the users again")
            if found < FORMAT:  # new, or of an earlier version, or its maker was killed
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    _create(db)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise AccessError(f"{self.path} cannot be used ({error}): look at its permissions and the disk") from error
        except OSError as error:
            raise AccessError(f"{self.path} cannot be used: {error.strerror or error}") from error


def _private_in(db: Database) -> frozenset[str]:
    return frozenset(name for (name,) in db.execute("SELECT collection FROM private"))


def new_secret() -> tuple[str, bytes]:
    """A secret of 256 random bits, as text, and the hash by which it is known."""
    secret = secrets.token_urlsafe(32)
    return secret, hash_of(secret)


def hash_of(secret: str) -> bytes:
    """What is kept of a secret that has 256 random bits: nobody can guess it, so a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def is_name(text: str) -> bool:
    """Whether a user, group or token can have the name."""
    return _NAME.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """``name``, if a user, group or token can have it.

    Raises:
        AccessError: it cannot.
    """
    if not is_name(name):
        raise AccessError(f"{name!r} is no name: write up to 64 letters, digits and . _ @ + -, a letter or digit first")
    return name


def empty() -> SqliteConnection:
    """Tables that nobody is in."""
    db = sqlite3.connect(":memory:", isolation_level=None, factory=SqliteConnection)
    _create(db)
    return db


def _create(db: sqlite3.Connection) -> None:
    """Create the tables unless they are there."""
    if db.execute("PRAGMA user_version").fetchone() < (FORMAT,):
        for statement in TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {FORMAT}")
