"""Files that visitors bring along, without a browser: names, limits, and when a conversation is over."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes import Desk, filled, small_splitter
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from documents import workers
from documents.load import FORMATS, Format
from documents.prepare import Preparing
from documents.workers import Options, Outcome
from index.ingest import Ingest
from index.passage import Scope
from index.report import Report
from qa.serving import chat, routes
from qa.serving import uploads as module
from qa.serving.uploads import Upload, UploadError, Uploads, forget_dead, owner_of, safe_name

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


@pytest.fixture
def uploads(desk: Desk, clock: Clock) -> Iterator[Uploads]:
    made = Uploads(desk.store, desk.ingest, max_bytes=1000, clock=clock)
    yield made
    made.close()


def bring(uploads: Uploads, owner: str, name: str, text: str) -> Upload:
    path = uploads.begin(owner, name, len(text))
    path.write_text(text)
    return uploads.add(owner, path)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ready(upload: Upload) -> None:
    until(lambda: upload.state in ("ready", "failed"))


def brought(desk: Desk) -> list[str]:
    with desk.store.snapshot() as snapshot:
        return [source.name for source in snapshot.sources() if source.owner]


def left_over(desk: Desk) -> list[Path]:
    return [path for path in (desk.store.folder / ".uploads").rglob("*") if path.is_file() and path.name != "alive"]


def test_only_the_conversation_finds_its_file(uploads: Uploads, desk: Desk) -> None:
    upload = bring(uploads, ANN, "mine.txt", "Delta weaves wool.")
    ready(upload)
    assert upload.to_dict() == {"number": 1, "name": "mine.txt", "state": "ready", "share": 1.0, "reason": ""}
    assert desk.search("wool", Scope(owner=ANN), limit=1) == ["Delta weaves wool."]
    for scope in (Scope(), Scope(owner=BOB), Scope(owner="")):
        assert "Delta weaves wool." not in desk.search("wool", scope)
    assert uploads.listed(BOB) == []
    uploads.take_back(BOB, upload.number)
    assert brought(desk) == ["mine.txt"]
    uploads.end(ANN)
    assert brought(desk) == left_over(desk) == []
    assert desk.counts()["sources"] == 3


def test_the_same_content_brought_by_two_stays_with_the_other(uploads: Uploads, desk: Desk) -> None:
    for owner in (ANN, BOB):
        ready(bring(uploads, owner, "same.txt", "Alpha pumps water."))
    uploads.end(ANN)
    assert desk.search("water", Scope(owner=BOB), limit=1) == ["Alpha pumps water."]
    uploads.end(BOB)
    assert desk.search("water", limit=1) == ["Alpha pumps water."]  # it was everyone's before


@pytest.mark.parametrize("when", ["waiting", "reading", "ready"])
def test_a_file_can_be_taken_back_at_any_moment(uploads: Uploads, desk: Desk, gate: Gate, when: str) -> None:
    gate.open.clear()
    first = bring(uploads, ANN, "first.txt", "Delta weaves wool.")
    until(lambda: first.state == "reading")
    second = bring(uploads, ANN, "second.txt", "Epsilon carves wood.")
    if when == "ready":
        gate.open.set()
        ready(second)
    doomed, kept = (second, first) if when == "waiting" else (first, second)
    uploads.take_back(ANN, doomed.number)
    gate.open.set()
    ready(kept)
    third = bring(uploads, ANN, "third.txt", "Zeta brews beer.")
    ready(third)
    assert brought(desk) == [kept.name, "third.txt"]
    assert [upload.name for upload in uploads.listed(ANN)] == [kept.name, "third.txt"]


def test_what_cannot_be_read_says_why_without_where_it_lies(uploads: Uploads, desk: Desk) -> None:
    upload = bring(uploads, ANN, "binary.txt", "\x00\x01\x02" * 50)
    ready(upload)
    assert upload.state == "failed"
    assert upload.reason.startswith("not a text file")
    assert brought(desk) == []


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("a.txt", 1001, 413), ("a.exe", 1, 415), ("txt", 1, 415), ("", 1, 415), ("a.txt/", 1, 415), ("a.unready", 1, 415)],
)
def test_what_is_not_taken(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch, name: str, size: int, status: int
) -> None:
    unready = Format("unready", FORMATS[".txt"].parse, is_ready=lambda: False)
    monkeypatch.setitem(FORMATS, ".unready", unready)
    assert ".unready" not in chat._offered(uploads)["formats"]  # type: ignore[index]
    assert ".txt" in chat._offered(uploads)["formats"]  # type: ignore[index]
    with pytest.raises(UploadError) as caught:
        uploads.begin(ANN, name, size)
    assert caught.value.status == status


def test_a_conversation_and_the_server_hold_so_much(
    uploads: Uploads, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    gate.open.clear()
    for number in range(2):
        bring(uploads, ANN, f"{number}.txt", "x" * 400)
    with pytest.raises(UploadError, match="at most 2 files"):
        uploads.begin(ANN, "more.txt", 1)
    monkeypatch.setattr(module, "MAX_KEPT", 1000)
    with pytest.raises(UploadError, match="as many files as it can"):
        uploads.begin(BOB, "more.txt", 400)
    gate.open.set()


def test_what_is_being_received_has_its_place_until_it_is_released(
    uploads: Uploads, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    monkeypatch.setattr(module, "MAX_KEPT", 1000)
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
    uploads.release(second)  # it is here: nothing goes
    assert brought(desk) == ["1.txt"]
    uploads.begin(BOB, "more.txt", 1000)  # of what is not shown nothing lies here any more


def test_what_arrives_after_its_conversation_was_over_is_not_kept(uploads: Uploads) -> None:
    late = uploads.begin(ANN, "late.txt", 5)
    uploads.end(ANN)
    again = uploads.begin(ANN, "late.txt", 5)
    assert again != late
    with pytest.raises(UploadError, match="the conversation is over"):
        uploads.add(ANN, late)
    uploads.release(late)
    assert again.parent.exists()
    assert uploads.listed(ANN) == []


def test_conversations_that_brought_nothing_in_the_end_are_swept_while_others_are_read(
    uploads: Uploads, gate: Gate, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP", 0.01)
    gate.open.clear()
    uploads.release(uploads.begin(ANN, "aborted.txt", 5))
    reading = bring(uploads, BOB, "long.txt", "Delta weaves wool.")
    until(lambda: reading.state == "reading")
    uploads.leave(ANN)
    clock.now += module.GRACE + 1
    until(lambda: list(uploads._conversations) == [BOB])
    gate.open.set()
    ready(reading)


def test_a_large_file_holds_up_nobody_elses_small_one(
    uploads: Uploads, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALL", 100)
    gate.open.clear()
    large = bring(uploads, ANN, "large.txt", "Delta weaves wool. " * 20)
    until(lambda: large.state == "reading")
    own, other = bring(uploads, ANN, "own.txt", "Zeta brews."), bring(uploads, BOB, "other.txt", "Eta mends nets.")
    until(lambda: other.state == "reading")
    assert (large.state, own.state) == ("reading", "waiting")
    gate.open.set()
    for upload in (large, own, other):
        ready(upload)


def test_conversations_take_turns_and_begin_with_their_smallest(
    uploads: Uploads, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALL", -1)  # one thread
    gate.open.clear()
    first = bring(uploads, ANN, "first.txt", "Delta weaves wool.")
    until(lambda: first.state == "reading")
    for owner, name, size in [(ANN, "a-large", 90), (ANN, "a-small", 50), (BOB, "b-large", 80), (BOB, "b-small", 60)]:
        bring(uploads, owner, f"{name}.txt", "x" * size)
    order = []
    for _ in range(4):
        with uploads._lock:
            job = uploads._next(1000)
            if not order:
                uploads._served.clear()
                job = uploads._next(1000)
            assert job
            uploads._waiting.remove(job)
            uploads._turns += 1
            job[0].served = uploads._turns
        order.append(job[1].path.stem)
    assert order == ["b-small", "a-small", "b-large", "a-large"]
    gate.open.set()


def test_a_file_that_would_be_embedded_for_long_is_refused_in_one_line(
    uploads: Uploads, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PASSAGES", 3)
    short = bring(uploads, ANN, "short.txt", "Delta weaves wool.")
    upload = bring(uploads, ANN, "long.txt", "\n\n".join(f"Number {number} weaves wool." for number in range(30)))
    for one in (short, upload):
        ready(one)
    assert (short.state, upload.state) == ("ready", "failed")
    assert upload.reason == "more than 3 passages come out of it, the limit; split it into parts"
    assert brought(desk) == ["short.txt"]
    assert left_over(desk) == []


def test_a_file_that_fails_without_a_reason_says_so(
    uploads: Uploads, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.ingest, "update", lambda *_, **__: Report())
    upload = bring(uploads, ANN, "odd.txt", "Delta weaves wool.")
    ready(upload)
    assert (upload.state, upload.reason) == ("failed", module.UNTOLD)


def test_a_body_that_comes_too_slowly_is_given_up(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    monkeypatch.setattr(routes, "PATIENCE", 0.01)
    request = Request({"type": "http", "headers": []}, never)
    # In a thread of its own: a browser's tests leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool, pytest.raises(UploadError, match="too slowly") as caught:
        pool.submit(lambda: asyncio.run(routes._receive(request, tmp_path / "a.txt", 5, uploads))).result()
    assert caught.value.status == 408


def test_a_conversation_is_over_when_it_was_left_or_fell_silent(uploads: Uploads, desk: Desk, clock: Clock) -> None:
    for owner in (ANN, BOB):
        ready(bring(uploads, owner, "a.txt", f"Delta weaves wool for {owner}."))
    uploads.leave(ANN)
    uploads.leave(BOB)
    clock.now += module.GRACE / 2
    assert len(uploads.listed(BOB)) == 1  # a reload: it is back
    clock.now += module.GRACE
    uploads.sweep()
    assert (len(uploads.listed(ANN)), len(uploads.listed(BOB))) == (0, 1)
    clock.now += module.SILENCE + 1
    uploads.sweep()
    assert brought(desk) == left_over(desk) == []


def test_a_server_forgets_what_dead_ones_held_and_leaves_living_ones_alone(uploads: Uploads, desk: Desk) -> None:
    ready(bring(uploads, ANN, "mine.txt", "Delta weaves wool."))
    forget_dead(desk.store)
    assert brought(desk) == ["mine.txt"]
    other = Uploads(desk.store, desk.ingest)
    assert brought(desk) == ["mine.txt"]
    uploads._alive.release()  # as when its process died
    other.close()
    forget_dead(desk.store)
    assert brought(desk) == []
    assert not list((desk.store.folder / ".uploads").iterdir())


def test_whoever_indexes_a_folder_that_holds_the_index_does_not_index_what_was_brought(
    uploads: Uploads, desk: Desk, gate: Gate
) -> None:
    gate.open.clear()
    bring(uploads, ANN, "mine.txt", "Delta weaves wool.")
    Ingest(desk.store, desk.embedder, small_splitter()).update([desk.store.folder.parent])
    assert desk.search("wool", limit=1) != ["Delta weaves wool."]
    gate.open.set()


def test_what_is_brought_does_not_change_how_others_see_the_same_text(uploads: Uploads, desk: Desk) -> None:
    text = "Title of mine\n===\n\nAlpha pumps water for those who live in the old town."
    desk.write(plain=text)
    desk.ingest.update([desk.files])
    ready(bring(uploads, ANN, "same.md", text))
    with desk.store.snapshot() as snapshot:
        (document,) = {
            snapshot.document(source.document_id)
            for source in snapshot.sources()
            if source.name in ("plain.txt", "same.md")
        }
    assert document is not None
    assert (document.parser, document.sections) == ("text/1", ())
    ready(bring(uploads, ANN, "own.md", f"{text} And more."))
    with desk.store.snapshot() as snapshot:
        sources = {source.name: source.document_id for source in snapshot.sources()}
        own = snapshot.document(sources["own.md"])
    assert own is not None
    assert own.parser == "markdown/1"


@pytest.mark.parametrize("secret", [None, "", "a" * 31, "A" * 32, "g" * 32, "a" * 33, 5, ["a" * 32], "a" * 32 + "\n"])
def test_what_no_page_makes_up_is_no_secret(secret: object) -> None:
    assert owner_of(secret) is None


def test_owners_do_not_tell_their_secret() -> None:
    assert ANN != BOB
    assert "a" * 32 not in ANN


@given(st.text(max_size=300), st.sampled_from([".txt", ".md", ".MD"]))
def test_a_name_is_one_harmless_file_name(stem: str, suffix: str) -> None:
    name = safe_name(stem + suffix)
    assert name.endswith(suffix)
    assert not set(name) & set('/\\<>:"|?*\0\n')
    assert not name.startswith(".")
    assert len(name.encode()) <= 160
    assert Path("folder", name).parent == Path("folder")
