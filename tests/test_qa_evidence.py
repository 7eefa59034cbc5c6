"""Originals without a browser: who may see them, and what is said when there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes import Desk, small_splitter

from documents import workers
from documents.document import Document
from documents.load import FORMATS, Format
from documents.workers import Limits
from index.ingest import Ingest
from index.passage import Scope
from qa.serving import evidence as module
from qa.serving.evidence import Evidence, EvidenceBusy, EvidenceError

LIMITS = Limits(seconds=20, memory=512 * 1024**2, processes=1)
NOTHING = {"note": None, "link": None, "page": None}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for suffix in (".pdf", ".html"):
        monkeypatch.setitem(FORMATS, suffix, Format(suffix, FORMATS[".txt"].parse))
    desk = Desk(tmp_path)
    read = partial(workers.read, limits=LIMITS, reader="hostile_reader")
    desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), read)
    return desk


@pytest.fixture
def evidence(desk: Desk) -> Evidence:
    return Evidence(desk.store, LIMITS, renderer="page_renderer")


def show(evidence: Evidence, text: str, scope: Scope = Scope(), address: str = "") -> dict[str, Any]:  # noqa: B008 - frozen
    return evidence.show(Document(text).id, 4, len(text), scope, address)


def test_a_page_comes_with_its_boxes_in_shares(desk: Desk, evidence: Evidence) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    page = show(evidence, "say Alpha pumps water.")["page"]
    assert (page["number"], page["width"], page["height"]) == (1, 900, 1200)
    assert page["boxes"] == [[0.1, 0.1, 0.3, 0.125]]
    assert page["png"].startswith("data:image/png;base64,iVBOR")


def test_an_image_is_drawn_once_and_only_of_the_file_as_it_was_read(
    desk: Desk, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    first = show(evidence, "say Alpha pumps water.")
    monkeypatch.setattr(module, "page_image", None)
    assert show(evidence, "say Alpha pumps water.") == first
    desk.write(a__pdf="say Alpha pumps oil.")
    assert show(evidence, "say Alpha pumps water.") == {**NOTHING, "note": module.CHANGED}
    (desk.files / "a.pdf").unlink()
    assert show(evidence, "say Alpha pumps water.") == {**NOTHING, "note": module.GONE}


def test_when_many_wait_for_an_image_the_next_is_told_and_what_needs_none_is_shown(
    desk: Desk, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(a__pdf="say Alpha pumps water.", b__html="say Beta stores grain.")
    desk.ingest.update([desk.files])
    drawing, draw = threading.Event(), module.page_image
    monkeypatch.setattr(module, "page_image", lambda *given: drawing.wait(20) and draw(*given))

    def ask(address: str) -> Future[dict[str, Any]]:
        return evidence.threads.submit(show, evidence, "say Alpha pumps water.", Scope(), address)

    waiting = [ask("greedy") for _ in range(module.OF_ADDRESS)]
    while evidence._asking.total() < len(waiting):
        time.sleep(0.005)
    with pytest.raises(EvidenceBusy):
        show(evidence, "say Alpha pumps water.", address="greedy")
    waiting += [ask(f"other {number}") for number in range(module.AT_ONCE + module.WAITING - module.OF_ADDRESS)]
    while evidence._asking.total() < len(waiting):
        time.sleep(0.005)
    with pytest.raises(EvidenceBusy, match="open this again in a moment"):
        show(evidence, "say Alpha pumps water.", address="late")
    assert evidence.threads.submit(show, evidence, "say Beta stores grain.").result(10)["link"]
    drawing.set()
    assert all(one.result(60)["page"] for one in waiting)
    assert show(evidence, "say Alpha pumps water.")["page"]


def test_only_who_may_see_a_document_is_shown_its_original(desk: Desk, evidence: Evidence) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files], owner="ann")
    assert show(evidence, "say Alpha pumps water.", Scope(owner="ann"))["page"]
    for scope in (Scope(), Scope(owner="bob"), Scope(owner="")):
        with pytest.raises(EvidenceError, match=r"^no such passage$"):
            show(evidence, "say Alpha pumps water.", scope)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (5, 4), (0, 23), (10**30, 10**31)])
def test_there_must_be_such_characters(desk: Desk, evidence: Evidence, start: int, end: int) -> None:
    desk.write(a__pdf="say Alpha pumps water.")
    desk.ingest.update([desk.files])
    with pytest.raises(EvidenceError):
        evidence.show(Document("say Alpha pumps water.").id, start, end, Scope())


def test_members_of_an_archive_say_so_only_where_a_page_is_missed(desk: Desk, evidence: Evidence) -> None:
    desk.write(box="archive Alpha pumps water.|in/b.pdf")
    desk.ingest.update([desk.files])
    assert show(evidence, "Alpha pumps water.") == NOTHING
    assert show(evidence, "in/b.pdf") == {**NOTHING, "note": module.NO_MEMBER}
    (desk.files / "box.txt").unlink()
    assert show(evidence, "Alpha pumps water.") == {**NOTHING, "note": module.GONE}


def test_web_pages_are_linked_to_the_words(desk: Desk, evidence: Evidence) -> None:
    desk.ingest.add([("https://example.org/page", Document("say Alpha pumps water."))])
    link = show(evidence, "say Alpha pumps water.")["link"]
    assert link == "https://example.org/page#:~:text=Alpha%20pumps%20water."
    desk.write(b__html="say Beta stores grain.")
    desk.ingest.update([desk.files])
    document = Document("say Beta stores grain.").id
    assert (
        show(evidence, "say Beta stores grain.")["link"]
        == f"original?document={document}#:~:text=Beta%20stores%20grain."
    )
    assert evidence.original(document) == b"say Beta stores grain."


@pytest.mark.parametrize("what", ["text", "owned", "changed", "gone", "unknown"])
def test_no_other_file_is_served(desk: Desk, evidence: Evidence, what: str) -> None:
    change: dict[str, Callable[[], object]] = {
        "changed": lambda: desk.write(b__html="say other"),
        "gone": (desk.files / "b.html").unlink,
    }
    desk.write(**{"b__txt" if what == "text" else "b__html": "say Beta stores grain."})
    desk.ingest.update([desk.files], owner="ann" if what == "owned" else None)
    change.get(what, lambda: None)()
    text = "say nothing" if what == "unknown" else "say Beta stores grain."
    with pytest.raises(EvidenceError):
        evidence.original(Document(text).id)


def test_what_never_was_a_file_is_not_missed(desk: Desk, evidence: Evidence) -> None:
    desk.ingest.add([("d1", Document("say Alpha pumps water."))])
    assert show(evidence, "say Alpha pumps water.") == NOTHING
