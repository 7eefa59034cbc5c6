"""One visitor cannot take the answers or the room that others need."""

from __future__ import annotations

import itertools
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
from qa.serving.access.admission import Anyone
from qa.serving.access.gate import Gate
from qa.serving.answering import queue as module
from qa.serving.answering.queue import FairQueue, QueueFullError, Ticket, Visitor
from qa.serving.chat import routes
from qa.serving.uploads.conversations import MEGABYTE, UploadError, UploadLimits
from qa.serving.uploads.uploads import Uploads, owner_of
from qa.understand.conversation import Turn

LIMITS = UploadLimits()
ANN, BOB = Visitor("192.0.2.1", "ann"), Visitor("192.0.2.2", "bob")


class Silent:
    """Answers nothing."""

    def answering(
        self,
        question: str,  # noqa: ARG002
        scope: Scope = Scope(),  # noqa: ARG002, B008
        history: Sequence[Turn] = (),  # noqa: ARG002
        as_typed: bool = False,  # noqa: ARG002
    ) -> Iterator[str]:
        return iter(())


def flood(queue: FairQueue, visitors: list[Visitor]) -> list[Ticket]:
    """Asks questions of each visitor until one is refused."""
    taken = []
    for visitor in visitors:
        try:
            while True:
                taken.append(queue.join(visitor))
        except QueueFullError:
            pass
    return taken


def test_of_ninety_questions_of_one_conversation_one_is_answered_and_three_wait() -> None:
    queue = FairQueue(at_once=4)
    assert len(flood(queue, [ANN] * 90)) == 1 + module.WAITING_OF_CONVERSATION
    with pytest.raises(QueueFullError, match="still waiting"):
        queue.join(ANN)
    assert (queue.running, queue.waiting) == (1, module.WAITING_OF_CONVERSATION)
    assert queue.join(BOB).started.is_set()


def test_many_conversations_of_one_address_leave_a_place_for_another_address() -> None:
    queue = FairQueue(at_once=4)
    taken = flood(queue, [Visitor("192.0.2.1", str(number)) for number in range(90)])
    assert sum(ticket.started.is_set() for ticket in taken) == 3
    assert queue.waiting == module.WAITING_OF_ADDRESS
    assert queue.join(BOB).started.is_set()


def test_with_one_place_the_visitor_served_longest_ago_is_next() -> None:
    queue = FairQueue(at_once=1)
    running, *others = flood(queue, [Visitor("192.0.2.1", str(number)) for number in range(3)])
    bob = queue.join(BOB)
    assert not bob.started.is_set()
    queue.leave(running)
    assert bob.started.is_set()
    queue.leave(bob)
    assert [ticket.started.is_set() for ticket in others].count(True) == 1


