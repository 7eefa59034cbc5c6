"""Every action of the page, by the keyboard alone: what can be done is reached by Tab and done by a key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from fakes import Desk
from serving import Served
from test_chat import finished, quote_shown
from test_files import add, file

if TYPE_CHECKING:
    from conftest import NewPage
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
MOST_TABS = 60
WORDS = "() => `${document.activeElement.ariaLabel ?? ''} ${document.activeElement.textContent}`.slice(0, 80)"


def press(page: Page, name: str, key: str = "Enter", role: str = "button", *, back: bool = False) -> None:
    """Goes by Tab to the control of that role, whose accessible name begins so, and presses the key."""
    goal = f"{role} {name}"
    seen: list[str] = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        seen.append(page.evaluate(WORDS))
        if name in seen[-1] and focused(page).startswith(goal):
            page.keyboard.press(key)
            return
    raise AssertionError(f"Tab does not reach {goal!r}, but: {seen}")


def focused(page: Page) -> str:
    """The role and the accessible name of what has the focus."""
    told = page.locator(":focus").aria_snapshot() if page.locator(":focus").count() else ""
    return told.removeprefix("- ").split("\n")[0].replace('"', "").lstrip("'")


def listed(page: Page) -> None:
    """Waits until the library's list is read."""
    page.locator(".shelf [role=list][aria-busy=false] .shelf-name").first.wait_for()


def to_box(page: Page) -> None:
    if not page.locator(".ask textarea:focus").count():
        page.keyboard.press("/")


def ask(page: Page, question: str) -> Locator:
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    return finished(page)


