"""What is searched in parts, here or on shards, is what one table holds; what goes wrong between servers is mended."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event

import psycopg
import pytest
from commands import Done, Run
from fakes import Desk
from index_checks import check_store
from postgres_server import PASSWORD, servers, stores, url_of

from index.address import DatabaseUrl
from index.database import Database, Rows, Values
from index.integrity import damage
from index.passage import Collections, Scope
from index.postgres.partitions import prepared
from index.postgres.searcher import share_of
from index.postgres.store import PostgresStore
from index.report import Progress
from index.store import Store, StoreError

MANY = {f"f{number}": f"Ship {number} carries {'wool' if number % 2 else 'wood'} and grain." for number in range(8)}
SALT = "\n\n".join(f"Boat {number} carries salt to the {number} th harbour of the long coast." for number in range(12))
QUESTIONS = ("Which ship carries wool?", "harbour", "Ship 4 grain")
SCOPES = (Scope(), Scope(owner="ann"), Scope(owner="ann", collections=Collections(frozenset({"default"}))))


@pytest.mark.parametrize("shards", [2, 3, 8, 64])
@pytest.mark.parametrize("limit", [1, 20, 70, 160, 560])
def test_a_shard_hardly_ever_has_more_of_the_nearest_than_it_is_asked_for(limit: int, shards: int) -> None:
    asked, share = share_of(limit, shards), 1 / shards
    more = range(asked + 1, limit + 1)
    assert asked <= limit
    assert sum(math.comb(limit, have) * share**have * (1 - share) ** (limit - have) for have in more) < 1e-4
    assert share_of(limit, 0) == share_of(limit, 1) == limit  # all are on one server


@pytest.fixture(scope="module")
def shards(postgres: str) -> Iterator[list[DatabaseUrl]]:  # noqa: ARG001 - skipped where there is none
    """Two servers with an empty database each."""
    with servers(2) as made:
        yield [DatabaseUrl(url_of(one)) for one in made]


@pytest.fixture
def new(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PostgresStore]]:
    monkeypatch.chdir(tmp_path)
    with stores(postgres, f"parts_{tmp_path.name}") as made:
        yield made


def filled(tmp_path: Path, store: PostgresStore) -> Desk:
    """A desk with documents of everybody's and of ann's."""
    desk = Desk(tmp_path, store=store)
    desk.write(**MANY)
    desk.ingest.update([desk.files])
    (tmp_path / "secret.txt").write_text("Ship 99 carries secret wool to the harbour.")
    desk.ingest.update([tmp_path / "secret.txt"], owner="ann", collection="hers")
    return desk


def found(desk: Desk) -> list[list[tuple[str, float]]]:
    """What is found of everything, with its scores."""
    return [
        [(passage.chunk.text, passage.score) for passage in desk.index.retrieve(question, scope, 8)]
        for question in QUESTIONS
        for scope in SCOPES
    ]


def texts(desk: Desk) -> list[set[str]]:
    """What is found, without its scores: these also count words that a shard has too many."""
    return [{text for text, _ in passages} for passages in found(desk)]


def searched(store: Store) -> int:
    with store.snapshot() as snapshot:
        assert damage(snapshot) == []
        return snapshot.count("passages")


def test_the_same_is_found_in_parts_here_and_on_shards(
    run: Run, postgres: str, tmp_path: Path, shards: list[DatabaseUrl]
) -> None:
    with closing(psycopg.connect(postgres, autocommit=True)) as db:
        db.execute("CREATE DATABASE divided")
    url = postgres.replace("/postgres?", "/divided?")

    def divided(*options: object) -> Done:
        return run("migrate", "--index", url, *options)

    with closing(PostgresStore(DatabaseUrl(url))) as store:
        desk = filled(tmp_path, store)
        whole = found(desk)
        assert "secret" not in str(whole[0])
        assert "secret" in str(whole[1])
        on_shards = [word for shard in shards for word in ("--shard", shard.reveal())]
        for options in (["--parts", 3], on_shards, ["--parts", 1]):
            done = divided(*options)
            assert (done.code, done.out.endswith("as it should be\n")) == (0, True), done.err
            assert found(desk) == whole
            assert searched(store) == len(MANY) + 1
        check_store(store)
    assert divided("--parts", 2, *on_shards).code == 2
    wrong = divided("--shard", f"postgresql:/{PASSWORD}")
    assert (wrong.code, PASSWORD in wrong.err) == (2, False)


def test_shards_are_filled_and_emptied_and_searched_by_hnsw(
    new: Callable[..., PostgresStore], tmp_path: Path, shards: list[DatabaseUrl]
) -> None:
    desk = filled(tmp_path, new(exact=5))
    whole = found(desk)
    paired = [DatabaseUrl(shard.reveal().replace("host=", "host=/nowhere,")) for shard in shards]
    desk.store.partition(shards=paired)
    with desk.store.snapshot() as snapshot:
        searcher = desk.store.searcher(snapshot)
    assert searcher is not None
    assert searcher.kind == "HNSW (pgvector), refined"
    desk.write(new="Ship 77 carries oil.", f3="Ship 3 carries silk.")
    (desk.files / "f5.txt").unlink()
    desk.ingest.update([desk.files])
    assert desk.search("Ship 77 oil", limit=1) == ["Ship 77 carries oil."]
    assert desk.search("Ship 3 silk", limit=1) == ["Ship 3 carries silk."]
    assert MANY["f5"] not in desk.search("Ship 5", limit=20)
    assert searched(desk.store) == len(MANY) + 1
    desk.write(f3=MANY["f3"], f5=MANY["f5"])
    (desk.files / "new.txt").unlink()
    desk.ingest.update([desk.files])
    assert found(desk) == whole


def test_no_scope_is_shown_what_shards_hold_of_others(
    new: Callable[..., PostgresStore], tmp_path: Path, shards: list[DatabaseUrl]
) -> None:
    desk = filled(tmp_path, new())
    desk.store.partition(shards=shards)
    query = desk.embedder.embed(["secret wool"], "query")[0]
    seen = {}
    for scope in SCOPES:
        with desk.store.snapshot(scope) as snapshot:
            searcher = desk.store.searcher(snapshot)
            assert searcher is not None
            dense, words = searcher.dense(query, 50), searcher.bm25(["secret", "harbour"], 50)
            seen[scope] = (snapshot.count("passages"), len(dense), len(words))
    assert list(seen.values()) == [(8, 8, 0), (9, 9, 1), (1, 1, 1)]


class Explaining:
    """A connection that keeps the plans of searches on shards."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans = list[str]()

    def execute(self, sql: str, values: Values = (), /) -> Rows:
        if "UNION ALL" in sql:
            self.plans.append("\n".join(row[0] for row in self._db.execute(f"EXPLAIN VERBOSE {sql}", values)))
        return self._db.execute(sql, values)

    def stream(self, sql: str, values: Values = (), /) -> Rows:
        return self._db.stream(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values], /) -> object:
        return self._db.executemany(sql, rows)


