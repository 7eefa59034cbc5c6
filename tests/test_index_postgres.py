"""An index on PostgreSQL finds what one in a folder finds, withstands what may happen, and keeps its password."""

from __future__ import annotations

import itertools
import logging
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event

import numpy as np
import psycopg
import pytest
from commands import Run
from fakes import Desk
from hypothesis import given, strategies
from postgres_server import PASSWORD, stores

import qa
from documents.document import Chunk, Document, Source
from index.address import DatabaseUrl
from index.database import Database, Rows, Values
from index.integrity import damage
from index.lexical import LexicalIndex
from index.opened import open_store
from index.passage import Collections, Scope
from index.postgres.connection import translated
from index.postgres.lexical import BETWEEN, kept_length, runs
from index.postgres.schema import MIGRATIONS
from index.postgres.store import PostgresStore
from index.snapshot import Selection, embedding_key, embedding_text
from index.store import Store, StoreError
from index.vectors import VectorIndex
from index.visibility import expression_of, matches
from qa.settings import SettingsError

WORDS = [f"word{number}" for number in range(60)]


@pytest.fixture
def new(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PostgresStore]]:
    """Makes stores in a schema of this test's own."""
    monkeypatch.chdir(tmp_path)
    with stores(postgres, f"own_{tmp_path.name}") as made:
        yield made


def texts_of(seed: int, count: int, longest: int) -> list[str]:
    """Texts of which no two are the same, in which some words are common and others rare."""
    drawn = random.Random(seed)
    weights = [1 / (1 + number) for number in range(len(WORDS))]
    return [f"only{n} " + " ".join(drawn.choices(WORDS, weights, k=drawn.randint(1, longest))) for n in range(count)]


def put(store: Store, texts: list[str], dimension: int = 16) -> None:
    """A document of one chunk for each text, with a random unit vector."""
    drawn = np.random.default_rng(len(texts))
    with store.transaction() as transaction:
        for number, text in enumerate(texts):
            document = Document(text)
            chunk = Chunk(document, 0, len(text))
            vector = drawn.normal(size=dimension)
            key = embedding_key(embedding_text(chunk))
            transaction.add_embeddings({key: (vector / np.linalg.norm(vector)).astype(np.float32)})
            transaction.put(Source(f"/{number}", document.id), document, [chunk], "s/1", "en")


# --- the same is found ---


def test_both_searches_find_the_same_chunks_with_the_same_scores_as_in_a_folder(
    new: Callable[..., PostgresStore], tmp_path: Path
) -> None:
    texts = [*texts_of(1, 250, 60), *texts_of(2, 5, 3000), "a" * 5000, "北京有五千个基站。", "Épée résumé"]
    there, here = new(), Store(tmp_path / "folder")
    for store in (there, here):
        store.create("words@1")
        put(store, texts)
        with store.transaction() as transaction:  # what was dropped counts no more
            transaction.remove(Source("/7", Document(texts[7]).id))
    questions = [["word0"], ["word3", "word50", "only9"], ["word1", "word2", "none"], ["a" * 5000], ["北京", "resume"]]
    selections = [
        None,
        Selection(np.array([3, 9, 10, 77], dtype=np.int64)),
        Selection(np.arange(9, 240)),
        Selection(np.arange(2, 90), hidden=True),
        Selection(np.arange(2, 240), hidden=True),
        Selection(np.empty(0, dtype=np.int64)),
    ]
    query = np.full(16, 0.25, dtype=np.float32)
    with there.snapshot() as ours, here.snapshot() as theirs:
        searcher = there.searcher(ours)
        vectors, words = VectorIndex.build(theirs), LexicalIndex(here)
        for selection in selections:
            for limit in (1, 10, 200):
                assert searcher.dense(query, limit, selection) == vectors.search(
                    query, limit, theirs.embeddings.of, selection
                )
                for terms in questions:
                    found, expected = (
                        searcher.bm25(terms, limit, selection),
                        words.search(theirs, terms, limit, selection),
                    )
                    assert [hit[0] for hit in found] == [hit[0] for hit in expected]
                    assert [hit[1] for hit in found] == pytest.approx([hit[1] for hit in expected], rel=1e-5)


