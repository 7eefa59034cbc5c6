"""What PostgreSQL tells of itself and of an index's tables."""

from __future__ import annotations

from index.database import Database


def size_of(db: Database) -> int:
    """The bytes that the tables and their indexes take."""
    row = db.execute(
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
        " WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind = 'r'"
    ).fetchone()
    return int(row[0])


def limits_rows(db: Database) -> bool:
    """Whether PostgreSQL limits what is read to a scope: not for a superuser."""
    return bool(db.execute("SELECT row_security_active('documents')").fetchone()[0])


def all_may_create(db: Database) -> bool:
    """Whether all users may create in a schema that is searched, as in databases before version 15."""
    found = db.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_namespace, aclexplode(nspacl)"
        " WHERE privilege_type = 'CREATE' AND grantee = 0 AND nspname = ANY(current_schemas(false)))"
    )
    return bool(found.fetchone()[0])
