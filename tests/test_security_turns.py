"""One visitor cannot take the answers or the room that others need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fakes import Desk, filled
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index.passage import Scope
from qa.serving import routes
from qa.serving import turns as module
from qa.serving import uploads as rooms
from qa.serving.turns import Busy, Turn, Turns, Visitor
from qa.serving.uploads import MEGABYTE, UploadError, Uploads, owner_of
from qa.understand.rewriter import Turn as Asked

ANN, BOB = Visitor("192.0.2.1", "ann"), Visitor("192.0.2.2", "bob")


class Silent:
    """Never says anything."""

    def answering(self, question: str, scope: Scope = Scope(), history: Sequence[Asked] = ()) -> Iterator[str]:  # noqa: ARG002, B008
        return iter(())


def flood(turns: Turns, visitors: list[Visitor]) -> list[Turn]:
    """Asks for each of ``visitors`` as many questions as are taken."""
    taken = []
    for visitor in visitors:
        try:
            while True:
                taken.append(turns.join(visitor))
        except Busy:
            pass
    return taken


def test_of_ninety_questions_of_one_conversation_one_is_answered_and_a_few_wait() -> None:
    turns = Turns(at_once=4)
    assert len(flood(turns, [ANN] * 90)) == 1 + module.WAITING_OF_CONVERSATION
    with pytest.raises(Busy, match="still waiting"):
        turns.join(ANN)
    assert (turns.running, turns.waiting) == (1, module.WAITING_OF_CONVERSATION)
    assert turns.join(BOB).begun.is_set()


def test_many_conversations_of_one_address_leave_a_place_for_others() -> None:
    turns = Turns(at_once=4)
    taken = flood(turns, [Visitor("192.0.2.1", str(number)) for number in range(90)])
    assert sum(turn.begun.is_set() for turn in taken) == 3
    assert turns.waiting == module.WAITING_OF_ADDRESS
    assert turns.join(BOB).begun.is_set()


def test_with_one_place_the_next_question_is_that_of_who_was_served_longest_ago() -> None:
    turns = Turns(at_once=1)
    running, *others = flood(turns, [Visitor("192.0.2.1", str(number)) for number in range(3)])
    bob = turns.join(BOB)
    assert not bob.begun.is_set()
    turns.leave(running)
    assert bob.begun.is_set()
    turns.leave(bob)
    assert [turn.begun.is_set() for turn in others].count(True) == 1


def test_all_visitors_together_have_a_bounded_waiting_room() -> None:
    turns = Turns(at_once=1)
    flood(turns, [Visitor(f"192.0.2.{number}", "") for number in range(200)])
    assert turns.waiting == module.WAITING
    with pytest.raises(Busy, match="Many visitors"):
        turns.join(Visitor("198.51.100.1", "late"))


def test_a_question_that_waits_for_ever_makes_the_health_check_fail() -> None:
    now = [0.0]
    turns = Turns(at_once=1, clock=lambda: now[0])
    app = Starlette(routes=routes.routes("", Silent(), turns, None, None))
    with TestClient(app) as client:
        running, _ = turns.join(ANN), turns.join(BOB)
        now[0] = routes.STUCK + 1
        response = client.get("/health")
        assert (response.status_code, response.json()["status"]) == (503, "stuck")
        turns.leave(running)
        assert client.get("/health").status_code == 200


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.integers(0, 50)), max_size=80),
)
def test_whatever_comes_and_goes_the_bounds_hold_and_no_place_stays_empty(
    at_once: int, steps: list[tuple[int, int, bool, int]]
) -> None:
    turns = Turns(at_once)
    present: list[Turn] = []
    for address, conversation, leaves, which in steps:
        if leaves and present:
            gone = present.pop(which % len(present))
            turns.leave(gone)
            turns.leave(gone)
        else:
            present += [turns.join(Visitor(str(address), str(conversation)))] if turns.waiting < 3 else []
        running = [turn for turn in present if turn.begun.is_set()]
        waiting = [turn for turn in present if not turn.begun.is_set()]
        assert (turns.running, turns.waiting) == (len(running), len(waiting))
        assert len(running) <= at_once
        assert max(Counter(turn.visitor for turn in running).values(), default=0) <= 1
        addresses = Counter(turn.visitor.address for turn in running)
        assert max(addresses.values(), default=0) <= max(1, at_once - 1)
        answered = {turn.visitor for turn in running}
        could = [t for t in waiting if t.visitor not in answered and addresses[t.visitor.address] < max(1, at_once - 1)]
        assert len(running) == at_once or not could


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[Uploads]:
    desk: Desk = filled(tmp_path)
    made = Uploads(desk.store, desk.ingest)
    yield made
    made.close()


def conversation(number: int) -> str:
    return str(owner_of(f"{number:032x}"))


def test_files_that_are_only_announced_take_no_room(uploads: Uploads) -> None:
    for number in range(rooms.COMING_OF_ADDRESS):
        uploads.begin(conversation(number), "large.txt", 64 * MEGABYTE, "192.0.2.1")
    with pytest.raises(UploadError, match="too many files are being sent"):
        uploads.begin(conversation(64), "large.txt", 64 * MEGABYTE, "192.0.2.1")
    for number in range(100, 164):  # 4 GB more, of others
        path = uploads.begin(conversation(number), "large.txt", 64 * MEGABYTE, f"198.51.100.{number}")
        uploads.release(path)


def test_what_has_arrived_takes_room_of_its_conversation_and_of_its_address(uploads: Uploads) -> None:
    first = uploads.begin(conversation(1), "a.txt", MEGABYTE, "192.0.2.1")
    with pytest.raises(UploadError, match="remove some files"):
        uploads.arrived(first, rooms.MAX_KEPT_OF_CONVERSATION + 1)
    uploads.arrived(first, rooms.MAX_KEPT_OF_CONVERSATION)
    second, third = (uploads.begin(conversation(number), "a.txt", MEGABYTE, "192.0.2.1") for number in (2, 3))
    uploads.arrived(second, rooms.MAX_KEPT_OF_ADDRESS - rooms.MAX_KEPT_OF_CONVERSATION - MEGABYTE)
    uploads.arrived(third, MEGABYTE)
    with pytest.raises(UploadError, match="try again later"):
        uploads.arrived(third, 1)
    uploads.arrived(uploads.begin(conversation(4), "a.txt", MEGABYTE, "192.0.2.2"), MEGABYTE)
    uploads.release(first)
    uploads.arrived(third, MEGABYTE)


def test_one_address_cannot_open_all_conversations_and_none_that_only_announces_counts(uploads: Uploads) -> None:
    for number in range(2 * rooms.MAX_CONVERSATIONS_OF_ADDRESS):
        uploads.release(uploads.begin(conversation(number), "a.txt", 1, "192.0.2.1"))
    for number in range(rooms.MAX_CONVERSATIONS_OF_ADDRESS):
        path = uploads.begin(conversation(number), "a.txt", 5, "192.0.2.1")
        path.write_text("Wool.")
        uploads.add(conversation(number), path)
    with pytest.raises(UploadError, match="too many conversations"):
        uploads.begin(conversation(1000), "a.txt", 1, "192.0.2.1")
    uploads.release(uploads.begin(conversation(1000), "a.txt", 1, "192.0.2.2"))