@given(st.integers(1, 4), st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_nobody_waits_for_ever_however_many_come_anew(at_once: int, newcomers: list[int]) -> None:
    """A program asks again as soon as it is answered, beside conversations that each ask once."""
    queue = FairQueue(at_once)
    program, numbers = Visitor("192.0.2.1", is_program=True), itertools.count()
    present = [queue.join(program) for _ in range(2)]
    passed = 0
    for coming in newcomers:
        present += [queue.join(Visitor("192.0.2.1", str(next(numbers)))) for _ in range(coming) if queue.waiting < 9]
        done = next(ticket for ticket in present if ticket.started.is_set())
        present.remove(done)
        queue.leave(done)
        if done.visitor == program:
            present.append(queue.join(program))
        is_answered = any(ticket.visitor == program and ticket.started.is_set() for ticket in present)
        passed = 0 if is_answered else passed + 1
        assert passed <= 9 + at_once  # those that waited or were being answered when it asked


def test_the_questions_of_all_visitors_that_wait_are_limited() -> None:
    queue = FairQueue(at_once=1)
    flood(queue, [Visitor(f"192.0.2.{number}", "") for number in range(200)])
    assert queue.waiting == module.WAITING
    with pytest.raises(QueueFullError, match="Many visitors"):
        queue.join(Visitor("198.51.100.1", "late"))


def test_the_health_check_fails_when_a_question_waits_too_long() -> None:
    now = [0.0]
    queue = FairQueue(at_once=1, clock=lambda: now[0])
    app = Starlette(routes=routes.routes(Silent(), queue))
    app.add_middleware(Gate, access=Anyone())
    with TestClient(app) as client:
        running, _ = queue.join(ANN), queue.join(BOB)
        now[0] = module.STUCK + 1
        response = client.get("/health")
        assert (response.status_code, response.json()["status"]) == (503, "stuck")
        queue.leave(running)
        assert client.get("/health").status_code == 200


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.integers(0, 50)), max_size=80),
)
def test_however_visitors_come_and_go_limits_hold_and_no_place_stays_empty(
    at_once: int, steps: list[tuple[int, int, bool, int]]
) -> None:
    queue = FairQueue(at_once)
    present: list[Ticket] = []
    for address, conversation, leaves, which in steps:
        if leaves and present:
            gone = present.pop(which % len(present))
            queue.leave(gone)
            queue.leave(gone)
        else:
            present += [queue.join(Visitor(str(address), str(conversation)))] if queue.waiting < 3 else []
        running = [ticket for ticket in present if ticket.started.is_set()]
        waiting = [ticket for ticket in present if not ticket.started.is_set()]
        assert (queue.running, queue.waiting) == (len(running), len(waiting))
        assert len(running) <= at_once
        assert max(Counter(ticket.visitor for ticket in running).values(), default=0) <= 1
        addresses = Counter(ticket.visitor.address for ticket in running)
        assert max(addresses.values(), default=0) <= max(1, at_once - 1)
        answered = {ticket.visitor for ticket in running}
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


def test_announced_files_take_no_room(uploads: Uploads) -> None:
    for number in range(LIMITS.receiving_of_address):
        uploads.begin(conversation(number), "large.txt", 64 * MEGABYTE, "192.0.2.1")
    with pytest.raises(UploadError, match="too many files are being sent"):
        uploads.begin(conversation(64), "large.txt", 64 * MEGABYTE, "192.0.2.1")
    for number in range(100, 164):  # 4 GB more, of others
        path = uploads.begin(conversation(number), "large.txt", 64 * MEGABYTE, f"198.51.100.{number}")
        uploads.release(path)


def test_received_bytes_count_for_their_conversation_and_their_address(uploads: Uploads) -> None:
    first = uploads.begin(conversation(1), "a.txt", MEGABYTE, "192.0.2.1")
    with pytest.raises(UploadError, match="remove some files"):
        uploads.arrived(first, LIMITS.kept_of_conversation + 1)
    uploads.arrived(first, LIMITS.kept_of_conversation)
    second, third = (uploads.begin(conversation(number), "a.txt", MEGABYTE, "192.0.2.1") for number in (2, 3))
    uploads.arrived(second, LIMITS.kept_of_address - LIMITS.kept_of_conversation - MEGABYTE)
    uploads.arrived(third, MEGABYTE)
    with pytest.raises(UploadError, match="try again later"):
        uploads.arrived(third, 1)
    uploads.arrived(uploads.begin(conversation(4), "a.txt", MEGABYTE, "192.0.2.2"), MEGABYTE)
    uploads.release(first)
    uploads.arrived(third, MEGABYTE)


def test_one_address_can_open_some_conversations_and_those_without_files_do_not_count(uploads: Uploads) -> None:
    for number in range(2 * LIMITS.conversations_of_address):
        uploads.release(uploads.begin(conversation(number), "a.txt", 1, "192.0.2.1"))
    for number in range(LIMITS.conversations_of_address):
        path = uploads.begin(conversation(number), "a.txt", 5, "192.0.2.1")
        path.write_text("Wool.")
        uploads.add(conversation(number), path)
    with pytest.raises(UploadError, match="too many conversations"):
        uploads.begin(conversation(1000), "a.txt", 1, "192.0.2.1")
    uploads.release(uploads.begin(conversation(1000), "a.txt", 1, "192.0.2.2"))
