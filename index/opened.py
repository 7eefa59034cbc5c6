"""The one place that picks a store by where an index is."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from index.address import DatabaseUrl, Location
from index.store import Store, StoreError

if TYPE_CHECKING:
    from index.postgres.jobs import Jobs


def open_store(location: Location, *, unfinished: bool = False) -> Store:
    """The store of the index there, which need not exist yet; ``unfinished``: one that is still being copied.

    Raises:
        StoreError: it is in a database, and what is needed for that is not installed.
    """
    if not isinstance(location, DatabaseUrl):
        return Store(location, unfinished=unfinished)
    check_installed()
    from index.postgres.store import PostgresStore

    return PostgresStore(location, unfinished=unfinished)


def open_jobs(location: Location) -> Jobs:
    """The jobs of the index there.

    Raises:
        StoreError: it is in a folder, or what is needed for a database is not installed.
    """
    if not isinstance(location, DatabaseUrl):
        raise StoreError(f"{location} is a folder, and jobs are kept in a database: --index postgresql://… names one")
    check_installed()
    from index.postgres.jobs import Jobs
    from index.postgres.store import PostgresStore

    return Jobs(PostgresStore(location))


def check_installed() -> None:
    """Raises StoreError where what is needed for a database is not installed."""
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise StoreError("an index on PostgreSQL needs psycopg: pip install 'refdesk[postgres]'")
