"""Users, tokens, sessions, the log of who did what, and the commands that change them."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from access_desk import FAST, PASSWORD
from commands import Run, fails

from index.passage import Collections
from qa.serving.access.accounts.conversations import Conversations
from qa.serving.access.accounts.groups import Groups
from qa.serving.access.accounts.sessions import IDLE, LONGEST, OF_USER, Sessions
from qa.serving.access.accounts.store import AccessError, AccessStore
from qa.serving.access.accounts.tokens import DAY, Tokens
from qa.serving.access.accounts.users import Users
from qa.serving.access.attempts import MOST, WINDOW, Attempts
from qa.serving.access.audit import FILE, OLDER, Audit

ALL, NOT_BOARD = Collections(), Collections(frozenset({"board"}))


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(access_store: AccessStore) -> AccessStore:
    return access_store


@pytest.fixture
def file(tmp_path: Path) -> AccessStore:
    """One in a file, for what only files have."""
    return AccessStore(tmp_path / "index")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(store: AccessStore, clock: Clock) -> Users:
    users = Users(store, FAST, clock)
    users.add("ann", PASSWORD)
    return users


def test_a_user_logs_in_with_the_password_and_nothing_else(users: Users) -> None:
    assert users.logs_in("ann", PASSWORD)
    for name, password in [("ann", "wrong horse"), ("ann", ""), ("bob", PASSWORD), ("ann", PASSWORD * 100)]:
        assert not users.logs_in(name, password)
    users.set_password("ann", "another one")
    assert not users.logs_in("ann", PASSWORD)
    users.remove("ann")
    assert not users.logs_in("ann", "another one")


def test_names_and_passwords_that_cannot_be_are_refused(users: Users) -> None:
    for name in ("", "-x", "a b", "a\nb", "<b>", "a" * 65, "ä", "\0"):
        with pytest.raises(AccessError, match="is no name"):
            users.add(name, PASSWORD)
        assert not users.logs_in(name, PASSWORD)
    with pytest.raises(AccessError, match="8 to 1,024"):
        users.add("bob", "short")
    with pytest.raises(AccessError, match="already"):
        users.add("ann", PASSWORD)


def test_nothing_that_is_kept_lets_anybody_in(file: AccessStore) -> None:
    Users(file, FAST).add("ann", PASSWORD)
    secrets = [Tokens(file).new("ci", ["ask"], 1), Sessions(file).begin("ann"), PASSWORD]
    held = b"".join(path.read_bytes() for path in file.folder.iterdir())
    assert not [secret for secret in secrets if secret.encode() in held]
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.folder.iterdir()} == {0o600}


def test_a_collection_is_private_from_the_first_allowance_until_it_is_shared(store: AccessStore, users: Users) -> None:
    sessions, tokens = Sessions(store), Tokens(store)
    users.add("bob", PASSWORD)
    of = {name: sessions.begin(name) for name in ("ann", "bob")}
    token = tokens.new("ci", ["ask"], 1)

    def seen() -> list[Collections]:
        found = (sessions.find(of["ann"]), sessions.find(of["bob"]), tokens.find(token))
        return [one[1] for one in found if one]

    assert seen() == [ALL] * 3
    users.allow("ann", ["board"])
    assert seen() == [ALL, NOT_BOARD, NOT_BOARD]
    users.disallow("ann", ["board"])
    assert seen() == [NOT_BOARD] * 3
    users.allow("ann", ["board"])
    users.remove("ann")
    assert seen() == [NOT_BOARD] * 2
    users.share(["board"])
    assert seen() == [ALL] * 2
    with pytest.raises(AccessError, match="is not private"):
        users.share(["board"])


def test_members_of_a_group_see_what_it_may_see_for_as_long_as_they_are_members(
    store: AccessStore, users: Users
) -> None:
    groups, sessions = Groups(store), Sessions(store)
    users.add("bob", PASSWORD)
    of = {name: sessions.begin(name) for name in ("ann", "bob")}

    def seen() -> list[Collections]:
        return [found[1] for secret in of.values() if (found := sessions.find(secret))]

    groups.add("staff")
    groups.allow("staff", ["board"])
    assert seen() == [NOT_BOARD] * 2
    groups.join("staff", ["ann", "bob"])
    assert seen() == [ALL] * 2
    groups.leave("staff", ["bob"])
    assert seen() == [ALL, NOT_BOARD]
    assert [(one.groups, one.collections) for one in users.listed()] == [(("staff",), ("board",)), ((), ())]
    users.allow("bob", ["board"])
    groups.disallow("staff", ["board"])
    assert seen() == [NOT_BOARD, ALL]
    groups.allow("staff", ["board"])
    groups.remove("staff")
    assert seen() == [NOT_BOARD, ALL]
    groups.add("staff")  # another one, without the members of the first
    groups.allow("staff", ["board"])
    assert seen() == [NOT_BOARD, ALL]


def test_groups_and_members_that_are_not_there_are_one_line(store: AccessStore, users: Users) -> None:
    groups = Groups(store)
    groups.add("staff")
    assert users.listed()[0].groups == ()
    for reason, wrong in {
        "already": lambda: groups.add("staff"),
        "is no name": lambda: groups.add("a b"),
        "no group x": lambda: groups.allow("x", ["board"]),
        "no user bob": lambda: groups.join("staff", ["ann", "bob"]),
        "is no member": lambda: groups.leave("staff", ["ann"]),
        "was not allowed": lambda: groups.disallow("staff", ["board"]),
    }.items():
        with pytest.raises(AccessError, match=reason):
            wrong()
    assert groups.listed()[0].members == ()  # what failed in part has changed nothing


def test_a_file_of_the_version_before_gets_the_tables_that_came_since(file: AccessStore) -> None:
    users = Users(file, FAST)
    users.add("ann", PASSWORD)
    with closing(sqlite3.connect(file.path)) as db:
        for table in ("allowed_groups", "members", "groups", "conversations"):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 1")
    Groups(file).add("staff")
    Groups(file).join("staff", ["ann"])
    assert users.logs_in("ann", PASSWORD)
    assert Conversations(file).listed("ann") == []


def test_a_token_has_its_rights_in_its_collections_until_it_ends(store: AccessStore, clock: Clock) -> None:
    tokens = Tokens(store, clock)
    secret = tokens.new("ci", ["write", "ask"], 2, ["board"])
    found = tokens.find(secret)
    assert found
    assert (found[0].rights, found[1]) == ({"ask", "write"}, Collections(frozenset({"board"}), hidden=False))
    assert tokens.find(secret + "x") is tokens.find("") is None
    assert tokens.listed()[0].used == clock.now
    with pytest.raises(AccessError, match="already"):
        tokens.new("ci", ["ask"], 1)
    clock.now += 2 * DAY
    assert tokens.find(secret) is None
    tokens.revoke("ci")
    assert tokens.listed() == []
    with pytest.raises(AccessError, match="no token"):
        tokens.revoke("ci")


def test_sessions_end_by_logout_idleness_age_number_and_a_new_password(
    store: AccessStore, users: Users, clock: Clock
) -> None:
    sessions = Sessions(store, clock)
    first = sessions.begin("ann")
    assert sessions.find(first) == ("ann", ALL)
    assert sessions.end(first) == "ann"
    assert sessions.find(first) is sessions.end(first) is None
    idle = sessions.begin("ann")
    clock.now += IDLE + 1
    assert sessions.find(idle) is None
    old = sessions.begin("ann")
    for _ in range(int(LONGEST / IDLE) + 1):
        clock.now += IDLE - 1
        sessions.find(old)
    assert sessions.find(old) is None
    many = [sessions.begin("ann") for _ in range(OF_USER + 1)]
    assert sum(sessions.find(one) is not None for one in many) == OF_USER
    users.set_password("ann", "another one")
    assert not any(map(sessions.find, many))


def test_attempts_of_an_address_are_limited_also_while_they_are_made(clock: Clock) -> None:
    attempts = Attempts(clock=clock)
    assert [attempts.begin("192.0.2.1") for _ in range(MOST)] == [0] * MOST
    assert attempts.begin("192.0.2.1") == WINDOW
    assert attempts.begin("192.0.2.2") == 0
    attempts.succeeded("192.0.2.1")
    assert attempts.begin("192.0.2.1") == 0
    clock.now += WINDOW
    assert attempts.begin("192.0.2.1") == 0


def test_the_log_is_private_and_keeps_to_its_size(tmp_path: Path) -> None:
    audit = Audit(tmp_path, most=1000, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    for number in range(40):
        audit.write("ask", "user ann", "192.0.2.1", number=number, name=None)
    lines = [json.loads(line) for file in (OLDER, FILE) for line in (tmp_path / file).read_text().splitlines()]
    assert lines[-1] == {
        "time": "2026-01-02T00:00:00.000+00:00", "who": "user ann", "address": "192.0.2.1", "did": "ask", "number": 39
    }  # fmt: skip
    assert [line["number"] for line in lines] == list(range(lines[0]["number"], 40))
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / FILE, tmp_path / OLDER)} == {0o600}
    assert (tmp_path / OLDER).stat().st_size < 1200


def test_a_file_of_another_version_or_a_damaged_one_is_one_line(file: AccessStore) -> None:
    users = Users(file, FAST)
    users.add("ann", PASSWORD)
    with closing(sqlite3.connect(file.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(AccessError, match="another version"):
        users.listed()
    file.path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(AccessError, match="cannot be used"):
        users.listed()


def test_the_commands_say_what_they_did(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("users", "add", "ann", "--json").json == {"user": "ann"}
    assert "board: private, and ann sees it" in run("users", "allow", "ann", "board").out
    assert run("groups", "add", "staff").out == "staff is a group\n"
    run("groups", "join", "staff", "ann")
    run("groups", "allow", "staff", "minutes")
    assert run("groups", "list").out == "staff  ann; sees minutes\n"
    (listed,) = run("users", "list", "--json").json["users"]
    assert (listed["groups"], listed["last_login"], listed["sees"]) == (["staff"], None, ["board", "minutes"])
    made = run("tokens", "new", "ci", "--scope", "ask", "--scope", "read", "--collection", "board", "--json").json
    assert (made["scopes"], made["collections"]) == (["ask", "read"], ["board"])
    assert "ci  ask, read in board; until" in run("tokens", "list").out
    assert "is no scope" in run("tokens", "new", "x", "--scope", "all").err
    assert run("users", "remove", "ann").out == "ann can no longer log in; 0 conversations deleted\n"
    fails(run("users", "remove", "bob"), "there is no user bob: refdesk users list names them")
    assert run("tokens", "revoke", "ci").out == "ci is a token no more\n"
    log = Path(".refdesk", FILE).read_text()
    did = [json.loads(line)["did"] for line in log.splitlines()]
    assert did == [
        "user added",
        "collections allowed",
        "group added",
        "group joined",
        "collections allowed",
        "token made",
        "user removed",
        "token revoked",
    ]
    assert made["secret"] not in log
    assert PASSWORD not in log


def test_of_the_groups_that_a_provider_tells_only_those_that_there_are_count(store: AccessStore, users: Users) -> None:
    groups = Groups(store)
    groups.add("staff")
    groups.set_groups("ann", ["staff", "unknown", "of no database\0", "\ud800"])
    assert users.listed()[0].groups == ("staff",)
