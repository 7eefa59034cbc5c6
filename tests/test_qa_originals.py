"""Originals without a browser: who may see them, and what is shown where there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import mild_reader
import pytest
from fakes import Desk, small_splitter
from mild_reader import draw
from test_qa_uploads import until

from documents.document import Document, PageImage
from documents.workers import Limits
from index.ingest import Ingest
from index.passage import Scope
from qa.serving.library import originals as module
from qa.serving.library.originals import OriginalError, Originals, OriginalsBusyError

LIMITS = Limits(seconds=20, memory=512 * 1024**2, processes=1)
NOTHING = {"note": None, "link": None, "page": None}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    read = partial(mild_reader.read, limits=LIMITS)
    desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), read)
    return desk


@pytest.fixture
def originals(desk: Desk) -> Originals:
    return Originals(desk.store, LIMITS, draw)


def show(originals: Originals, text: str, scope: Scope = Scope(), address: str = "") -> dict[str, Any]:  # noqa: B008 - frozen
    return originals.show(Document(text, owner=scope.owner or "").id, 4, len(text), scope, address)


def test_the_boxes_of_a_page_are_shares_of_its_size(desk: Desk, originals: Originals) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    page = show(originals, "say Alpha pumps water.")["page"]
    assert (page["number"], page["width"], page["height"]) == (1, 900, 1200)
    assert page["boxes"] == [[0.1, 0.1, 0.3, 0.125]]
    assert page["png"].startswith("data:image/png;base64,iVBOR")


def test_beside_a_whole_document_its_pages_are_turned(desk: Desk, originals: Originals) -> None:
    desk.write(a__pdf="pages say Alpha pumps water.||Then Alpha rests.", b__txt="say Beta stores grain.")
    desk.write(c__html="say Gamma sells iron.")
    desk.ingest.update([desk.files])
    document = "say Alpha pumps water.\n\nThen Alpha rests."

    def beside(place: tuple[int, int] = (0, 0), number: int | None = None) -> tuple[Any, ...]:
        shown = originals.beside(Document(document).id, place, number, Scope())
        return shown["page"]["number"], len(shown["page"]["boxes"]), shown["before"], shown["after"], shown["last"]

    assert beside() == (1, 0, None, 3, 3)  # the second page holds no text
    assert beside(number=3) == (3, 0, 1, None, 3)
    assert beside((24, 28)) == (3, 1, 1, None, 3)  # with the quoted words boxed
    with pytest.raises(OriginalError):
        beside(number=2)
    beta = Document("say Beta stores grain.").id
    assert originals.beside(beta, (0, 0), None, Scope()) == {**NOTHING, "file": True}
    web = Document("say Gamma sells iron.").id
    assert (
        originals.beside(web, (0, 0), None, Scope())["link"] == f"original?document={web}&start=0&end=0#{module.WORDS}"
    )
    assert "&start=4&end=9#" in originals.beside(web, (4, 9), None, Scope())["link"]
    with pytest.raises(OriginalError):
        originals.beside("sha256:none", (0, 0), None, Scope())


def test_an_image_is_drawn_once_and_only_of_the_file_as_it_was_indexed(desk: Desk) -> None:
    drawn: list[Path] = []

    def note_and_draw(path: Path, *rest: Any) -> PageImage:
        drawn.append(path)
        return draw(path, *rest)

    originals = Originals(desk.store, LIMITS, note_and_draw)
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    first = show(originals, "say Alpha pumps water.")
    assert show(originals, "say Alpha pumps water.") == first
    assert drawn == [desk.files / "a.pdf"]
    desk.ingest.update([desk.files], owner="ann")  # who brings the same file cannot tell by the time that it is here
    assert show(originals, "say Alpha pumps water.", Scope(owner="ann")) == first
    assert len(drawn) == 2
    desk.write(a__pdf="say Alpha pumps oil.")
    assert show(originals, "say Alpha pumps water.") == {**NOTHING, "note": module.CHANGED}
    (desk.files / "a.pdf").unlink()
    assert show(originals, "say Alpha pumps water.") == {**NOTHING, "note": module.GONE}


def test_when_many_wait_for_an_image_the_next_is_refused_and_what_needs_none_is_shown(desk: Desk) -> None:
    drawing = threading.Event()

    def wait_and_draw(*given: Any) -> PageImage:
        assert drawing.wait(20)
        return draw(*given)

    originals = Originals(desk.store, LIMITS, wait_and_draw)
    desk.write(a__pdf="say Alpha pumps water.", b__html="say Beta stores grain.")
    desk.ingest.update([desk.files])

    def ask(address: str) -> Future[dict[str, Any]]:
        return originals.threads.submit(show, originals, "say Alpha pumps water.", Scope(), address)

    waiting = [ask("greedy") for _ in range(module.OF_ADDRESS)]
    until(lambda: originals.pending == len(waiting))
    with pytest.raises(OriginalsBusyError):
        show(originals, "say Alpha pumps water.", address="greedy")
    waiting += [ask(f"other {number}") for number in range(module.AT_ONCE + module.WAITING - module.OF_ADDRESS)]
    until(lambda: originals.pending == len(waiting))
    with pytest.raises(OriginalsBusyError, match="open this again in a moment"):
        show(originals, "say Alpha pumps water.", address="late")
    assert originals.threads.submit(show, originals, "say Beta stores grain.").result(10)["link"]
    drawing.set()
    assert all(one.result(60)["page"] for one in waiting)
    assert show(originals, "say Alpha pumps water.")["page"]


def test_only_those_who_may_see_a_document_are_shown_its_original(desk: Desk, originals: Originals) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files], owner="ann")
    assert show(originals, "say Alpha pumps water.", Scope(owner="ann"))["page"]
    for scope in (Scope(), Scope(owner="bob"), Scope(owner="")):
        with pytest.raises(OriginalError, match=r"^no such passage$"):
            show(originals, "say Alpha pumps water.", scope)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 4), (0, 23), (10**30, 10**31)])
def test_offsets_outside_the_document_are_refused(desk: Desk, originals: Originals, start: int, end: int) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    with pytest.raises(OriginalError):
        originals.show(Document("say Alpha pumps water.").id, start, end, Scope())


def test_a_member_of_an_archive_has_a_note_only_where_a_page_would_be_shown(desk: Desk, originals: Originals) -> None:
    desk.write(box="archive Alpha pumps water.|in/b.pdf")
    desk.ingest.update([desk.files])
    assert show(originals, "Alpha pumps water.") == NOTHING
    assert show(originals, "in/b.pdf") == {**NOTHING, "note": module.NO_MEMBER}
    (desk.files / "box.txt").unlink()
    assert show(originals, "Alpha pumps water.") == {**NOTHING, "note": module.GONE}


def test_web_pages_are_linked_at_the_quoted_words(desk: Desk, originals: Originals) -> None:
    desk.ingest.add([("https://example.org/page", Document("say Alpha pumps water."))])
    link = show(originals, "say Alpha pumps water.")["link"]
    assert link == "https://example.org/page#:~:text=Alpha%20pumps%20water."
    desk.write(b__html="say Beta stores grain.")
    desk.ingest.update([desk.files])
    document = Document("say Beta stores grain.").id
    assert (
        show(originals, "say Beta stores grain.")["link"]
        == f"original?document={document}&start=4&end=22#{module.WORDS}"
    )
    shown = originals.original(document, (4, 22), Scope())
    assert shown == f'say <mark id="{module.WORDS}" style="scroll-margin-top: 30vh">Beta stores grain</mark>.'
    with pytest.raises(OriginalError):
        originals.original(document, (4, 23), Scope())


@pytest.mark.parametrize("what", ["text", "owned", "changed", "gone", "unknown"])
def test_only_unchanged_web_pages_of_everyone_are_served(desk: Desk, originals: Originals, what: str) -> None:
    change: dict[str, Callable[[], object]] = {
        "changed": lambda: desk.write(b__html="say other"),
        "gone": (desk.files / "b.html").unlink,
    }
    desk.write(**{"b__txt" if what == "text" else "b__html": "say Beta stores grain."})
    desk.ingest.update([desk.files], owner="ann" if what == "owned" else None)
    change.get(what, lambda: None)()
    text = "say nothing" if what == "unknown" else "say Beta stores grain."
    with pytest.raises(OriginalError):
        originals.original(Document(text).id, (0, 0), Scope())


@pytest.mark.parametrize("what", ["whole", "owned", "changed", "gone", "unknown", "member", "kept back"])
def test_only_unchanged_whole_files_of_everyone_are_saved(desk: Desk, what: str) -> None:
    originals = Originals(desk.store, LIMITS, draw, with_files=what != "kept back")
    desk.write(b="archive Alpha pumps water.|in/b.pdf" if what == "member" else "say Beta stores grain.")
    desk.ingest.update([desk.files], owner="ann" if what == "owned" else None)
    scope = Scope(owner="ann") if what == "owned" else Scope()
    text = "Alpha pumps water." if what == "member" else "say Beta stores grain."
    document = Document(text, owner=scope.owner or "").id
    if what in ("whole", "changed", "gone"):
        assert originals.beside(document, (0, 0), None, scope)["file"]
    if what == "changed":
        desk.write(b="say other")
    if what == "gone":
        (desk.files / "b.txt").unlink()
    if what == "whole":
        assert originals.file(document, scope).read_text() == "say Beta stores grain."
        return
    with pytest.raises(OriginalError, match=r"^no such (?:file|passage)$"):
        originals.file("sha256:none" if what == "unknown" else document, scope)
    if what != "unknown":
        assert not originals.beside(document, (0, 0), None, scope)["file"]


def test_a_document_that_never_was_a_file_has_no_note(desk: Desk, originals: Originals) -> None:
    desk.ingest.add([("d1", Document("say Alpha pumps water."))])
    assert show(originals, "say Alpha pumps water.") == NOTHING
