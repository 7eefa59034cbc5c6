"""Where an index on PostgreSQL is."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SCHEMES = ("postgresql://", "postgres://")
_SHOWN = ("host", "port", "dbname", "user")  # parameters that hold no secret
_FOLDER = Path(".refdesk")


class DatabaseUrl:
    """A connection string. Nothing that shows it shows its password, nor parameters that may be secret."""

    def __init__(self, url: str) -> None:
        """
        Raises:
            ValueError: it is no connection string; the message does not repeat it.
        """
        try:
            parts = urlsplit(url)
            given = parse_qs(parts.query)
        except ValueError:
            raise ValueError("it is no address such as postgresql://USER@HOST/DATABASE") from None
        if not url.startswith(SCHEMES) or not (parts.path.strip("/") or "dbname" in given):
            raise ValueError("it is no address such as postgresql://USER@HOST/DATABASE")
        login, _, host = parts.netloc.rpartition("@")
        user = login.partition(":")[0]
        query = "&".join(f"{name}={given[name][0]}" for name in _SHOWN if name in given)
        self._url = url
        self._name = f"postgresql://{user}{'@' if user else ''}{host}{parts.path}{'?' if query else ''}{query}"

    def reveal(self) -> str:
        """The whole connection string, for connecting."""
        return self._url

    @property
    def folder(self) -> Path:
        """The folder on this machine for what a server keeps beside the index: users, feedback, visitors' files."""
        name = self._name.removeprefix("postgresql://").rpartition("@")[2]
        return _FOLDER / f"postgresql-{re.sub(r'[^A-Za-z0-9.]+', '-', name).strip('-')}"

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"DatabaseUrl({self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseUrl) and other._url == self._url

    def __hash__(self) -> int:
        return hash(self._url)


Location = Path | DatabaseUrl
"""Where an index is: in a folder, or in a database."""


def location_of(text: str) -> Location:
    """The location that ``text`` names: a connection string, or a folder.

    Raises:
        ValueError: it is empty, or begins as a connection string and is none.
    """
    if not text.strip():
        raise ValueError("it is empty: name a folder, or postgresql://USER@HOST/DATABASE")
    return DatabaseUrl(text) if text.startswith(SCHEMES) else Path(text).expanduser()
