"""What is known of users is lost while private collections are there: the index notes them, and nobody sees them then.

Against: a file of users that is deleted, emptied, or not put back from a backup, at a desk that is open to the public.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from access_desk import FAST, PASSWORD, KnownDesk, extras_of, served
from commands import Run
from fakes import Desk, filled
from starlette.testclient import TestClient

from index.address import DatabaseUrl
from index.store import Store
from qa.serving.access.access_control import AccessControl
from qa.serving.access.accounts.groups import Groups
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users
from qa.serving.access.admission import Known
from qa.serving.access.rights import OF_USERS
from qa.serving.operations.backup import back_up
from qa.serving.operations.restore import restore


@pytest.fixture
def known(new_store: Callable[..., Store], tmp_path: Path, request: pytest.FixtureRequest) -> KnownDesk:
    """A desk with a document for everyone and one that ann sees alone; its index in a folder, or in a database."""
    desk = Desk(tmp_path, store=new_store())
    desk.write(open="Alpha pumps water.", secret="Beta hides treasure.")
    desk.ingest.update([desk.files / "open.txt"])
    desk.ingest.update([desk.files / "secret.txt"], collection="board")
    if type(desk.store) is Store:
        access = AccessStore(desk.store.folder)
    else:
        from index.postgres.store import PostgresStore
        from qa.serving.access.accounts.postgres import PostgresAccessStore

        assert isinstance(desk.store, PostgresStore)
        url = DatabaseUrl(request.getfixturevalue("postgres"))
        access = PostgresAccessStore(url, f"access_of_{tmp_path.name}", desk.store)
    known = KnownDesk(desk, access)
    known.users.add("ann", PASSWORD)
    known.users.allow("ann", ["board"])
    return known


def lose(known: KnownDesk, *, emptied: bool = False) -> None:
    """Lose the users, and all that is known of who sees what."""
    if type(known.store) is AccessStore:
        known.store.path.write_bytes(b"") if emptied else known.store.path.unlink()
        return
    with known.store.writing() as db:
        if emptied:
            for table in ("users", "private"):
                db.execute(f"DELETE FROM {table}")
        else:
            db.execute(f"DROP SCHEMA {known.store.name.partition(' ')[0]} CASCADE")


def everyone(known: KnownDesk) -> TestClient:
    """Somebody at the desk, where it is open to the public."""
    public = served(known.api, AccessControl(Known(known.store, OF_USERS)), extras_of(known.desk))
    return TestClient(public, base_url="http://localhost", client=("192.0.2.9", 1))


@pytest.mark.parametrize("emptied", [False, True])
def test_private_collections_are_nobodys_once_it_is_lost_who_sees_them(
    known: KnownDesk, caplog: pytest.LogCaptureFixture, emptied: bool
) -> None:
    client = everyone(known)
    assert client.get("/library").json()["total"] == 1
    lose(known, emptied=emptied)
    with caplog.at_level(logging.WARNING, "qa.serving.access.accounts.store"):
        for one in (client, everyone(known)):  # the server that runs, and one that is started
            assert [one.get("/library").json()["total"] for _ in range(3)] == [1, 1, 1]
            assert "secret.txt" not in one.get("/api/v1/search?q=Beta hides treasure").text
            assert one.get("/api/v1/collections").json()["collections"] == [{"name": "default", "sources": 1}]
    (line,) = {record.getMessage() for record in caplog.records}
    assert line.startswith(f"board: private by the index, but {known.store.name} does not know who may see that")

    known.users.add("ann", PASSWORD)  # it is said again
    known.users.allow("ann", ["board"])
    assert known.logged_in("ann").get("/library").json()["total"] == 2
    assert client.get("/library").json()["total"] == 1
    lose(known)
    known.users.share(["board"])
    assert client.get("/library").json()["total"] == 2


def test_a_note_changes_nothing_that_is_searched(known: KnownDesk) -> None:
    def state() -> tuple[int, str]:
        with known.desk.store.snapshot() as snapshot:
            return snapshot.generation, snapshot.state

    before = state()
    known.groups.add("staff")
    known.groups.allow("staff", ["minutes", "board"])
    assert (known.desk.store.hidden(), state()) == ({"board", "minutes"}, before)
    known.users.share(["board"])
    assert (known.desk.store.hidden(), state()) == ({"minutes"}, before)


def test_an_index_of_an_earlier_version_is_told_what_is_private(known: KnownDesk) -> None:
    known.desk.store.share(["board"])  # as if it had never been noted
    assert everyone(known).get("/library").json()["total"] == 1  # as the users are there
    known.store.note_private()  # as each start does
    lose(known)
    assert everyone(known).get("/library").json()["total"] == 1


def test_an_index_that_cannot_note_it_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk, users = filled(tmp_path), AccessStore(tmp_path / "users")
    Users(users).keep_private(["board"])
    users.index = desk.store
    with desk.store.transaction() as transaction:
        transaction.db.execute("UPDATE meta SET value = 1 WHERE key = 'format'")
    users.note_private()
    assert f"{desk.store.name} cannot note which collections are private" in caplog.text
    assert f"everyone's if {users.path} is lost" in caplog.text


def test_what_is_private_before_there_is_an_index_is_noted_when_it_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    run("users", "add", "ann")
    run("users", "allow", "ann", "board")
    Path("a.txt").write_text("Alpha pumps water.")
    assert run("index", "a.txt", "--collection", "board").code == 0
    Path(".refdesk/access.sqlite3").unlink()
    assert run("users", "list", "--json").json["private"] == ["board"]
    assert "board: private by the index, but .refdesk/access.sqlite3 does not know" in caplog.text
    assert run("users", "share", "board").code == 0
    assert run("users", "list", "--json").json["private"] == []


def test_what_is_restored_without_users_is_noted_too(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    access = AccessStore(desk.store.folder)
    Groups(access).add("staff")
    Groups(access).allow("staff", ["default"])
    manifest = back_up(desk.store.folder, tmp_path / "desk.zip")
    assert json.loads(manifest.model_dump_json())["private"] == ["default"]
    restore(tmp_path / "desk.zip", tmp_path / "again")
    again = AccessStore(tmp_path / "again")
    again.path.unlink()
    assert Users(again, FAST).private() == ["default"]
