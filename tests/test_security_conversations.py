"""Attacks on conversations that the server keeps: nobody but their user sees that they exist, or changes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from access_desk import PASSWORD, KnownDesk
from fakes import Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from test_qa_conversations import talk

from qa.serving.access.accounts.conversations import LARGEST
from qa.serving.access.rights import RIGHTS
from qa.serving.http.paths import CONVERSATIONS

USERS = ("ann", "bob")
IDS = [f"{number:032x}" for number in range(3)]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> KnownDesk:
    desk = Desk(tmp_path_factory.mktemp("known"))
    desk.store.create(desk.embedder.fingerprint)
    known = KnownDesk(desk)
    for name in USERS:
        known.users.add(name, PASSWORD)
    return known


@pytest.fixture(scope="module")
def clients(known: KnownDesk) -> dict[str, TestClient]:
    """Two users, a token that may do everything, and somebody who has not said who it is."""
    token = known.tokens.new("admin", RIGHTS, 1)
    others = {"admin": known.client(authorization=f"Bearer {token}"), "nobody": known.client()}
    return {**{name: known.logged_in(name) for name in USERS}, **others}


Deed = tuple[str, str, int, str]
DEEDS = st.tuples(
    st.sampled_from((*USERS, "admin", "nobody")),
    st.sampled_from(("keep", "remove", "read")),
    st.integers(0, len(IDS) - 1),
    st.text(max_size=5),
)


@settings(max_examples=6)
@given(deeds=st.lists(DEEDS, min_size=6, max_size=12))
def test_each_user_has_conversations_of_its_own_and_nobody_else_any(
    known: KnownDesk, clients: dict[str, TestClient], deeds: list[Deed]
) -> None:
    with known.store.writing() as db:
        db.execute("DELETE FROM conversations")
    expected: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in USERS}
    for who, deed, number, text in deeds:
        before = expected.get(who, {}).get(IDS[number])
        told = done(clients[who], deed, number, text, before)
        if who not in USERS:
            assert (told.status_code, set(told.json())) == (403 if who == "admin" else 401, {"reason"})
        elif deed == "keep":
            kept = json.loads(talk(number, text).content)
            expected[who][IDS[number]] = {**kept, "changed": told.json()["changed"]}
        elif deed == "remove":
            expected[who].pop(IDS[number], None)
        else:
            assert told.json() == before
    for who in USERS:
        assert {own["id"] for own in clients[who].get(CONVERSATIONS).json()} == set(expected[who])
        assert [known.conversations.read(who, own) for own in IDS] == [expected[who].get(own) for own in IDS]


def done(client: TestClient, deed: str, number: int, text: str, before: dict[str, Any] | None) -> Any:
    if deed == "keep":
        changed = before["changed"] if before else 0
        return client.post(CONVERSATIONS, content=talk(number, text, changed=changed).content)
    method = "DELETE" if deed == "remove" else "GET"
    return client.request(method, f"{CONVERSATIONS}/{IDS[number]}")


def test_what_is_sent_is_bounded_and_of_this_page(known: KnownDesk, clients: dict[str, TestClient]) -> None:
    ann = clients["ann"]
    for body, status in (
        (b"x" * (LARGEST + 1), 413),
        (b"x" * (2 * LARGEST + 1), 413),
        (b'{"id": "../../x"}', 400),
        (b"", 400),
    ):
        assert ann.post(CONVERSATIONS, content=body).status_code == status
    foreign = {"origin": "http://evil.example"}
    for method, path in (("POST", CONVERSATIONS), ("DELETE", f"{CONVERSATIONS}/{IDS[0]}")):
        assert ann.request(method, path, headers=foreign).status_code == 403
    for own in ("' OR 1=1 --", "%00", "..%2f..%2fx", "x" * 10_000):
        told = ann.get(f"{CONVERSATIONS}/{own}")
        assert (told.status_code, told.text) == (200, "null") or told.status_code == 404
    assert known.client().get(CONVERSATIONS, headers={"x-refdesk-conversation": IDS[0]}).status_code == 401
