"""Row-level security: PostgreSQL itself shows a question no more than its scope may see, whatever it is asked for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest
from fakes import Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from index_checks import check_store
from postgres_server import ADMIN

from documents.document import Chunk, Document, Source
from index.address import DatabaseUrl
from index.integrity import damage
from index.passage import Collections, Scope
from index.postgres.connection import PostgresConnection
from index.postgres.schema import MIGRATIONS
from index.postgres.security import ROW_SECURITY, SETTING, VISIBLE
from index.postgres.store import PostgresStore
from index.search import Index, Visible
from index.snapshot import Snapshot, embedding_key, embedding_text
from index.store import StoreError
from qa.serving.operations.finding import Finding
from qa.serving.operations.holdings import check_index

OWNERS, COLLECTIONS = (None, "ann", "bob"), ("one", "two", "three")
TEXTS = [f"Ship {number} carries {'wool' if number % 2 else 'wood'} and grain." for number in range(30)]
QUERY = np.full(16, 0.25, dtype=np.float32)
# What no scope is about.
OPEN = {"meta", "totals", "occurrences", "history", "dropped", "audiences"}

SCOPES = st.builds(
    Scope,
    owner=st.sampled_from(OWNERS),
    collections=st.builds(Collections, st.frozensets(st.sampled_from((*COLLECTIONS, "none"))), st.booleans()),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@pytest.fixture(scope="module")
def filled(postgres: str, folder: Path) -> Iterator[PostgresStore]:
    """A store whose documents have one to four sources each, of anybody and in any collection."""
    with pytest.MonkeyPatch.context() as patch, closing(PostgresStore(DatabaseUrl(postgres), schema="rows")) as store:
        patch.chdir(folder)
        store.create("words@1")
        drawn = random.Random(5)
        for number, text in enumerate(TEXTS):
            for place in range(drawn.randint(1, 4)):
                put(store, text, f"/{number}/{place}", drawn.choice(COLLECTIONS), drawn.choice(OWNERS))
        yield store


def put(store: PostgresStore, text: str, path: str, collection: str, owner: str | None) -> Source:
    document = Document(text)
    chunk, source = Chunk(document, 0, len(text)), Source(path, document.id, collection, owner)
    vector = np.random.default_rng(len(path)).normal(size=16)
    with store.transaction() as transaction:
        key = embedding_key(embedding_text(chunk))
        transaction.add_embeddings({key: (vector / np.linalg.norm(vector)).astype(np.float32)})
        transaction.put(source, document, [chunk], "s/1", "en")
    return source


def rows(snapshot: Snapshot, columns: str) -> set[object]:
    return {row[0] if len(row) == 1 else tuple(row) for row in snapshot.db.execute(f"SELECT {columns}")}


@settings(max_examples=40)
@given(scope=SCOPES)
def test_both_walls_show_the_same(filled: PostgresStore, scope: Scope) -> None:
    with filled.snapshot() as snapshot:
        visible = Visible.of(snapshot, scope)
        sources = set(snapshot.sources(scope))
        documents = {source.document_id for source in sources}
        chunks = dict(snapshot.db.execute("SELECT id, document FROM chunks"))
        searcher = filled.searcher(snapshot)
        dense = searcher.dense(QUERY, 20, visible.selection)
        words = searcher.bm25(["wool", "grain", "ship"], 20, visible.selection)
    seen = {chunk for chunk, document in chunks.items() if document in documents}
    assert len(seen) == visible.count
    with filled.snapshot(scope) as snapshot:
        assert set(snapshot.sources()) == sources
        assert rows(snapshot, "id FROM documents") == documents
        for table, column in (("chunks", "id"), ("passages", "chunk"), ("postings", "chunk")):
            assert rows(snapshot, f"{column} FROM {table}") == seen
        assert rows(snapshot, "id FROM chunks JOIN embeddings ON key = embedding") == seen
        assert snapshot.count("embeddings") == len(seen)
        assert rows(snapshot, "document FROM document_audiences") == documents
        searcher = filled.searcher(snapshot)
        assert searcher.dense(QUERY, 20) == dense
        assert rows(snapshot, "number FROM embeddings_of(ARRAY(SELECT generate_series(1, 99)::bigint))") == seen
        assert searcher.bm25(["wool", "grain", "ship"], 20) == words


def test_every_table_that_holds_something_of_documents_is_behind_the_wall(filled: PostgresStore) -> None:
    with filled.snapshot() as snapshot:
        tables = rows(
            snapshot,
            "relname::text, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'p')",
        )
    assert tables == {(table, True) for table in VISIBLE} | {(table, False) for table in OPEN}


def test_who_does_not_say_for_whom_he_reads_sees_nothing(filled: PostgresStore, postgres: str) -> None:
    with closing(psycopg.connect(postgres)) as db:
        for scope in ("", "limited"):
            db.execute("SELECT set_config(%s, %s, false)", (SETTING, scope))
            for table in VISIBLE:
                assert db.execute(f"SELECT count(*) FROM rows.{table}".encode()).fetchone() == (0,)
    assert filled.is_scoped


def test_a_connection_carries_a_scope_to_no_other_reader(filled: PostgresStore) -> None:
    nobody = Scope(collections=Collections(hidden=False))
    with filled.snapshot(nobody) as snapshot:
        (process,) = snapshot.db.execute("SELECT pg_backend_pid()").fetchone()
        assert snapshot.count("documents") == 0
    with filled.snapshot() as snapshot:
        assert snapshot.db.execute("SELECT pg_backend_pid()").fetchone() == (process,)
        assert snapshot.count("documents") == len(TEXTS)

    def fail() -> None:
        with filled.snapshot(nobody) as snapshot:
            snapshot.db.execute("SELECT no_such_column FROM documents")

    with pytest.raises(StoreError, match="no_such_column"):
        fail()
    with filled.snapshot() as snapshot:
        assert snapshot.count("documents") == len(TEXTS)


def test_indexes_serve_searches_behind_the_wall(filled: PostgresStore) -> None:
    with filled.connection() as db:
        db.execute("CREATE INDEX IF NOT EXISTS nearest ON passages USING hnsw ((near::halfvec(16)) halfvec_ip_ops)")

    def plan(query: str) -> str:
        with filled.snapshot(Scope(owner="ann")) as snapshot:
            snapshot.db.execute("SET LOCAL enable_seqscan = off")  # the tables are small
            snapshot.db.execute("SET LOCAL enable_bitmapscan = off")
            return "\n".join(row[0] for row in snapshot.db.execute(f"EXPLAIN {query}"))

    near = f"SELECT chunk FROM passages ORDER BY near::halfvec(16) <#> '{QUERY.tolist()}' LIMIT 5"
    assert "Index Scan using nearest on passages" in plan(near)
    words = "SELECT chunk, frequency, length FROM unnest(ARRAY['wool']) AS t (term) JOIN postings USING (term)"
    assert "Index Only Scan using postings_pkey on postings" in plan(words)
    assert "Index Scan using documents_pkey on documents" in plan("SELECT text FROM documents WHERE id = 'x'")


# --- changes ---


@pytest.fixture
def store(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresStore]:
    monkeypatch.chdir(tmp_path)
    with closing(PostgresStore(DatabaseUrl(postgres), schema=f"rows_{tmp_path.name}", exact=2)) as made:
        made.create("words@1")
        yield made


def seen(store: PostgresStore, scope: Scope) -> tuple[int, int]:
    """How many passages and terms the database shows, and that these are whole."""
    with store.snapshot() as snapshot:
        assert damage(snapshot) == []
    with store.snapshot(scope) as snapshot:
        return snapshot.count("passages"), snapshot.count("postings")


def test_a_passage_is_seen_as_soon_as_its_document_is_and_no_longer(store: PostgresStore) -> None:
    only_one, nobody = Scope(collections=Collections(frozenset({"one"}), hidden=False)), Scope()
    anns = put(store, "Secret plans.", "/a", "two", "ann")
    assert (seen(store, nobody), seen(store, Scope(owner="ann"))) == ((0, 0), (1, 2))
    shared = put(store, "Secret plans.", "/b", "two", None)
    assert (seen(store, nobody), seen(store, only_one), seen(store, Scope(owner="bob"))) == ((1, 2), (0, 0), (1, 2))
    more = put(store, "Secret plans.", "/c", "one", None)
    assert seen(store, only_one) == (1, 2)
    for source in (shared, more):
        with store.transaction() as transaction:
            transaction.remove(source)
    assert (seen(store, nobody), seen(store, only_one), seen(store, Scope(owner="ann"))) == ((0, 0), (0, 0), (1, 2))
    put(store, "Other plans.", "/a", "two", "ann")
    with store.snapshot() as snapshot:
        assert [snapshot.count(table) for table in ("audiences", "audience_members", "document_audiences")] == [1, 1, 1]
    with store.transaction() as transaction:
        transaction.remove(Source("/a", Document("Other plans.").id, "two", "ann"))
    assert anns.document_id != Document("Other plans.").id
    with store.snapshot() as snapshot:
        assert [snapshot.count(table) for table in ("audiences", "audience_members", "document_audiences")] == [0, 0, 0]


def test_a_wrong_audience_is_damage(store: PostgresStore) -> None:
    put(store, "Secret plans.", "/a", "two", "ann")
    put(store, "Open plans.", "/b", "two", None)
    for change in (
        "UPDATE passages SET audience = (SELECT max(id) FROM audiences)",
        "UPDATE postings SET audience = (SELECT max(id) FROM audiences)",
        "UPDATE audience_members SET owner = ''",
        "UPDATE document_audiences SET audience = (SELECT max(id) FROM audiences)",
    ):
        with store.snapshot() as snapshot:
            assert damage(snapshot) == []
        with store.connection() as db:
            db.execute(change)
            assert damage(Snapshot(PostgresConnection(db))) == ["1 passages are shown to others than their documents"]
            db.rollback()


class Unguarded(Index):
    """An index whose own limits to what may be found were forgotten."""

    def visible(self, snapshot: Snapshot, scope: Scope) -> Visible:
        return replace(super().visible(snapshot, scope), selection=None)


def test_a_question_finds_nothing_of_others_where_refdesks_own_limits_are_left_out(
    store: PostgresStore, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, store=store)
    desk.write(secret="Secret plans of the harbour.")
    desk.ingest.update([desk.files], owner="ann")
    (desk.files / "secret.txt").unlink()
    desk.write(open="Open plans of the harbour.")
    desk.ingest.update([desk.files])
    index = Unguarded(store, desk.embedder, desk.index.reranker)

    def found(scope: Scope) -> list[str]:
        return sorted(passage.chunk.text for passage in index.retrieve("harbour plans", scope, 10))

    assert found(Scope(owner="ann")) == ["Open plans of the harbour.", "Secret plans of the harbour."]
    assert found(Scope()) == found(Scope(owner="bob")) == ["Open plans of the harbour."]
    check_store(store)


def test_an_index_of_before_gets_its_wall_by_migrating(store: PostgresStore) -> None:
    before = MIGRATIONS.index(ROW_SECURITY)
    for number, owner in enumerate(OWNERS):
        put(store, TEXTS[number], f"/{number}", "one", owner)
    with store.connection() as db:
        for table in VISIBLE:
            db.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY".encode())
            db.execute(f"DROP POLICY scope ON {table}".encode())
        db.execute("DROP FUNCTION embeddings_of, limit_to")
        db.execute("DROP TABLE occurrences")
        db.execute("DROP VIEW audience_keys")
        db.execute("DROP TABLE audience_members, document_audiences, audiences CASCADE")
        db.execute("ALTER TABLE passages DROP audience")
        db.execute("ALTER TABLE postings DROP audience")
        db.execute("DROP TABLE totals")  # which came before it
        db.execute("UPDATE meta SET value = %s WHERE key = 'version'", (str(before - 1),))
        db.execute("CREATE INDEX passages_nearest ON passages USING hnsw ((near::halfvec(16)) halfvec_ip_ops)")
    assert store.migrate() == (before - 1, len(MIGRATIONS))
    with store.snapshot() as snapshot:
        assert store.searcher(snapshot).kind == "HNSW (pgvector), refined"  # made anew
    assert [seen(store, Scope(owner=owner)) for owner in OWNERS] == [(1, 6), (2, 12), (2, 12)]


def test_a_superuser_is_told_to_bypass_the_wall(filled: PostgresStore, postgres: str) -> None:
    with closing(PostgresStore(DatabaseUrl(postgres.replace("desk:", f"{ADMIN}:")), schema="rows")) as store:
        assert not store.is_scoped
    assert filled.is_scoped


def test_a_database_where_all_users_may_define_functions_is_a_caution(store: PostgresStore, postgres: str) -> None:
    def told() -> Finding:
        return next(one for one in check_index(store, None) if one.check == "row security")

    assert told().status == "ok"
    admin = postgres.replace("desk:", f"{ADMIN}:")
    with closing(psycopg.connect(admin, autocommit=True)) as db:
        db.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        try:
            assert (told().status, told().advice) == ("caution", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        finally:
            db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
