"""Uploads without a browser: names, limits, the order of indexing, and the end of a conversation."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fakes import Desk, filled, small_splitter
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from documents import workers
from documents.prepare import Preparing
from documents.workers import Options, Outcome
from index.ingest import Ingest
from index.passage import Scope
from index.report import Report
from qa.serving.chat.page import upload_offer
from qa.serving.uploads.conversations import Conversation, Upload, UploadError, UploadLimits
from qa.serving.uploads.indexing import UNTOLD, IndexQueue
from qa.serving.uploads.receive import receive
from qa.serving.uploads.uploads import Uploads, forget_dead, owner_of, safe_name

ANN, BOB = (str(owner_of(digit * 32)) for digit in "ab")


class Gate:
    """Reads files only while it is open."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()

    def __call__(
        self, paths: Iterable[Path], *, tick: Callable[[], None], options: Options, preparing: Preparing
    ) -> Generator[tuple[Path, Outcome], None, None]:
        for path, outcome in workers.read(paths, tick=tick, options=options, preparing=preparing):
            while not self.open.wait(0.01):
                tick()
            yield path, outcome


class Clock:
    """Shows the seconds that it is set to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, gate: Gate) -> Desk:
    desk = filled(tmp_path)
    desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), gate)
    return desk


MakeUploads = Callable[..., Uploads]


@pytest.fixture
def make_uploads(desk: Desk, clock: Clock) -> Iterator[MakeUploads]:
    """Makes uploads with files of at most 1,000 bytes and other limits as given; closes them after the test."""
    made: list[Uploads] = []

    def make(**limits: Any) -> Uploads:
        made.append(Uploads(desk.store, desk.ingest, UploadLimits(**{"file_bytes": 1000, **limits}), clock))
        return made[-1]

    yield make
    for uploads in made:
        uploads.close()


@pytest.fixture
def uploads(make_uploads: MakeUploads) -> Uploads:
    return make_uploads()


def bring(uploads: Uploads, owner: str, name: str, text: str) -> Upload:
    path = uploads.begin(owner, name, len(text))
    path.write_text(text)
    return uploads.add(owner, path)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ready(upload: Upload) -> None:
    until(lambda: upload.state in ("ready", "failed"))


def uploaded(desk: Desk) -> list[str]:
    """The names of uploads in the index."""
    with desk.store.snapshot() as snapshot:
        return [source.name for source in snapshot.sources() if source.owner]


def left_over(desk: Desk) -> list[Path]:
    """The files of uploads that lie on the disk."""
    return [path for path in (desk.store.folder / ".uploads").rglob("*") if path.is_file() and path.name != "alive"]


def test_only_the_own_conversation_finds_a_file(uploads: Uploads, desk: Desk) -> None:
    upload = bring(uploads, ANN, "mine.txt", "Delta weaves wool.")
    ready(upload)
    told = {"number": upload.number, "name": "mine.txt", "state": "ready", "share": 1.0, "reason": ""}
    assert upload.to_dict() == told
    assert desk.search("wool", Scope(owner=ANN), limit=1) == ["Delta weaves wool."]
    for scope in (Scope(), Scope(owner=BOB), Scope(owner="")):
        assert "Delta weaves wool." not in desk.search("wool", scope)
    assert uploads.listed(BOB) == []
    uploads.remove(BOB, upload.number)
    assert uploaded(desk) == ["mine.txt"]
    uploads.end(ANN)
    assert uploaded(desk) == left_over(desk) == []
    assert desk.counts()["sources"] == 3


def test_content_that_two_brought_stays_when_one_ends(uploads: Uploads, desk: Desk) -> None:
    for owner in (ANN, BOB):
        ready(bring(uploads, owner, "same.txt", "Alpha pumps water."))
    uploads.end(ANN)
    assert desk.search("water", Scope(owner=BOB), limit=1) == ["Alpha pumps water."]
    uploads.end(BOB)
    assert desk.search("water", limit=1) == ["Alpha pumps water."]  # everyone's own copy stays


@pytest.mark.parametrize("when", ["waiting", "reading", "ready"])
def test_a_file_can_be_removed_at_any_moment(uploads: Uploads, desk: Desk, gate: Gate, when: str) -> None:
    gate.open.clear()
    first = bring(uploads, ANN, "first.txt", "Delta weaves wool.")
    until(lambda: first.state == "reading")
    second = bring(uploads, ANN, "second.txt", "Epsilon carves wood.")
    if when == "ready":
        gate.open.set()
        ready(second)
    doomed, kept = (second, first) if when == "waiting" else (first, second)
    uploads.remove(ANN, doomed.number)
    gate.open.set()
    ready(kept)
    third = bring(uploads, ANN, "third.txt", "Zeta brews beer.")
    ready(third)
    assert uploaded(desk) == [kept.name, "third.txt"]
    assert [upload.name for upload in uploads.listed(ANN)] == [kept.name, "third.txt"]


def test_a_file_that_cannot_be_read_says_why_without_its_path(uploads: Uploads, desk: Desk) -> None:
    upload = bring(uploads, ANN, "binary.txt", "\x00\x01\x02" * 50)
    ready(upload)
    assert upload.state == "failed"
    assert upload.reason.startswith("not a text file")
    assert uploaded(desk) == []


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("a.txt", 1001, 413), ("a.exe", 1, 415), ("txt", 1, 415), ("", 1, 415), ("a.txt/", 1, 415), ("a.png", 1, 415)],
)
def test_large_files_and_unknown_formats_are_refused(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch, name: str, size: int, status: int
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # which images need, as if it were not installed
    assert ".png" not in upload_offer(uploads)["formats"]
    assert ".txt" in upload_offer(uploads)["formats"]
    with pytest.raises(UploadError) as caught:
        uploads.begin(ANN, name, size)
    assert caught.value.status == status


def test_the_files_of_a_conversation_and_the_bytes_of_all_are_limited(make_uploads: MakeUploads, gate: Gate) -> None:
    uploads = make_uploads(files_of_conversation=2, kept=1000)
    gate.open.clear()
    for number in range(2):
        bring(uploads, ANN, f"{number}.txt", "x" * 400)
    with pytest.raises(UploadError, match="at most 2 files"):
        uploads.begin(ANN, "more.txt", 1)
    with pytest.raises(UploadError, match="as many files as it can"):
        uploads.begin(BOB, "more.txt", 400)
    gate.open.set()


def test_a_file_that_is_being_received_takes_its_place_until_it_is_released(
    make_uploads: MakeUploads, desk: Desk
) -> None:
    uploads = make_uploads(files_of_conversation=2, kept=1000)
    first, second = (uploads.begin(ANN, f"{number}.txt", 450) for number in range(2))
    with pytest.raises(UploadError, match="at most 2 files"):
        uploads.begin(ANN, "more.txt", 1)
    uploads.arrived(first, 450)
    uploads.arrived(second, 450)
    with pytest.raises(UploadError, match="as many files as it can"):
        uploads.begin(BOB, "more.txt", 450)
    first.write_text("half of")
    uploads.release(first)
    assert not first.parent.exists()
    second.write_text("Delta weaves wool.")
    ready(uploads.add(ANN, second))
    uploads.release(second)  # it was added: nothing is deleted
    assert uploaded(desk) == ["1.txt"]
    uploads.begin(BOB, "more.txt", 1000)  # the text file was deleted once it was indexed


def test_a_file_that_arrives_after_the_end_of_its_conversation_is_not_kept(uploads: Uploads) -> None:
    late = uploads.begin(ANN, "late.txt", 5)
    uploads.end(ANN)
    again = uploads.begin(ANN, "late.txt", 5)
    assert again != late
    with pytest.raises(UploadError, match="the conversation is over"):
        uploads.add(ANN, late)
    uploads.release(late)
    assert again.parent.exists()
    assert uploads.listed(ANN) == []


def test_a_conversation_without_files_is_forgotten_while_others_are_read(
    make_uploads: MakeUploads, gate: Gate, clock: Clock
) -> None:
    uploads = make_uploads(sweep=0.01)
    gate.open.clear()
    uploads.release(uploads.begin(ANN, "aborted.txt", 5))
    reading = bring(uploads, BOB, "long.txt", "Delta weaves wool.")
    until(lambda: reading.state == "reading")
    uploads.leave(ANN)
    clock.now += uploads.limits.grace + 1
    until(lambda: uploads.owners == [BOB])
    gate.open.set()
    ready(reading)


def test_a_small_file_does_not_wait_for_a_large_one_of_another_conversation(
    make_uploads: MakeUploads, gate: Gate
) -> None:
    uploads = make_uploads(small_bytes=100)
    gate.open.clear()
    large = bring(uploads, ANN, "large.txt", "Delta weaves wool. " * 20)
    until(lambda: large.state == "reading")
    own, other = bring(uploads, ANN, "own.txt", "Zeta brews."), bring(uploads, BOB, "other.txt", "Eta mends nets.")
    until(lambda: other.state == "reading")
    assert (large.state, own.state) == ("reading", "waiting")
    gate.open.set()
    for upload in (large, own, other):
        ready(upload)


def test_conversations_take_turns_and_begin_with_their_smallest_file(tmp_path: Path) -> None:
    ann, bob = (Conversation(owner, "", tmp_path, heard=0.0) for owner in (ANN, BOB))
    queue = IndexQueue()

    def put(conversation: Conversation, name: str, size: int) -> None:
        queue.put((conversation, Upload(1, name, tmp_path / name, size)))

    put(ann, "first", 70)
    assert queue.take(1000)
    for conversation, name, size in [
        (ann, "a-large", 90), (ann, "a-small", 50), (bob, "b-large", 80), (bob, "b-small", 60)
    ]:  # fmt: skip
        put(conversation, name, size)
    assert queue.take(55) is None  # the conversation of the only small file is busy
    queue.done(ann)
    order = []
    while job := queue.take(1000):
        order.append(job[1].name)
        queue.done(job[0])
    assert order == ["b-small", "a-small", "b-large", "a-large"]


def test_a_cancelled_file_is_not_indexed(tmp_path: Path) -> None:
    queue = IndexQueue()
    upload = Upload(1, "a.txt", tmp_path / "a.txt", 5)
    queue.put((Conversation(ANN, "", tmp_path, heard=0.0), upload))
    upload.cancelled = True
    assert queue.take(1000) is None


def test_a_file_of_too_many_passages_is_refused_in_one_line(make_uploads: MakeUploads, desk: Desk) -> None:
    uploads = make_uploads(passages=3)
    short = bring(uploads, ANN, "short.txt", "Delta weaves wool.")
    upload = bring(uploads, ANN, "long.txt", "\n\n".join(f"Number {number} weaves wool." for number in range(30)))
    for one in (short, upload):
        ready(one)
    assert (short.state, upload.state) == ("ready", "failed")
    assert upload.reason == "more than 3 passages come out of it, the limit; split it into parts"
    assert uploaded(desk) == ["short.txt"]
    assert left_over(desk) == []


class IndexesNothing:
    """Reports neither a file nor a failure."""

    def update(self, paths: Sequence[Path], **_: object) -> Report:  # noqa: ARG002
        return Report()


def test_a_file_that_fails_without_a_reason_says_so(desk: Desk) -> None:
    uploads = Uploads(desk.store, IndexesNothing())
    upload = bring(uploads, ANN, "odd.txt", "Delta weaves wool.")
    ready(upload)
    uploads.close()
    assert (upload.state, upload.reason) == ("failed", UNTOLD)


def test_an_upload_that_comes_too_slowly_is_refused(tmp_path: Path) -> None:
    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    def receiving() -> None:
        request = Request({"type": "http", "headers": []}, never)
        asyncio.run(receive(request, tmp_path / "a.txt", 5, lambda _: None, patience=0.01))

    # In a thread of its own: the browser tests leave a running loop in this one.
    with ThreadPoolExecutor(1) as pool, pytest.raises(UploadError, match="too slowly") as caught:
        pool.submit(receiving).result()
    assert caught.value.status == 408


def test_a_conversation_ends_when_it_was_left_or_silent_for_long(uploads: Uploads, desk: Desk, clock: Clock) -> None:
    for owner in (ANN, BOB):
        ready(bring(uploads, owner, "a.txt", f"Delta weaves wool for {owner}."))
    uploads.leave(ANN)
    uploads.leave(BOB)
    clock.now += uploads.limits.grace / 2
    assert len(uploads.listed(BOB)) == 1  # a reload: it is back
    clock.now += uploads.limits.grace
    uploads.sweep()
    assert (len(uploads.listed(ANN)), len(uploads.listed(BOB))) == (0, 1)
    clock.now += uploads.limits.silence + 1
    uploads.sweep()
    assert uploaded(desk) == left_over(desk) == []


def test_a_server_deletes_the_uploads_of_dead_servers_and_not_of_running_ones(uploads: Uploads, desk: Desk) -> None:
    ready(bring(uploads, ANN, "mine.txt", "Delta weaves wool."))
    forget_dead(desk.store)
    assert uploaded(desk) == ["mine.txt"]
    other = Uploads(desk.store, desk.ingest)
    assert uploaded(desk) == ["mine.txt"]
    uploads._alive.release()  # as when its process died
    other.close()
    forget_dead(desk.store)
    assert uploaded(desk) == []
    assert not list((desk.store.folder / ".uploads").iterdir())


def test_uploads_are_not_indexed_with_a_folder_that_holds_the_index(uploads: Uploads, desk: Desk, gate: Gate) -> None:
    gate.open.clear()
    bring(uploads, ANN, "mine.txt", "Delta weaves wool.")
    Ingest(desk.store, desk.embedder, small_splitter()).update([desk.store.folder.parent])
    assert desk.search("wool", limit=1) != ["Delta weaves wool."]
    gate.open.set()


def test_an_upload_does_not_change_how_others_see_the_same_text(uploads: Uploads, desk: Desk) -> None:
    text = "Title of mine\n===\n\nAlpha pumps water for those who live in the old town."
    desk.write(plain=text)
    desk.ingest.update([desk.files])
    ready(bring(uploads, ANN, "same.md", text))
    with desk.store.snapshot() as snapshot:
        read = {source.name: snapshot.document(source.document_id) for source in snapshot.sources()}
    plain, own = read["plain.txt"], read["same.md"]
    assert plain is not None
    assert own is not None
    assert (plain.parser, plain.sections, own.parser, own.title) == ("text/3", (), "markdown/4", "Title of mine")


@pytest.mark.parametrize("secret", [None, "", "a" * 31, "A" * 32, "g" * 32, "a" * 33, 5, ["a" * 32], "a" * 32 + "\n"])
def test_a_malformed_secret_has_no_owner(secret: object) -> None:
    assert owner_of(secret) is None


def test_an_owner_does_not_reveal_the_secret() -> None:
    assert ANN != BOB
    assert "a" * 32 not in ANN


@given(st.text(max_size=300), st.sampled_from([".txt", ".md", ".MD"]))
def test_a_safe_name_is_one_harmless_file_name(stem: str, suffix: str) -> None:
    name = safe_name(stem + suffix)
    assert name.endswith(suffix)
    assert not set(name) & set('/\\<>:"|?*\0\n')
    assert not name.startswith(".")
    assert len(name.encode()) <= 160
    assert Path("folder", name).parent == Path("folder")


def test_files_follow_their_visitor_to_another_server(make_uploads: MakeUploads, desk: Desk, clock: Clock) -> None:
    one, other = make_uploads(), make_uploads()
    mail = "From: a@b.example\nSubject: Plans\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nEta mends nets.\n"
    mail += "--x\nContent-Disposition: attachment; filename=in.txt\n\nTheta paints ships.\n--x--\n"
    brought = [bring(one, ANN, "mine.txt", "Delta weaves wool."), bring(one, ANN, "plans.eml", mail)]
    for upload in (*brought, bring(one, BOB, "his.txt", "Zeta brews beer."), bring(one, BOB, "no.txt", "\0" * 50)):
        ready(upload)
    told = [upload.to_dict() for upload in one.listed(ANN)]
    assert [upload.to_dict() for upload in other.listed(ANN)] == told
    assert [upload.name for upload in one.listed(BOB)] == ["his.txt", "no.txt"]
    for question in ("Who weaves wool?", "Who mends nets?", "Who paints ships?"):
        assert desk.search(question, Scope(owner=ANN), limit=1) != desk.search(question, limit=1)

    one.leave(ANN)  # and the next request of the page comes to the other one
    clock.now = 121
    one.sweep()
    assert desk.search("wool", Scope(owner=ANN), limit=1) == ["Delta weaves wool."]
    other.remove(ANN, brought[0].number)
    assert sorted(uploaded(desk)) == ["his.txt", "in.txt", "plans.eml"]
    one.close()
    assert sorted(uploaded(desk)) == ["in.txt", "plans.eml"]


def test_a_file_is_where_its_visitor_was_last_and_ends_with_the_conversation_there(
    make_uploads: MakeUploads, desk: Desk, gate: Gate
) -> None:
    one, other = make_uploads(), make_uploads()
    ready(bring(one, ANN, "first.txt", "Delta weaves wool."))
    gate.open.clear()
    second = bring(one, ANN, "second.txt", "Epsilon carves wood.")
    assert [upload.name for upload in other.listed(ANN)] == ["first.txt"]  # the second follows when it is read
    assert [upload.name for upload in one.listed(ANN)] == ["second.txt", "first.txt"]
    gate.open.set()
    ready(second)
    assert other.listed(BOB) == []
    assert [upload.name for upload in other.listed(ANN)] == ["first.txt", "second.txt"]
    one.end(ANN)
    assert uploaded(desk) == left_over(desk) == other.listed(ANN) == []
