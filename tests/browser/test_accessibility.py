"""Every screen passes axe-core without a serious or critical finding, light and dark, on a desktop and a phone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from access_desk import KnownDesk
from fakes import filled
from serving import Served
from test_chat import ask, open_conversations
from test_files import add, file, open_library

if TYPE_CHECKING:
    from conftest import NewPage
    from playwright.sync_api import BrowserContext, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize(
        ("scheme", "width", "height"),
        [("light", 1280, 800), ("dark", 390, 844)],
        ids=["light-desktop", "dark-phone"],  # each scheme and each width once
    ),
]
Check = Callable[["Page", str], None]


@pytest.fixture
def check() -> Check:
    """Fails with what axe-core finds on the screen that the page shows now."""
    from axe_playwright_python.base import AXE_SCRIPT, AxeResults

    def checked(page: Page, screen: str) -> None:
        if not page.evaluate("() => 'axe' in window"):  # tabs are used again
            page.evaluate(AXE_SCRIPT)
        found = AxeResults(page.evaluate("() => axe.run({resultTypes: ['violations']})"))
        grave = [own for own in found.response["violations"] if own["impact"] in ("serious", "critical")]
        told = [f"{own['id']} ({own['impact']}): {node['html'][:200]}" for own in grave for node in own["nodes"]]
        assert told == [], f"{screen}\n{found.generate_report()}"

    return checked


def test_what_is_wrong_is_found(window: BrowserContext, check: Check, scheme: str, width: int, height: int) -> None:
    page = window.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.set_content(f"<html lang=en class={scheme}><title>A page</title><img src='data:,'>")
    with pytest.raises(AssertionError, match="image-alt"):
        check(page, "a picture without a word")
    page.close()


def test_questions_and_answers(
    fake_chat: str, new_page: NewPage, check: Check, scheme: str, width: int, height: int, tmp_path: Path
) -> None:
    page, goes_on = new_page(fake_chat, width, height, scheme), tmp_path / "goes-on"
    page.locator("body.dark" if scheme == "dark" else "body:not(.dark)").wait_for()
    check(page, "empty")
    page.get_by_role("button", name="Keyboard map").press("Enter")
    check(page, "keyboard map")
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Your question").fill(f"write until {goes_on}")
    page.keyboard.press("Enter")
    page.locator(".reply.working .statement").wait_for()
    page.get_by_role("textbox", name="Your question").fill("the next one")
    page.keyboard.press("Enter")
    check(page, "an answer that is being written, and a question that waits")
    page.get_by_role("button", name="Take back: the next one").press("Enter")
    goes_on.touch()
    reply = ask(page, "What is there?")
    check(page, "answer")
    reply.locator(".why summary").click()
    reply.get_by_role("button", name="Show citation 2").click()
    check(page, "evidence and reasons")
    reply = ask(page, "Who walked on the moon?")
    reply.locator(".why summary").click()
    check(page, "refusal")
    ask(page, "help")
    check(page, "notice")
    rows = open_conversations(page, "What is there")
    check(page, "conversations")
    rows.first.get_by_role("button", name="Rename").press("Enter")
    check(page, "a conversation that is renamed")
    page.keyboard.press("Enter")
    page.locator(".talks-search:focus").wait_for()  # the list is drawn anew, and forgets which one was to be deleted
    rows.first.get_by_role("button", name="Delete").press("Enter")
    rows.first.get_by_role("button", name="Really delete").wait_for()
    check(page, "a conversation that is about to be deleted")


def test_documents_and_files(
    desk: tuple[Path, Served], new_page: NewPage, check: Check, scheme: str, width: int, height: int
) -> None:
    page = new_page(desk[1].url, width, height, scheme)
    add(page, ("mine.txt", "say Omega repairs clocks."), ("odd.xyz", "?"))
    file(page, "mine.txt", "ready")
    page.locator(".overview[open] .about").wait_for()
    add(page, ("slow.txt", "hang"))
    file(page, "slow.txt", "reading")
    page.get_by_role("button", name="Remove mine.txt").press("Enter")
    check(page, "files that are read, are about to go, and cannot be read; what one is about")
    page.get_by_role("button", name="Keep mine.txt").press("Enter")
    page.locator(".file", has_text="slow.txt").locator(".file-drop").press("Enter")  # cancelled, or given up by now
    ask(page, "What stores grain in seven towers?")
    original = page.locator(".panel .card.selected .page-image")
    original.wait_for()
    page.get_by_role("button", name="Not helpful").press("Enter")
    check(page, "the page behind a citation, and what was wrong")
    original.press("Enter")
    page.locator(".page-view img").wait_for()
    check(page, "the page enlarged")
    page.keyboard.press("Escape")
    open_library(page)
    page.locator(".shelf-row input").first.check()
    page.get_by_role("button", name="More for public.txt").press("Enter")
    page.get_by_role("button", name="Remove from the index").press("Enter")
    page.get_by_role("button", name="More for report.pdf").press("Enter")
    check(page, "library, with a document that is about to be removed and the menu of another")
    page.get_by_role("button", name="Keep public.txt").press("Enter")
    page.get_by_role("button", name="report.pdf", exact=True).press("Enter")
    page.locator(".document-beside img").wait_for()
    check(page, "a whole document, with its pages beside it")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="page.html", exact=True).press("Enter")
    page.locator(".document-beside iframe").wait_for()
    check(page, "a whole document, with the web page beside it")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def test_pages_without_a_script(
    window: BrowserContext, check: Check, tmp_path: Path, scheme: str, width: int, height: int
) -> None:
    desk = filled(tmp_path)
    known = KnownDesk(desk)
    known.users.add("ann", "correct horse")
    visitor, ann = known.client(), known.logged_in("ann")
    with desk.store.snapshot() as snapshot:
        document = snapshot.sources()[0].document_id
    shown = {
        "log in": visitor.get("/login"),
        "not logged in": visitor.post("/login", data={"name": "ann", "password": "wrong"}),
        "log out": ann.get("/logout"),
        "document": ann.get(f"/d/{document}?start=0&end=5"),
        "no document": ann.get("/d/none"),
    }
    page = window.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for screen, response in shown.items():
        page.set_content(response.text)
        check(page, screen)
    page.close()