def test_where_not_all_postings_are_read_the_best_by_rare_terms_are_found_with_the_scores_by_all_terms(
    new: Callable[..., PostgresStore],
) -> None:
    store = new()
    store.create("words@1")
    put(store, texts_of(5, 250, 30))
    with store.snapshot() as snapshot:
        whole = store.searcher(snapshot)
        assert whole.bm25(["word0", "word40"], 250) == replace(whole, rescored=1).bm25(["word0", "word40"], 250)
        part = replace(whole, enough=0, rescored=1)
        for selection in (None, Selection(np.arange(1, 200)), Selection(np.arange(1, 50), hidden=True)):
            scores = dict(whole.bm25(["word0", "word1", "word40"], 250, selection))
            rare = [number for number, _ in whole.bm25(["word40"], 250, selection)]
            found = part.bm25(["word1", "word40", "word0"], 250, selection)
            assert 1 < len(rare) < len(scores)
            assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
            assert dict(found) == pytest.approx({number: scores[number] for number in rare}, rel=1e-5)
        assert part.bm25(["word0", "only7"], 10)[0][0] == whole.bm25(["word0", "only7"], 10)[0][0]


def test_how_rare_a_term_is_follows_the_documents(new: Callable[..., PostgresStore], tmp_path: Path) -> None:
    texts = ["grain", "wool", "wool and oil", "wool or silk"]
    changed, fresh = new(), new(schema=f"fresh_{tmp_path.name}")
    for store, own in ((changed, texts), (fresh, texts[:3])):
        store.create("words@1")
        put(store, own)

    def scores(store: PostgresStore) -> list[float]:
        with store.snapshot() as snapshot:
            assert damage(snapshot) == []
            return [score for _, score in store.searcher(snapshot).bm25(["wool", "oil", "silk"], 10)]

    before = scores(changed)
    with changed.transaction() as transaction:
        transaction.remove(Source("/3", Document(texts[3]).id))
    assert scores(changed) == scores(fresh) != before


class Explaining:
    """A database whose queries are carried out, and their plans kept."""

    def __init__(self, db: Database) -> None:
        self._db, self.plans = db, list[str]()
        db.execute("SET LOCAL enable_seqscan = off")  # in tables so small all would be read

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        if not sql.startswith("SET"):
            self.plans.append("\n".join(row[0] for row in self._db.execute(f"EXPLAIN {sql}", values)))
        return self._db.execute(sql, values)


def test_what_is_read_by_a_list_of_ids_is_found_by_an_index_also_under_row_level_security(
    new: Callable[..., PostgresStore],
) -> None:
    store = new()
    store.create("words@1")
    put(store, texts_of(4, 20, 5))
    with store.snapshot(Scope()) as snapshot:
        explaining = Explaining(snapshot.db)
        snapshot.db = explaining  # type: ignore[assignment]
        snapshot.chunks([3, 4])
        snapshot.sources_of([chunk.document.id for chunk in snapshot.chunks([5])], Scope())
        snapshot.existing([6])
    plans = explaining.plans
    assert "Index Cond: (id = ANY" in plans[0]
    assert not any(f"Seq Scan on {table}" in plan for plan in plans for table in ("chunks", "documents", "sources"))


def test_terms_are_looked_up_by_term_and_passage_and_let_go_by_the_blocks_that_have_them(
    new: Callable[..., PostgresStore],
) -> None:
    store = new()
    store.create("words@1")
    put(store, texts_of(4, 400, 20))
    store.vacuum()
    with store.snapshot(Scope()) as snapshot:
        explaining = Explaining(snapshot.db)
        snapshot.db = explaining  # type: ignore[assignment]
        assert store.searcher(snapshot).bm25(["word0", "word5"], 10, Selection(np.array([1, 7, 50, 333])))
    (plan,) = [plan for plan in explaining.plans if "postings" in plan]
    assert "using postings_pkey" in plan
    assert "chunk = ANY" in plan.partition("Index Cond:")[2].splitlines()[0]
    with store.connection() as db:
        db.execute("SET LOCAL enable_seqscan = off")
        rows = db.execute(f"EXPLAIN DELETE FROM postings WHERE {BETWEEN}".encode(), (3, 5)).fetchall()
    assert "Bitmap Index Scan on postings_of_chunk" in "\n".join(row[0] for row in rows)


@given(strategies.lists(strategies.integers(1, 60)))
def test_runs_are_all_ids_and_as_few_as_there_can_be(ids: list[int]) -> None:
    found = list(runs(ids))
    assert [number for first, last in found for number in range(first, last + 1)] == sorted(set(ids))
    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(found))


def test_a_length_is_kept_as_in_one_byte() -> None:
    kept = sorted({kept_length(number) for number in range(2_000_000)})
    assert kept[:52] == [*range(41), 42, 44, 46, 48, 50, 52, 54, 56, 60, 64, 68]
    assert all(kept_length(number) <= number for number in range(5000))
    assert len(kept) < 200