def test_every_action_of_the_page_is_done_by_the_keyboard_alone(desk: tuple[Path, Served], new_page: NewPage) -> None:
    page = new_page(desk[1].url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Shift+Tab")

    # The map, and the way to the question.
    page.keyboard.press("?")
    assert page.locator(".keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".keys").is_hidden()
    page.keyboard.press("/")
    assert page.locator(".ask textarea:focus").count() == 1
    press(page, "Keyboard map", back=True)
    assert page.locator(".keys").is_visible()
    page.keyboard.press("Escape")

    # A file: chosen, asked about by its card, taken back.
    with page.expect_file_chooser():
        press(page, "Add files")
    press(page, "Library", back=True)
    with page.expect_file_chooser() as folder:
        press(page, "Add a folder")
    assert folder.value.element.get_attribute("webkitdirectory") is not None
    add(page, ("mine.txt", "say more. An omega is a mender of clocks."))
    file(page, "mine.txt", "ready")
    page.locator(".overview[open] .chip").wait_for()
    to_box(page)
    press(page, "What is an omega?", back=True)
    finished(page)
    assert quote_shown(page) == "say more. An omega is a mender of clocks."
    to_box(page)
    press(page, "Remove mine.txt", back=True)
    page.keyboard.press("Enter")  # keeps it
    file(page, "mine.txt", "ready")
    page.keyboard.press("Enter")
    file(page, "mine.txt", "going")

    # A question, its evidence, its reasons and what can be done with its answer.
    to_box(page)
    ask(page, "What stores grain in seven towers?")
    page.locator(".file").wait_for(state="detached")
    press(page, "Show citation 1", back=True)
    assert quote_shown(page) == "say Beta stores grain in seven towers."
    page.locator(".panel .card.selected .page-image").wait_for()
    press(page, "Enlarge page")
    assert page.locator(".page-view").is_visible()
    page.keyboard.press("Escape")
    press(page, "Open the whole document")
    page.locator(".document-beside img").wait_for()
    press(page, "Enlarge page 1 of report.pdf")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    for action, told in (
        ("Copy the answer", "Copied"),
        ("Copy as Markdown", "Copied"),
        ("Copy a link", "opens the link"),
    ):
        to_box(page)
        press(page, action, back=True)
        page.get_by_text(told).wait_for()
    to_box(page)
    press(page, "Not helpful", back=True)
    page.keyboard.type("It is iron.")
    page.keyboard.press("Enter")
    page.get_by_text("It is kept").wait_for()
    press(page, "Helpful", back=True)
    page.locator('.turn:last-child .turn-act[aria-pressed=true]:text-is("Helpful")').wait_for()
    to_box(page)
    press(page, "Edit and ask again: What stores grain", back=True)
    page.keyboard.type(" now")
    page.keyboard.press("Enter")
    assert "grain in seven towers? now" in page.locator(".turn:last-child .question").inner_text()
    finished(page)
    press(page, "Ask again: What stores grain", back=True)
    finished(page)
    page.keyboard.press("ArrowUp")
    assert page.locator(".ask textarea").input_value().endswith("now")

    # The library: found, sorted, ticked, read, asked.
    press(page, "Asking all", back=True)
    listed(page)
    press(page, "Find a document", "p", "searchbox")
    page.get_by_text("5 documents.").wait_for()
    press(page, "Order", "ArrowDown", "combobox")
    listed(page)
    press(page, "Ask public.txt", "Space", "checkbox")
    page.keyboard.press("Escape")
    assert "Asking 1 of" in page.locator(".scope").inner_text()
    press(page, "Ask all", back=True)
    to_box(page)
    press(page, "Library", back=True)
    listed(page)
    press(page, "public.txt")
    page.locator(".document-view .drawn").wait_for()
    page.get_by_role("link", name="Save the file").wait_for()
    with page.expect_download():
        press(page, "Save the file", role="link", back=True)
    press(page, "Ask about this document")
    page.get_by_text("Asking only public.txt.").wait_for()

    # Changes of the index, and the pages beside a document.
    Desk(desk[0]).write(pepper="say Theta bakes bread.")
    Desk(desk[0]).ingest.update([desk[0] / "files" / "pepper.txt"])
    add(page, ("two.pdf", "pages say Kappa one.|Then two."))
    file(page, "two.pdf", "ready")
    press(page, "Library", back=True)
    listed(page)
    press(page, "More for pepper.txt")
    press(page, "Read again")
    page.get_by_text("pepper.txt was read again").wait_for()
    press(page, "More for pepper.txt")
    press(page, "Remove from the index")
    page.keyboard.press("Enter")  # keeps it
    press(page, "two.pdf")
    page.locator(".document-beside img").wait_for()
    press(page, "Next page")
    page.get_by_text("Page 2 of 2").wait_for()
    press(page, "Previous page")
    page.get_by_text("Page 1 of 2").wait_for()
    page.keyboard.press("Escape")
    press(page, "More for pepper.txt", back=True)
    press(page, "Remove from the index")
    page.keyboard.press("Escape")
    to_box(page)

    # Conversations: found, renamed, saved, deleted; then a new one.
    press(page, "Conversations", back=True)
    page.locator(".talk-row").first.wait_for()
    press(page, "Find a conversation", "o", "searchbox")
    page.locator(".talks[aria-busy=false]").wait_for(state="attached")
    press(page, "Rename")
    page.keyboard.type("Renamed")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Renamed", exact=True).wait_for()
    for kind in ("Markdown", "JSON"):
        with page.expect_download():
            press(page, f"Save Renamed as {kind}" if kind == "Markdown" else "Save the answers of Renamed")
    press(page, "Delete Renamed")
    page.keyboard.press("Enter")
    page.locator(".talk-row", has_text="Renamed").wait_for(state="detached")
    page.locator(".talks-search:focus").wait_for()
    page.keyboard.press("Escape")  # empties the search
    page.keyboard.press("Escape")
    page.locator(".conversations").wait_for(state="hidden")
    assert page.locator(".turn").count() == 0

    # The language.
    to_box(page)
    press(page, "Language", "ArrowDown", "combobox", back=True)
    try:
        page.get_by_role("textbox", name="您的问题").wait_for()
    finally:
        page.evaluate("localStorage.removeItem('refdesk.language')")
        page.close()  # it still speaks Chinese
