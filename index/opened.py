"""The one place that picks a store by where an index is."""

from __future__ import annotations

from importlib.util import find_spec

from index.address import DatabaseUrl, Location
from index.store import Store, StoreError


def open_store(location: Location, *, unfinished: bool = False) -> Store:
    """The store of the index there, which need not exist yet; ``unfinished``: one that is still being copied.

    Raises:
        StoreError: it is in a database, and what is needed for that is not installed.
    """
    if not isinstance(location, DatabaseUrl):
        return Store(location, unfinished=unfinished)
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise StoreError("an index on PostgreSQL needs psycopg: pip install 'refdesk[postgres]'")
    from index.postgres.store import PostgresStore

    return PostgresStore(location, unfinished=unfinished)
