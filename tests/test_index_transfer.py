"""``refdesk copy``: an index in a folder and in a database are the same, whatever interrupts the copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Run, fails
from fakes import Desk, filled
from index_checks import check_store
from postgres_server import stores

from index.address import DatabaseUrl
from index.passage import Scope
from index.refresh import refresh
from index.store import Store, StoreError
from index.transfer import finish, transfer
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users
from qa.serving.api.library import FILES

# The tables that are copied, with how many rows a desk of ``told`` has of them at least.
TABLES = {
    "documents": 6, "sources": 6, "embeddings": 6, "chunks": 6, "files": 6, "sketches": 2, "probes": 20, "alike": 2
}  # fmt: skip
LONG = " ".join(f"Berth {number} is let to captain {number * 7}." for number in range(12))

Place = Callable[..., Store]


@pytest.fixture
def in_folder(tmp_path: Path) -> Place:
    return lambda **options: Store(tmp_path / "copied", **options)


@pytest.fixture
def in_database(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.chdir(tmp_path)
    with stores(postgres, f"copy_{tmp_path.name}") as made:
        yield made


def told(tmp_path: Path, store: Store | None = None) -> Desk:
    """A desk with families, near-duplicates, a changed document, and a visitor's file and document."""
    desk = Desk(tmp_path, store=store)
    desk.write(a="Alpha pumps water.", plan_2023="The plan of 2023.", plan_2024="The plan of 2024.", gone="Soon gone.")
    desk.write(b=LONG, c=f"{LONG} But not in winter.", t__csv="Town,People\nAle,200\nBern,300\n")
    desk.ingest.update([desk.files])
    (desk.files / "gone.txt").unlink()
    desk.write(a="Alpha pumps water and oil.")
    desk.ingest.update([desk.files])
    visitors = tmp_path / "visitors"
    visitors.mkdir()
    (visitors / "secret.txt").write_text("Omega hides treasure.")
    (visitors / "a.txt").write_text("Alpha pumps water and oil.")
    desk.ingest.update([visitors], owner="chat:1")
    return desk


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Such a desk, which no test changes."""
    return told(tmp_path_factory.mktemp("told"))


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """What of the tables is everyone's."""
    with store.snapshot() as snapshot:
        found = {name: snapshot.db.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
        shared = {row[0] for row in snapshot.db.execute("SELECT document FROM sources WHERE owner = ''")}
        keys = {row[4] for row in found["chunks"] if row[1] in shared}
    whose = {"documents": 0, "chunks": 1, "sketches": 0, "probes": 1, "alike": 0}
    for name, column in whose.items():
        found[name] = [row for row in found[name] if row[column] in shared]
    found["embeddings"] = [row for row in found["embeddings"] if row[0] in keys]
    for name in ("sources", "files"):
        found[name] = [row for row in found[name] if row[2] == ""]
    return {name: sorted(map(tuple, held)) for name, held in found.items()}


def copied(source: Store, place: Place, **options: int) -> Store:
    target = place(unfinished=True)
    contents = transfer(source, target, **options)
    with target.transaction() as transaction:
        finish(transaction)
    refresh(whole := place())
    assert {name: held.rows for name, held in contents.items()} == {name: len(r) for name, r in rows(whole).items()}
    return whole


def test_all_that_is_everyones_is_the_same_there_and_back(
    original: Desk, tmp_path: Path, in_folder: Place, in_database: Place
) -> None:
    before = rows(original.store)
    assert all(len(before[name]) >= least for name, least in TABLES.items()), before
    there = copied(original.store, in_database)
    back = copied(there, in_folder)
    assert rows(there) == rows(back) == before
    questions = ("Which plan?", "What does Alpha pump?", "harbour berths", "Bern people", "treasure")
    found = [original.search(question) for question in questions]
    new = tmp_path / "new.txt"
    new.write_text("Delta weaves wool.")
    for store in (there, back):
        check_store(store)
        copy = Desk(tmp_path, store=store)
        assert [copy.search(question) for question in questions] == found
        assert copy.search("treasure", Scope(owner="chat:1")) == found[-1]
        report = copy.ingest.update([original.files, new])
        assert (len(report.unchanged), len(report.added), report.embedded) == (6, 1, 1)
        assert copy.search("Delta weaves", limit=1) == ["Delta weaves wool."]


class Interrupted(Exception):  # noqa: N818
    pass


def test_a_copy_goes_on_where_it_was_interrupted(tmp_path: Path, in_database: Place) -> None:
    desk, seen, rounds = told(tmp_path), list[int](), 0

    def interrupt(done: int, total: int) -> None:
        assert done <= total
        seen.append(done)
        if len(seen) % 4 == 0:
            raise Interrupted

    def attempt() -> bool:
        try:
            transfer(desk.store, in_database(unfinished=True), interrupt, at_once=40)
        except Interrupted:
            return False
        return True

    while not attempt():
        rounds += 1
        with pytest.raises(StoreError, match="an unfinished copy of an index: run refdesk"), in_database().snapshot():
            pass
        if rounds == 2:  # then it begins anew
            desk.write(d="Another text.")
            desk.ingest.update([desk.files])
            seen.clear()
    assert rounds > 3
    assert seen == sorted(set(seen))  # nothing was copied twice
    with in_database(unfinished=True).transaction() as transaction:
        finish(transaction)
    assert rows(in_database()) == rows(desk.store)
    check_store(in_database())
    with pytest.raises(StoreError, match=r"there is an index in .* already: copy to a new folder"):
        transfer(desk.store, in_database(unfinished=True))


def test_a_copy_that_is_not_the_same_is_no_index(original: Desk, in_database: Place) -> None:
    changes = [
        ("UPDATE documents SET text = text || '.'", "is damaged"),
        ("UPDATE totals SET terms = terms + 1", "is damaged .*passages are miscounted"),
        ("UPDATE occurrences SET passages = passages + 1", "is damaged .*terms are miscounted"),
        ("DELETE FROM postings", r"is damaged .*cannot be found"),
        ('UPDATE chunks SET "end" = "end" - 1', "has other chunks"),
    ]
    for change, reason in changes:
        target = in_database(unfinished=True)

        def spoil(done: int, total: int, change: str = change, target: Store = target) -> None:
            if done == total:
                with target.transaction() as transaction:
                    transaction.db.execute(change)

        with pytest.raises(StoreError, match=f"{reason}.*copy again, from the beginning"):
            transfer(original.store, target, spoil)
        with pytest.raises(StoreError, match="unfinished"), in_database().snapshot():
            pass
    assert rows(copied(original.store, in_database)) == rows(original.store)


def test_the_command_copies_files_that_are_kept_and_what_is_private_stays_so(
    run: Run, postgres: str, tmp_path: Path
) -> None:
    desk = filled(tmp_path)
    kept = desk.store.folder / FILES / "0123" / "wool.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("Delta weaves wool.")
    desk.ingest.update([kept], collection="plans")
    Users(AccessStore(desk.store.folder)).keep_private(["plans"])
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute("CREATE DATABASE copied")
    url = postgres.replace("/postgres?", "/copied?")
    done = run("copy", desk.store.folder, url)
    assert (done.code, done.out) == (
        0, f"4 documents, 4 passages, 4 vectors in {DatabaseUrl(url)}, all as in {desk.store.folder}\n"
    )  # fmt: skip
    assert done.err == "refdesk: private: plans (refdesk users list says who sees them)\n"
    there = Path(DatabaseUrl(url).folder).absolute() / FILES / "0123" / "wool.txt"
    assert there.read_text() == "Delta weaves wool."
    assert str(there) in run("documents", "--index", url).out
    fails(run("copy", desk.store.folder, url), "there is an index in postgresql://")
    kept.unlink()
    there.unlink()
    back = run("copy", url, "back", "--json").json
    assert (back["missing"], back["private"], back["tables"]["chunks"]["rows"]) == (["wool.txt"], ["plans"], 4)
    assert Users(AccessStore(Path("back"))).private() == ["plans"]
    check_store(Store(Path("back")))


def test_what_cannot_be_copied_is_said_in_a_line(run: Run, tmp_path: Path) -> None:
    desk = filled(tmp_path)
    fails(run("copy", "nowhere", "new"), "there is no index in nowhere: make one")
    fails(run("copy", desk.store.folder, desk.store.folder), "cannot be copied to itself")
    fails(run("copy", desk.store.folder, "postgresql://ann:s3cret@127.0.0.1:1/desk"), "cannot use postgresql://ann@127")
    wrong = run("copy", "postgresql://ann:s3cret", "new")
    assert wrong.code == 2
    assert "s3cret" not in wrong.err
    assert not Path("new").exists()
