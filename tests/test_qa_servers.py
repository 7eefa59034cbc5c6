"""Several servers over one database: who is known at one is known at all, and goes on there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from access_desk import FAST, PASSWORD, KnownDesk
from commands import Run, fails
from fakes import Desk
from test_qa_conversations import talk
from test_qa_uploads import until, uploaded

from index.address import DatabaseUrl
from index.postgres.store import PostgresStore
from qa.serving.access.accounts.conversations import Conversations
from qa.serving.access.accounts.postgres import PostgresAccessStore
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import FORMAT, AccessError, AccessStore
from qa.serving.access.accounts.tokens import Tokens
from qa.serving.access.accounts.users import Users
from qa.serving.access.asker import CONVERSATION
from qa.serving.http.paths import CONVERSATIONS, UPLOADS
from qa.serving.uploads.uploads import Uploads


@pytest.fixture
def url(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a new database."""
    monkeypatch.chdir(tmp_path)
    with closing(psycopg.connect(postgres, autocommit=True)) as db:
        db.execute("DROP DATABASE IF EXISTS servers WITH (FORCE)")
        db.execute("CREATE DATABASE servers")
    return postgres.replace("/postgres?", "/servers?")


@pytest.fixture
def serve(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], tuple[KnownDesk, Desk]]]:
    """Starts servers, each with a folder of its own, over the same tables."""
    monkeypatch.chdir(tmp_path)
    name = uuid.uuid4().hex
    with ExitStack() as started:

        def serve(parameter: str) -> tuple[KnownDesk, Desk]:
            own = DatabaseUrl(postgres + parameter)
            index = started.enter_context(closing(PostgresStore(own, schema=f"index_{name}")))
            known = started.enter_context(closing(PostgresAccessStore(own, f"access_{name}")))
            desk = Desk(tmp_path / f"files{parameter}", store=index)
            index.create(desk.embedder.fingerprint)
            server = KnownDesk(desk, known)
            uploads = started.enter_context(closing(Uploads(index, desk.ingest)))
            server.extras = replace(server.extras, uploads=uploads)
            return server, desk

        yield serve


def test_a_user_logs_in_at_one_server_and_goes_on_at_another(
    serve: Callable[[str], tuple[KnownDesk, Desk]],
) -> None:
    (one, desk), (other, _) = serve(""), serve("&port=5432")
    assert one.store.folder != other.store.folder
    one.users.add("ann", PASSWORD)
    one.users.allow("ann", ["plans"])
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files], collection="plans")

    here, there = one.logged_in("ann"), other.client()
    here.headers[CONVERSATION] = there.headers[CONVERSATION] = "0" * 32
    assert there.get(CONVERSATIONS).status_code == 401
    there.cookies = here.cookies
    here.post(f"{UPLOADS}?name=brought.txt", content=b"Beta stores grain.")
    until(lambda: here.get(UPLOADS).json()["uploads"][0]["state"] == "ready")
    assert [own["name"] for own in there.get(UPLOADS).json()["uploads"]] == ["brought.txt"]
    for question, said in (("What does Alpha pump?", "pumps water"), ("What does Beta store?", "stores grain")):
        assert said in there.post("/ask", json={"turn": "1", "question": question}).text
    first = there.post(CONVERSATIONS, content=talk(1, "water").content).json()["changed"]
    assert [own["title"] for own in here.get(CONVERSATIONS).json()] == ["What of water?"]
    assert here.post(CONVERSATIONS, content=talk(1, "water", "grain", changed=first).content).status_code == 200
    assert there.post(CONVERSATIONS, content=talk(1, "water", "iron", changed=first).content).status_code == 409
    assert len(there.get(f"{CONVERSATIONS}/{1:032x}").json()["turns"]) == 2

    assert [client.delete(UPLOADS).json() for client in (there, here)] == [{"uploads": []}] * 2
    assert uploaded(desk) == []
    token = other.tokens.new("ci", ["ask"], 1)
    assert one.client(authorization=f"Bearer {token}").get("/v1/models").status_code == 200
    here.post("/logout")
    assert there.get(CONVERSATIONS).status_code == 401


def test_users_of_an_earlier_version_are_taken_over_from_their_file_and_nobody_is_let_in_before(
    url: str, run: Run
) -> None:
    place = DatabaseUrl(url)
    file = AccessStore(place.folder)
    for name in ("ann", "bob"):
        Users(file, FAST).add(name, PASSWORD)
    Users(file).allow("ann", ["plans"])
    Conversations(file).write("ann", talk(1, "water"))
    Tokens(file).new("ci", ["ask"], 1)
    session = Sessions(file).begin("ann")
    with closing(PostgresStore(place)) as index, closing(PostgresAccessStore(place)) as store:
        index.create("words@1")
        for use in (Users(store).listed, lambda: Users(store).keep_private(["minutes"])):
            with pytest.raises(
                AccessError, match=r"access\.sqlite3 are as an earlier version kept them: run refdesk migr"
            ):
                use()
        assert "users, their conversations and tokens are in postgresql://" in run("migrate", "--index", url).out
        assert run("users", "list", "--index", url, "--json").json["private"] == ["plans"]
        users = Users(store, FAST)
        assert [(user.name, user.collections) for user in users.listed()] == [("ann", ("plans",)), ("bob", ())]
        assert users.logs_in("ann", PASSWORD)
        assert [own.title for own in Conversations(store).listed("ann")] == ["What of water?"]
        assert (Sessions(store).find(session), [own.name for own in Tokens(store).listed()]) == (None, ["ci"])
        assert [path.name for path in place.folder.glob("access*")] == ["access.moved"]
        assert run("migrate", "--index", url, "--json").json["users_moved"] is False

        # another server's file, whose users are partly the same
        Users(file, FAST).add("ann", "another password")
        Users(file).allow("ann", ["minutes"])
        assert store.migrate()
        assert users.logs_in("ann", PASSWORD)
        assert users.private() == ["minutes", "plans"]
        assert run("users", "remove", "ann", "--index", url).out.endswith("1 conversation deleted\n")

        for found, reason in ((FORMAT - 1, "run refdesk migrate"), (FORMAT + 1, "update Refdesk")):
            with psycopg.connect(url, autocommit=True) as db:
                db.execute("UPDATE refdesk_access.format SET number = %s", (found,))
            with pytest.raises(AccessError, match=reason):
                users.listed()


def test_what_cannot_be_reached_is_one_line_without_the_password(run: Run) -> None:
    done = run("users", "list", "--index", "postgresql://ann:s3cret@127.0.0.1:1/desk")
    fails(done, "cannot use postgresql://ann@127.0.0.1:1/desk")
    assert "s3cret" not in done.err