def test_shards_search_by_themselves_at_once_and_send_what_is_found_first(
    new: Callable[..., PostgresStore], tmp_path: Path, shards: list[DatabaseUrl]
) -> None:
    desk = filled(tmp_path, new(exact=5))
    desk.store.partition(shards=shards)
    desk.write(long="\n\n".join(f"Line {number} tells of wool and {number * 7} bales." for number in range(200)))
    desk.ingest.update([desk.files])
    query = desk.embedder.embed(["wool"], "query")[0]
    with desk.store.snapshot(Scope()) as snapshot:
        explaining = snapshot.db = Explaining(snapshot.db)
        searcher = desk.store.searcher(snapshot)
        assert searcher is not None
        searcher.dense(query, 5)
        searcher.bm25(["wool", "grain"], 5)
        exact = replace(searcher, statistics=replace(searcher.statistics, exact=1_000))
        exact.dense(query, 5, snapshot.selection(Scope(collection="default")))
        dense, words, of_few = explaining.plans
        scores = dict(searcher.bm25(["line", "wool", "grain"], 300))
        rare = [number for number, _ in searcher.bm25(["grain"], 300)]
        found = dict(replace(searcher, enough=0, rescored=1).bm25(["line", "wool", "grain"], 300))
    assert 0 < len(rare) < len(scores)
    assert found == pytest.approx({number: scores[number] for number in rare}, rel=1e-5)
    assert dense.count("Async Foreign Scan") == dense.count(f"NULLS LAST LIMIT {share_of(65, 2)}") == 2
    assert dense.count("audience = ANY ($2::integer[])") == words.count("audience = ANY ($2::integer[])") == 2
    assert words.count("GROUP BY 1 ORDER BY sum(") == 2
    assert of_few.count("SELECT chunk, min((near ") == of_few.count("GROUP BY 1 ORDER BY min(") == 2  # without vectors