def test_hnsw_finds_nearly_all_of_the_nearest_and_nothing_that_is_gone(new: Callable[..., PostgresStore]) -> None:
    store = new(exact=100)
    store.create("words@1")
    put(store, texts_of(3, 300, 5))
    query = np.full(16, 0.25, dtype=np.float32)
    with store.snapshot() as snapshot:
        searcher = store.searcher(snapshot)
        assert searcher.kind == "exact (pgvector)"
        exact = searcher.dense(query, 50)
    assert store.refresh()
    first = exact[0][0]
    with store.snapshot() as snapshot:
        searcher = store.searcher(snapshot)
        assert searcher.kind == "HNSW (pgvector), refined"
        assert len(set(searcher.dense(query, 50)) & set(exact)) >= 48
        others = Selection(np.array([first]), hidden=True)
        assert searcher.dense(query, 1, others) == exact[1:2]
        few = Selection(np.array(sorted(hit[0] for hit in exact[:40:2])))
        assert searcher.dense(query, 50, few) == exact[:40:2]
        explaining = Explaining(snapshot.db)
        snapshot.db = explaining  # type: ignore[assignment]
        many = Selection(np.arange(1, 300, 2))
        for selection in (many, replace(many, hidden=True)):
            wanted = [hit for hit in exact if (hit[0] % 2 == 1) is not selection.hidden]
            assert len(set(searcher.dense(query, len(wanted), selection)) & set(wanted)) >= len(wanted) - 2
            assert "using passages_nearest" in explaining.plans[-1]
        document = snapshot.chunk(first).document
        (source,) = snapshot.sources(document_id=document.id)
    with store.transaction() as transaction:
        transaction.remove(source)
    with store.snapshot() as snapshot:
        assert store.searcher(snapshot).dense(query, 1) == exact[1:2]
        assert damage(snapshot) == []


def test_a_search_is_planned_with_its_values_at_hand(new: Callable[..., PostgresStore]) -> None:
    store = new()
    store.create("words@1")
    put(store, texts_of(4, 20, 5))
    store.vacuum()
    with store.snapshot() as snapshot:
        for _ in range(15):  # from the 11th on PostgreSQL would take a plan without
            assert store.searcher(snapshot).dense(np.full(16, 0.25, dtype=np.float32), 5)
        ((custom, generic),) = snapshot.db.execute(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT chunk, near%'"
        ).fetchall()
        assert (custom > 5, generic) == (True, 0)


@pytest.mark.parametrize(
    "pattern",
    [
        "b.txt",
        "a/b.txt",
        "/a/b.txt",
        "*.txt",
        "?.txt",
        "[a-c].txt",
        "[!a].t*",
        "*/*b*.t*t",
        "[]a].x",
        "[c-a]*",
        "a b",
        "(",
        "\\d",
    ],
)
def test_a_pattern_means_the_same_to_postgresql(new: Callable[..., PostgresStore], pattern: str) -> None:
    store = new()
    store.create("words@1")
    paths = ["/a/b.txt", "/a/xb.txt", "b.txt", "/a/d.txt", "/x/].x", "/x/a b", "/x/(", "/x/\\d", "/x/5", "/a\nb/b.txt"]
    expression = expression_of(pattern)
    with store.snapshot() as snapshot:
        for path in paths:
            (found,) = snapshot.db.execute("SELECT matches(?, ?)", (path, expression)).fetchone()
            assert found == matches(path, expression), path


def test_sql_is_translated_outside_of_strings_only() -> None:
    assert translated("a = ? AND b = ?3 AND c = ?") == b"a = %(1)s AND b = %(3)s AND c = %(4)s"
    assert translated("a LIKE '%.?:b' || :type AND c::text = :d") == b"a LIKE '%%.?:b' || %(type)s AND c::text = %(d)s"
    assert translated("FROM sources INDEXED BY sources_of_name WHERE x") == b"FROM sources WHERE x"


# --- transactions ---


def test_ids_arrive_as_they_were_sent(new: Callable[..., PostgresStore]) -> None:
    store = new()
    store.create("test")
    with store.snapshot() as snapshot:
        for ids in ([], [1], [0, -1, 7, 7, 2**63 - 1, -(2**63)], list(range(20_000))):
            sent = np.array(ids, dtype=np.int64)
            assert snapshot.db.execute("SELECT CAST(:ids AS bigint[])", {"ids": sent}).fetchone() == (ids,)


