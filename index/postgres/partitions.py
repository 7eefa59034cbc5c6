"""What is searched, in one table or in parts by the hash of the chunk's id: here, or each on a server of its own.

``passages`` and ``postings`` are what a search reads to find passages. All else stays on one server, the coordinator,
and is the truth. Parts on other servers, the shards, are foreign tables (postgres_fdw), so that the same SQL reads and
changes them. Its transactions commit on one server after the other: where that fails between two of them, a shard lacks
rows or has some too many. A search passes over those too many, and ``PostgresTransaction.mend`` makes all right again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from index.address import DatabaseUrl
from index.database import Database
from index.postgres.lexical import OF_CHUNK
from index.postgres.security import policies
from index.postgres.server import NOTICED, PARAMETERS, Server, give_memory
from index.store import StoreError

NEAREST = "passages_nearest"  # the HNSW index
# HNSW's links of a passage, and candidates for them: with pgvector's own 16 and 64, three times as many of the nearest
# are missed in a million passages.
LINKS, TRIED = 24, 128
# Candidates that HNSW keeps while it searches (hnsw.ef_search): at least, one more for so many passages, and at most.
_LISTS, _A_LIST, _MOST = 200, 5_000, 1_000
_COLUMNS = {
    "passages": "chunk bigint NOT NULL, near halfvec, terms integer NOT NULL, audience integer NOT NULL",
    "postings": "chunk bigint NOT NULL, frequency integer NOT NULL, length integer NOT NULL, "
    'term text COLLATE "C" NOT NULL, audience integer NOT NULL',
}
_KEYS = {
    "passages": "PRIMARY KEY (chunk)",
    "postings": "PRIMARY KEY (term, chunk) INCLUDE (frequency, length, audience)",
}
_REFERENCES = {"passages": ", FOREIGN KEY (chunk) REFERENCES chunks (id) ON DELETE CASCADE", "postings": ""}
_BY_HASH = " PARTITION BY HASH (chunk)"
_NOTICED = "".join(f" -c {name}={value}" for name, value in NOTICED.items())
_SERVER = {
    "extensions": "vector", "async_capable": "true", "fetch_size": "1000", "batch_size": "1000",
}  # fmt: skip
_LOGIN = ("user", "password")


def lists(passages: int) -> int:
    """How many candidates HNSW keeps while it searches in so many passages."""
    return min(_MOST, _LISTS + passages // _A_LIST)


def shards_of(db: Connection[Any] | Database) -> int:
    """On how many shards what is searched is."""
    found = db.execute(
        "SELECT count(*) FROM pg_inherits JOIN pg_class ON oid = inhrelid"
        " WHERE inhparent = to_regclass('passages') AND relkind = 'f'"
    )
    return int(next(iter(found))[0])


def divide(db: Connection[Any], schema: str, parts: int) -> None:
    """Keep what is searched in so many parts on this server; 1: in one table."""

    def create() -> None:
        for table in _COLUMNS:
            _run(
                db,
                f"CREATE TABLE {table} ({_COLUMNS[table]}, {_KEYS[table]}{_REFERENCES[table]}){_BY_HASH * (parts > 1)}",
            )
            for number in range(parts if parts > 1 else 0):
                _run(db, f"CREATE TABLE {table}_{number} {_part_of(table, number, parts)}")
                _run(db, policies(table, of=f"{table}_{number}"))
        _run(db, OF_CHUNK)

    _remake(db, schema, create)


def spread(db: Connection[Any], schema: str, shards: Sequence[DatabaseUrl]) -> None:
    """Keep a part of what is searched on each of the shards, whose tables are there (``prepared``)."""

    def create() -> None:
        for number, shard in enumerate(shards):
            _introduce(db, f"{schema}_{number}", shard)
        for table in _COLUMNS:
            _run(db, f"CREATE TABLE {table} ({_COLUMNS[table]}){_BY_HASH}")  # no key: foreign tables have none
            for number in range(len(shards)):
                made = f"CREATE FOREIGN TABLE {table}_{number} {_part_of(table, number, len(shards))}"
                options = _options({"schema_name": schema, "table_name": table})
                server = sql.Identifier(f"{schema}_{number}")
                db.execute(sql.SQL(made) + sql.SQL(" SERVER {} OPTIONS ({})").format(server, options))

    _remake(db, schema, create)


def repartition(db: Connection[Any], schema: str, parts: int, shards: Sequence[DatabaseUrl]) -> None:
    """Keep what is searched on the ``shards`` or, without any, in so many ``parts`` on this server."""
    if shards:
        spread(db, schema, shards)
    else:
        divide(db, schema, parts)


def index_shards(servers: Sequence[Server], dimension: int) -> None:
    """Have shards index the vectors that they were given, and count their rows."""
    for server in servers:
        with server.connection() as db:
            index_vectors(db, dimension)
            analyse(db)
        server.close()


def prepared(shard: DatabaseUrl, schema: str) -> Server:
    """A shard with the tables of a part, empty.

    Raises:
        StoreError: it cannot be used, or not by the coordinator, or it is in use.
    """
    if not {"host", "dbname", *_LOGIN} <= conninfo_to_dict(shard.reveal()).keys():
        raise StoreError(f"the address {shard} of a shard lacks its host, user, password or database")
    server = Server(shard, schema)
    with server.connection() as db:
        found = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)).fetchall()
        if ("meta",) in found or (found and db.execute("SELECT 1 FROM passages LIMIT 1").fetchone()):
            raise StoreError(f"{shard} holds an index, or a part of one: name an empty database as a shard")
        db.execute("CREATE EXTENSION IF NOT EXISTS vector")
        server.make_schema(db)
        for table in _COLUMNS:
            _run(db, f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({_COLUMNS[table]}, {_KEYS[table]})")
        _run(db, OF_CHUNK)
    return server


def index_vectors(db: Connection[Any], dimension: int) -> None:
    """Index the vectors for approximate search, on the server that has them; 0: there are none."""
    if dimension:
        give_memory(db, "maintenance_work_mem", "512MB", transaction=True)
        by = f"hnsw ((near::halfvec({dimension})) halfvec_ip_ops) WITH (m = {LINKS}, ef_construction = {TRIED})"
        _run(db, f"CREATE INDEX IF NOT EXISTS {NEAREST} ON passages USING {by}")


def analyse(db: Connection[Any], passages: int | None = None) -> None:
    """Count rows anew where there are not so many ``passages`` any more: of shards autovacuum does not."""
    known = db.execute("SELECT reltuples FROM pg_class WHERE oid = CAST('passages' AS regclass)").fetchone()
    assert known is not None  # the table is there
    if passages is None or not known[0] / 2 <= passages <= known[0] * 2:
        db.execute("ANALYZE passages, postings")
        _tune(db, passages or 0)


def _tune(db: Connection[Any], passages: int) -> None:
    """Have the shards, if there are any, search for vectors as so many passages on all of them need."""
    shards = db.execute(
        "SELECT srvname FROM pg_inherits JOIN pg_foreign_table ON ftrelid = inhrelid"
        " JOIN pg_foreign_server ON pg_foreign_server.oid = ftserver WHERE inhparent = to_regclass('passages')"
    ).fetchall()
    for (name,) in shards:
        options = _options({"options": _session(passages // len(shards))})
        db.execute(sql.SQL("ALTER SERVER {} OPTIONS (SET {})").format(sql.Identifier(name), options))


def _session(passages: int) -> str:
    """The options of a connection to a shard with so many passages."""
    return f"-c hnsw.iterative_scan=relaxed_order -c hnsw.ef_search={lists(passages)} -c jit=off{_NOTICED}"


def _remake(db: Connection[Any], schema: str, create: Callable[[], None]) -> None:
    """Make both tables anew, by ``create``, with the rows that they hold."""
    for table in _COLUMNS:
        _run(db, f"CREATE TEMPORARY TABLE moved_{table} ON COMMIT DROP AS SELECT * FROM {table}")
        _run(db, f"TRUNCATE {table}; DROP TABLE {table}")  # on shards, too
    servers = db.execute(
        "SELECT srvname FROM pg_foreign_server WHERE starts_with(srvname, %s)"
        " AND srvowner = CAST(current_user AS regrole)",
        (f"{schema}_",),
    ).fetchall()
    for (name,) in servers:
        db.execute(sql.SQL("DROP SERVER {} CASCADE").format(sql.Identifier(name)))
    create()
    _run(db, policies(*_COLUMNS))
    for table in _COLUMNS:
        _run(db, f"INSERT INTO {table} SELECT * FROM moved_{table}")


def _introduce(db: Connection[Any], name: str, shard: DatabaseUrl) -> None:
    """Tell the coordinator where the shard is and who it is to be there."""
    given = {key: str(value) for key, value in conninfo_to_dict(shard.reveal()).items()}
    _run(db, "CREATE EXTENSION IF NOT EXISTS postgres_fdw")
    noticed = {key: str(value) for key, value in PARAMETERS.items()}
    where = {**noticed, **{key: value for key, value in given.items() if key not in _LOGIN}}
    if "," in given["host"]:  # else a replica would do
        where.setdefault("target_session_attrs", "read-write")
    server = sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})")
    db.execute(server.format(sql.Identifier(name), _options({**where, **_SERVER, "options": _session(0)})))
    mapping = sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER {} OPTIONS ({})")
    db.execute(mapping.format(sql.Identifier(name), _options({key: given[key] for key in _LOGIN})))


def _options(values: dict[str, str]) -> sql.Composed:
    pairs = [sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in values.items()]
    return sql.SQL(", ").join(pairs)


def _part_of(table: str, number: int, parts: int) -> str:
    return f"PARTITION OF {table} FOR VALUES WITH (MODULUS {parts}, REMAINDER {number})"


def _run(db: Connection[Any], statements: str) -> None:
    db.execute(statements.encode())
