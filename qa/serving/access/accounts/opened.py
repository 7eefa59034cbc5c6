"""The one place that picks a store of users by where the index is: beside a folder's index, or in its database."""

from __future__ import annotations

from index.address import DatabaseUrl, Location
from index.opened import check_installed
from qa.serving.access.accounts.store import AccessStore


def open_access(location: Location) -> AccessStore:
    """The store of those who are known at the index there.

    Raises:
        StoreError: it is in a database, and what is needed for that is not installed.
    """
    if not isinstance(location, DatabaseUrl):
        return AccessStore(location)
    check_installed()
    from qa.serving.access.accounts.postgres import PostgresAccessStore

    return PostgresAccessStore(location)