def test_a_connection_that_ends_in_a_transaction_leaves_nothing_of_it(new: Callable[..., PostgresStore]) -> None:
    store = new()
    store.create("words@1")
    put(store, ["kept one"])

    def change() -> None:
        with store.transaction() as transaction:
            (process,) = transaction.db.execute("SELECT pg_backend_pid()").fetchone()
            transaction.remove(Source("/0", Document("kept one").id))
            with store.snapshot() as snapshot:
                snapshot.db.execute("SELECT pg_terminate_backend(?)", (process,))
            transaction.count("sources")

    with pytest.raises(StoreError, match="cannot use postgresql://"):
        change()
    with store.snapshot() as snapshot:
        assert (snapshot.generation, snapshot.count("sources")) == (1, 1)
    put(store, ["kept two"])


def test_writers_take_turns_and_readers_do_not_wait(new: Callable[..., PostgresStore]) -> None:
    store = new()
    store.create("words@1")
    begun, end = Event(), Event()

    def first() -> None:
        with store.transaction():
            begun.set()
            assert end.wait(20)

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(first)
        assert begun.wait(20)
        later = pool.submit(put, store, ["later"])
        with store.snapshot() as snapshot:
            assert snapshot.generation == 0
        assert not later.done()
        end.set()
        writing.result()
        later.result()
    with store.snapshot() as snapshot:
        assert snapshot.generation == 2


def test_many_may_create_the_same_index_at_once(new: Callable[..., PostgresStore]) -> None:
    begin = Barrier(4)

    def create() -> None:
        store = new()
        begin.wait()
        store.create("words@1")
        put(store, ["one"])

    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(create) for _ in range(4)]:
            made.result()
    with new().snapshot() as snapshot:
        assert snapshot.generation == 4