# Lets a shard refuse at the very end: when the other one has committed already.
_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR DELETE ON postings DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION refuse()
"""


def test_a_change_that_only_one_shard_keeps_is_mended(
    new: Callable[..., PostgresStore], tmp_path: Path, shards: list[DatabaseUrl]
) -> None:
    desk = filled(tmp_path, new())
    desk.store.partition(shards=shards)
    before, damaged = texts(desk), list[str]()

    def damage_now() -> list[str]:
        with desk.store.snapshot() as snapshot:
            return damage(snapshot)

    for refusing in shards:
        with closing(psycopg.connect(refusing.reveal(), autocommit=True)) as shard:
            shard.execute(f"SET search_path = parts_{tmp_path.name}".encode())
            for adds in (True, False):
                if adds:
                    desk.write(salt=SALT)  # in passages on both shards
                else:
                    (desk.files / "salt.txt").unlink()
                shard.execute(_REFUSE)
                with pytest.raises(StoreError, match="no room"):
                    desk.ingest.update([desk.files])
                shard.execute("DROP FUNCTION refuse CASCADE")
                damaged += damage_now()
                if adds:  # the numbers of chunks that a shard has kept come again
                    assert texts(desk) == before
                    desk.ingest.update([desk.files])
                    assert damage_now() == []
            desk.store.migrate()
            assert damage_now() == []
            desk.ingest.update([desk.files])
            assert texts(desk) == before
            assert searched(desk.store) == len(MANY) + 1
    assert {line.partition(" ")[2] for line in damaged} == {"passages cannot be found by a search"}


def test_what_cannot_be_a_shard_is_refused_in_a_line(
    new: Callable[..., PostgresStore], tmp_path: Path, postgres: str, shards: list[DatabaseUrl]
) -> None:
    store = filled(tmp_path, new()).store
    for shard, why in (
        (
            DatabaseUrl("postgresql://desk@db.example/x"),
            r"postgresql://desk@db.example/x of a shard lacks its host, user",
        ),
        (DatabaseUrl(postgres), r"postgresql://desk@/postgres\S* holds an index, or a part of one: name an empty"),
        (DatabaseUrl("postgresql://desk:x@127.0.0.1:1/x"), r"cannot use postgresql://desk@127.0.0.1:1/x"),
    ):
        with pytest.raises(StoreError, match=why) as raised:
            store.partition(shards=[shards[0], shard])
        assert PASSWORD not in str(raised.value)
    assert searched(store) == len(MANY) + 1
    store.partition(shards=shards)
    with pytest.raises(StoreError, match="is on shards already: run refdesk migrate --parts 1 before"):
        store.partition(shards=shards)
    with pytest.raises(StoreError, match="holds an index, or a part of one"):
        prepared(shards[0], f"parts_{tmp_path.name}")
    with pytest.raises(StoreError, match="folder is a folder: only an index in a database has parts"):
        Store(tmp_path / "folder").partition(2)


@pytest.mark.slow
@pytest.mark.usefixtures("postgres_programs")
def test_ingestion_and_questions_go_on_after_a_shard_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A coordinator and two shards, each a server of its own; one of these is killed again and again."""
    monkeypatch.chdir(tmp_path)
    with servers(3) as (coordinator, *others), closing(PostgresStore(DatabaseUrl(url_of(coordinator)))) as store:
        desk = filled(tmp_path, store)
        whole = found(desk)
        store.partition(shards=[DatabaseUrl(url_of(shard)) for shard in others])
        assert found(desk) == whole
        for number in range(6):
            desk.write(**{f"s{number}-{part}": f"Boat {number} {part} carries salt." for part in range(20)})
            shard, begun = others[number % 2], Event()

            def look(progress: Progress, begun: Event = begun) -> None:
                if progress.embedded >= 5:
                    begun.set()

            with ThreadPoolExecutor(1) as pool:
                running = pool.submit(desk.ingest.update, [desk.files], on_progress=look)
                assert begun.wait(60)
                shard.stop()
                with suppress(StoreError):
                    running.result()
            with pytest.raises(StoreError, match="cannot use postgresql://"):
                found(desk)
            shard.start()
            assert not desk.ingest.update([desk.files]).failed
            store.migrate()
            assert searched(store) == len(MANY) + 1 + 20 * (number + 1)
            assert len(desk.search(f"Boat {number} 7 salt", limit=3)) == 3
