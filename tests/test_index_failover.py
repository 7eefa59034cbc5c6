"""The primary is killed in the midst of ingestion and questions: nothing acknowledged is lost, no answer is wrong."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Queue
from threading import Event

import psycopg
import pytest
from fakes import Desk, QuoteTheBest, WordEmbedder
from index_checks import check_store
from postgres_server import Pair, end_others, pair

from index.address import DatabaseUrl
from index.embed import Role, Vectors
from index.postgres.connection import PostgresConnection
from index.postgres.store import PostgresStore
from index.store import ATTEMPTS, ConnectionLostError
from qa.assistant import Assistant


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    with pair() as two:
        yield two


@pytest.fixture
def store_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], PostgresStore]]:
    monkeypatch.chdir(tmp_path)
    made = list[PostgresStore]()

    def store(url: str) -> PostgresStore:
        made.append(PostgresStore(DatabaseUrl(url), schema=f"over_{tmp_path.name}"))
        return made[-1]

    yield store
    for each in made:
        each.close()


def assistant_of(desk: Desk) -> Assistant:
    return Assistant(desk.index, QuoteTheBest())  # type: ignore[arg-type]


# Ends the connection in which the so-many-th row comes to the table: when it comes, or at the commit.
_END = """
CREATE SEQUENCE IF NOT EXISTS coming;
ALTER SEQUENCE coming RESTART;
CREATE OR REPLACE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('coming') = {at} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER end_it AFTER INSERT ON {table} {when} FOR EACH ROW EXECUTE FUNCTION end_it()
"""


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"])
@pytest.mark.parametrize(("table", "at"), [("sources", 2), ("postings", 8)])
def test_ingestion_goes_on_where_its_connection_ended(
    postgres: str, store_at: Callable[[str], PostgresStore], tmp_path: Path, table: str, at: int, when: str
) -> None:
    store = store_at(postgres)
    desk = Desk(tmp_path, store=store)
    store.create(desk.embedder.fingerprint)
    with store.connection() as db:
        db.execute(_END.format(table=table, at=at, when=when).encode())
    desk.write(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells iron.")
    report = desk.ingest.update([desk.files])
    assert (report.added, report.unchanged) == ([desk.path(f"{name}.txt") for name in "abc"], [])
    check_store(desk.store)


class Ending(WordEmbedder):
    """Ends all other connections to the database, so many times, before it embeds a question."""

    def __init__(self, url: str, times: int) -> None:
        super().__init__()
        self._url, self.left = url, times

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role == "query" and self.left:
            end_others(self._url)
            self.left -= 1
        return super().embed(texts, role)


@pytest.mark.parametrize("times", [1, ATTEMPTS - 1, ATTEMPTS])
def test_a_question_begins_again_where_its_connection_ended_if_not_each_time(
    postgres: str, store_at: Callable[[str], PostgresStore], tmp_path: Path, times: int
) -> None:
    embedder = Ending(postgres, times)
    desk = Desk(tmp_path, store=store_at(postgres), embedder=embedder)
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    if times < ATTEMPTS:
        assert assistant_of(desk).ask("Alpha pumps what?").text == "Alpha pumps water.[1]"
    else:
        with pytest.raises(ConnectionLostError):
            assistant_of(desk).ask("Alpha pumps what?")
    assert embedder.left == 0


def stream_until_it_ends(db: PostgresConnection, url: str, begun: bool) -> None:
    """Stream rows over a connection that is ended before the first of them, or after it."""
    if not begun:
        db.execute("SELECT 1")
        end_others(url)
    with closing(db.stream("SELECT * FROM generate_series(1, 1000)")) as rows:
        assert next(rows) == (1,)
        end_others(url)


@pytest.mark.parametrize("begun", [False, True])
def test_a_stream_is_closed_where_its_connection_ends_before_or_after_it_begins(postgres: str, begun: bool) -> None:
    with closing(psycopg.connect(postgres)) as raw, pytest.raises(psycopg.OperationalError):
        stream_until_it_ends(PostgresConnection(raw), postgres, begun)
    gc.collect()  # a cursor that is still open warns


def test_of_several_servers_the_one_that_is_there_is_used(
    postgres: str, store_at: Callable[[str], PostgresStore], tmp_path: Path
) -> None:
    desk = Desk(tmp_path, store=store_at(postgres.replace("host=", "host=/nowhere,")))
    desk.write(a="Alpha pumps water.")
    assert desk.ingest.update([desk.files]).added == [desk.path("a.txt")]
    assert desk.search("Alpha") == ["Alpha pumps water."]


@pytest.mark.slow
@pytest.mark.usefixtures("postgres_programs")
def test_what_is_acknowledged_survives_the_primary(
    servers: Pair, store_at: Callable[[str], PostgresStore], tmp_path: Path
) -> None:
    desk, rounds = Desk(tmp_path, store=store_at(servers.url)), 20
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    acknowledged, end, answers = Queue[str](), Event(), Queue[str]()

    def ingest() -> None:
        for number in itertools.count():
            if end.is_set():
                return
            desk.write(**{f"f{number}": f"Ship {number} carries wood."})
            report = desk.ingest.update([desk.files / f"f{number}.txt"])
            assert not report.failed
            acknowledged.put(f"f{number}.txt")

    def ask() -> None:
        assistant = assistant_of(desk)
        while not end.is_set():
            answers.put(assistant.ask("Alpha pumps what?").text)

    kept = []
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(ingest), pool.submit(ask)]
        try:
            for _ in range(rounds):
                kept += [acknowledged.get(timeout=60) for _ in range(3)]
                servers.fail_over()
            kept += [acknowledged.get(timeout=60) for _ in range(3)]
            answers.get(timeout=60)
        finally:
            end.set()
        for each in running:
            each.result()
    while not acknowledged.empty():
        kept.append(acknowledged.get())
    with desk.store.snapshot() as snapshot:
        held = {Path(source.path).name for source in snapshot.sources()}
    assert held >= {*kept, "a.txt"}
    assert len(kept) == len(set(kept))
    check_store(desk.store)
    assert {answers.get() for _ in range(answers.qsize())} == {"Alpha pumps water.[1]"}