def test_vectors_stay_on_the_server_until_they_are_asked_for(new: Callable[..., PostgresStore]) -> None:
    store = new()
    store.create("words@1")
    put(store, ["one", "two", "three"])
    with store.snapshot() as snapshot:

        def streamed() -> int:
            return int(snapshot.db.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE 'stream%'").fetchone()[0])

        batches = snapshot.embeddings.batches(size=2)
        assert [len(next(batches)[0]), streamed()] == [2, 1]
        assert [len(ids) for ids, _ in batches] == [1]
        next(snapshot.embeddings.batches(size=2))
        assert streamed() == 0


# --- versions ---


def test_an_index_of_another_version_is_refused_until_it_is_migrated(new: Callable[..., PostgresStore]) -> None:
    old = new()
    with pytest.raises(StoreError, match=r"there is no index in postgresql://.*: make one with refdesk index"):
        old.migrate()
    old.create("words@1")
    put(old, ["kept"])
    later, now = new(migrations=(*MIGRATIONS, "ALTER TABLE documents ADD note text")), len(MIGRATIONS)
    with (
        pytest.raises(StoreError, match=f"is of version {now}, and not {now + 1}: run refdesk migrate"),
        later.snapshot(),
    ):
        pass
    with pytest.raises(StoreError, match="run refdesk migrate"), later.transaction():
        pass
    assert later.migrate() == (now, now + 1)
    assert later.migrate() == (now + 1, now + 1)
    with later.snapshot() as snapshot:
        assert snapshot.db.execute("SELECT note FROM documents").fetchall() == [(None,)]
    with pytest.raises(StoreError, match=f"is of version {now + 1}, and not {now}: update Refdesk"), old.snapshot():
        pass
    with pytest.raises(StoreError, match="update Refdesk"):
        old.migrate()


# --- passwords ---


def test_no_message_shows_a_password(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)

    def use(address: str) -> None:
        settings = qa.read_settings(index=address)
        assert "s3cret" not in f"{settings!r} {settings.changed} {settings.folder} {settings.model_dump()}"
        with open_store(settings.index).snapshot():
            pass

    wrong = postgres.replace("@/", "wrong@/")
    urls = [
        wrong,
        "postgresql://ann:s3cret@127.0.0.1:1/desk",
        "postgresql://ann:s3cret@[::1/desk",
        "postgresql://s3cret",
    ]
    urls += ["postgresql://ann@127.0.0.1:1/desk?password=s3cret", "postgresql://ann:s3cret%zz@127.0.0.1:1/desk"]
    for address in urls:
        with pytest.raises((StoreError, SettingsError)) as raised:
            use(address)
        shown = str(raised.value)
        assert "\n" not in shown
        for text in (shown, repr(raised.value), caplog.text):
            for secret in ("s3cret", PASSWORD, "p%40ss"):
                assert secret not in text


def test_settings_name_a_database_and_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_INDEX", "postgresql://ann:s3cret@db.example:5433/desk?sslmode=require")
    settings = qa.read_settings()
    assert str(settings.index) == "postgresql://ann@db.example:5433/desk"
    assert settings.folder == Path(".refdesk/postgresql-db.example-5433-desk")
    assert settings.index == DatabaseUrl("postgresql://ann:s3cret@db.example:5433/desk?sslmode=require")
    assert qa.read_settings(index="some/folder").folder == Path("some/folder")


# --- the commands ---


def test_the_commands_work_over_a_database(run: Run, postgres: str, tmp_path: Path) -> None:
    with closing(psycopg.connect(postgres, autocommit=True)) as db:
        db.execute("CREATE DATABASE commands")
    url = postgres.replace("/postgres?", "/commands?")
    missing = run("ask", "Where is the harbour?", "--index", url)
    assert (missing.code, missing.out) == (1, "")
    assert "there is no index in postgresql://desk@/commands" in missing.err
    (tmp_path / "harbour.txt").write_text("The harbour lies in the north of the town. It has twelve berths.", "utf-8")
    made = run("index", tmp_path / "harbour.txt", "--index", url)
    assert (made.code, made.out.partition(",")[0]) == (0, "1 added")
    assert "harbour.txt" in run("documents", "--index", url).out
    answer = run("ask", "How many berths does the harbour have?", "--index", url, "--json")
    assert answer.json["answered"]
    (tmp_path / "answer.json").write_text(answer.out, "utf-8")
    assert "0 problems" in run("verify", tmp_path / "answer.json", "--index", url).out
    facts = run("info", "--index", url, "--json").json
    assert (facts["passages"], facts["vector_index"], facts["index"]) == (1, "exact (pgvector)", str(DatabaseUrl(url)))
    assert run("migrate", "--index", url).out.endswith(f"is of version {len(MIGRATIONS)}, as it should be\n")
    examined = run("doctor", "--index", url).out
    assert "ok      vectors" in examined
    assert "ok      row security" in examined
    (tmp_path / "quay.txt").write_text("The quay is of granite.", "utf-8")
    (tmp_path / "bad.pdf").write_text("no PDF", "utf-8")
    queued = run("index", tmp_path, "--queue", "--exclude", "answer.json", "--index", url)
    assert queued.out == f"3 files for refdesk work, 0 removed in {DatabaseUrl(url)}\n"
    assert run("jobs", "list", "--index", url, "--json").json["counts"] == {"waiting": 3}
    worked = run("work", "--until-empty", "--index", url)
    assert (worked.code, worked.out) == (3, "1 added, 0 changed, 1 unchanged, 1 failed\n")
    assert "bad.pdf" in worked.err
    listed = run("jobs", "list", "--index", url).out.splitlines()
    assert (listed[0], len(listed), "bad.pdf" in listed[1]) == ("2 done, 1 failed", 2, True)
    assert run("jobs", "retry", tmp_path / "other", "--index", url).out == "0 retried\n"
    assert run("jobs", "cancel", tmp_path, "--index", url).out == "1 cancelled\n"
    assert "are kept in a database" in run("jobs", "list", "--index", "folder").err
    assert run("remove", tmp_path / "quay.txt", "--index", url).out == "1 removed\n"
    assert "pg_dump" in run("backup", tmp_path / "b.zip", "--index", url).err
    assert run("remove", tmp_path / "harbour.txt", "--index", url).out == "1 removed\n"
    assert run("documents", "--index", url).out == ""


def test_the_next_question_to_every_server_sees_a_change(new: Callable[..., PostgresStore], tmp_path: Path) -> None:
    desk = Desk(tmp_path, store=new())
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    desk.ingest.update([desk.files])
    servers = [Desk(tmp_path, store=new()).index for _ in range(2)]  # each with what it remembers of the index

    def found(question: str) -> list[list[str]]:
        return [
            [passage.chunk.text for passage in server.retrieve(question, scope, 10)]
            for server in servers
            for scope in (
                Scope(),
                Scope(owner="ann"),
                Scope(collections=Collections(frozenset({"default"}), hidden=False)),
            )
        ]

    assert found("Alpha pumps")[0][:1] == ["Alpha pumps water."]
    desk.write(a="Alpha pumps oil.")
    (desk.files / "b.txt").unlink()
    desk.ingest.update([desk.files])
    assert found("Alpha pumps water, and Beta stores grain") == [["Alpha pumps oil."]] * 6


def test_a_desk_in_a_database_shows_a_visitors_file_to_its_owner_only(
    new: Callable[..., PostgresStore], tmp_path: Path
) -> None:
    desk = Desk(tmp_path, store=new())
    desk.write(a="Secret plans of the harbour.")
    desk.ingest.update([desk.files], owner="ann")
    assert desk.search("harbour plans") == []
    assert desk.search("harbour plans", Scope(owner="ann")) == ["Secret plans of the harbour."]
