"""Conversations that the server keeps for users: found, bounded, never overwritten unseen, gone with their user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from access_desk import FAST, PASSWORD

from qa.serving.access.accounts.conversations import Conversation, Conversations, Room
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users


def talk(number: int, *said: str, changed: int = 0, title: str = "", **more: Any) -> Conversation:
    """A conversation as a page sends it, with a question and an answer for each text."""
    turns = [{"question": f"What of {text}?", "html": "", "answer": {"text": text}, "sources": []} for text in said]
    sent = {"id": f"{number:032x}", "title": title, "changed": changed, "turns": turns, "sources": [], **more}
    return Conversation.from_json(json.dumps(sent))


@pytest.fixture
def store(access_store: AccessStore) -> AccessStore:
    for name in ("ann", "bob"):
        Users(access_store, FAST).add(name, PASSWORD)
    return access_store


@pytest.fixture
def kept(store: AccessStore) -> Conversations:
    return Conversations(store, Room(3, 10_000), clock=count(1000).__next__)


def titles(kept: Conversations, user: str = "ann", words: str = "") -> list[str]:
    return [own.title for own in kept.listed(user, words)]


def test_they_are_named_listed_and_found_by_all_words(kept: Conversations) -> None:
    kept.write("ann", talk(1, "Iron", "Straße \ud800\0"))
    kept.write("ann", talk(2, "Salt", title="Iron and SALT"))
    kept.write("bob", talk(3, "Tin"))
    assert titles(kept) == ["Iron and SALT", "What of Iron?"]
    assert titles(kept, words=" salt  IRON") == ["Iron and SALT"]
    assert titles(kept, words="STRASSE what") == ["What of Iron?"]
    assert titles(kept, words="tin") == []
    (listed,) = kept.listed("ann", "strasse")
    assert (listed.id, listed.changed, listed.turns) == (f"{1:032x}", 1_000_000, 2)
    read = kept.read("ann", listed.id)
    assert read
    assert (read["changed"], read["turns"][1]["answer"]) == (1_000_000, {"text": "Straße \ud800\0"})
    kept.remove("ann", listed.id)
    assert (kept.read("ann", listed.id), titles(kept)) == (None, ["Iron and SALT"])


def test_what_was_changed_elsewhere_meanwhile_is_not_overwritten(kept: Conversations) -> None:
    first = kept.write("ann", talk(1, "a"))
    assert first
    second = kept.write("ann", talk(1, "a", "b", changed=first.changed))
    assert second
    assert second.changed > first.changed
    for changed in (0, first.changed, second.changed + 1):
        assert kept.write("ann", talk(1, "a", "c", changed=changed)) is None
    read = kept.read("ann", f"{1:032x}")
    assert read
    assert len(read["turns"]) == 2
    assert kept.write("ann", talk(1, "a", "b", "c", changed=second.changed))


def test_those_left_longest_ago_make_room_for_the_latest(kept: Conversations) -> None:
    written = [kept.write("ann", talk(number, str(number))) for number in range(4)]
    assert [own and own.dropped for own in written] == [0, 0, 0, 1]
    assert titles(kept) == ["What of 3?", "What of 2?", "What of 1?"]
    large = [kept.write("ann", talk(number, "x" * 1500)) for number in (8, 9)]
    assert [own and own.dropped for own in large] == [1, 3]  # two of that size are too many bytes
    assert [own.id for own in kept.listed("ann")] == [f"{9:032x}"]


def wrong() -> Iterator[Any]:
    good = json.loads(talk(1, "a").content)
    yield from (None, [], "text", {}, {**good, "turns": []}, {**good, "changed": -1}, {**good, "changed": 2**60})
    yield from ({**good, "changed": "1"}, {**good, "id": "../1"}, {**good, "id": 1}, {**good, "title": 1})
    yield from (
        {**good, "turns": [1]},
        {**good, "turns": [{"question": 1, "answer": None}]},
        {**good, "x": float("nan")},
    )


@pytest.mark.parametrize("sent", [*map(json.dumps, wrong()), "[" * 100_000, "", b"\xff"])
def test_what_is_no_conversation_is_refused(sent: str | bytes) -> None:
    with pytest.raises(ValueError, match="no conversation"):
        Conversation.from_json(sent)


def test_they_go_with_their_user_and_leave_nothing_in_the_file(store: AccessStore, kept: Conversations) -> None:
    kept.write("ann", talk(1, "treasure"))
    kept.write("bob", talk(1, "harvest"))
    assert Users(store).remove("ann") == 1
    Users(store, FAST).add("ann", PASSWORD)
    assert (titles(kept), titles(kept, "bob")) == ([], ["What of harvest?"])
    if store.path.exists():
        assert (b"treasure" in store.path.read_bytes(), b"harvest" in store.path.read_bytes()) == (False, True)
