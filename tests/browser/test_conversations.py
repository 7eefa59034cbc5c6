"""Conversations of users who log in, in real browsers: the same in each of theirs, and in nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from access_desk import PASSWORD
from serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

KEPT_HERE = """(talk) => new Promise((resolve) => {
  const request = indexedDB.open("refdesk", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("conversations", { keyPath: "id" });
  request.onsuccess = () => {
    const put = request.result.transaction("conversations", "readwrite").objectStore("conversations").put(talk);
    put.onsuccess = () => resolve(request.result.close());
  };
})"""
TURN = {"question": "Which quay is older?", "html": "<p>The northern one.</p>", "answer": None}
EARLIER = {"id": "0" * 32, "title": "", "changed": 1, "turns": [TURN], "sources": []}


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    script = Path(__file__).with_name("known_chat.py")
    with serving([str(script), str(tmp_path / "index")], tmp_path / "log") as served:
        yield served.url


def logged_in(window: BrowserContext, url: str, name: str, *before: dict[str, object]) -> Page:
    """The chat in a new browser, which keeps what was there ``before`` the login."""
    assert window.browser
    page = window.browser.new_context(reduced_motion="reduce").new_page()
    page.goto(url)
    for talk in before:
        page.evaluate(KEPT_HERE, talk)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.get_by_role("textbox", name="Your question").wait_for()
    return page


def ask(page: Page, question: str, status: int = 200) -> None:
    with page.expect_response(lambda response: response.url.endswith("/conversations")) as kept:
        page.get_by_role("textbox", name="Your question").fill(question)
        page.keyboard.press("Enter")
    assert kept.value.status == status


def names(page: Page, words: str = "") -> list[str]:
    """The conversations that are listed, whose list is open then."""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Conversations", exact=True).press("Enter")
    page.get_by_role("searchbox", name="Find a conversation").fill(words)
    page.locator(".talks[aria-busy=false]").wait_for(state="attached")
    return page.locator(".talk-name").all_inner_texts()


def test_a_users_conversations_are_the_same_in_every_browser_and_nobody_elses(window: BrowserContext, url: str) -> None:
    ann, other = logged_in(window, url, "ann"), logged_in(window, url, "ann")
    ask(ann, "Which beacon shines?")
    assert names(other, "beacon shines") == ["Which beacon shines?"]
    other.get_by_role("button", name="Rename Which beacon shines?").press("Enter")
    other.keyboard.type("Beacons")
    other.keyboard.press("Enter")
    other.get_by_role("button", name="Beacons", exact=True).press("Enter")
    other.locator(".turn").get_by_role("button", name="Show citation 2").press("Enter")
    assert other.locator(".panel mark").first.inner_text()
    ask(other, "And who lit it?")
    assert "Which beacon" in other.locator(".searched").inner_text()

    ask(ann, "And when?", 409)
    ann.get_by_text("This conversation went on in another window.").wait_for()
    ann.reload()
    ann.locator(".turn .question").get_by_text("And who lit it?").wait_for()
    assert ann.locator(".turn .question").all_inner_texts() == ["Which beacon shines?", "And who lit it?"]

    bob = logged_in(window, url, "bob", EARLIER)
    assert (names(ann), names(bob)) == (["Beacons"], [])
    bob.get_by_role("button", name="1 more in this browser: move it here").press("Enter")
    bob.get_by_role("button", name="Which quay is older?", exact=True).press("Enter")
    bob.get_by_text("The northern one.").wait_for()
    assert (names(ann), names(bob)) == (["Beacons"], ["Which quay is older?"])
    assert not bob.get_by_role("button", name="move").is_visible()
    ann.get_by_role("button", name="Delete Beacons").press("Enter")
    ann.get_by_role("button", name="Really delete Beacons").press("Enter")
    ann.get_by_text("No conversation matches").wait_for()
    assert names(other) == []
    for page in (ann, other, bob):
        page.context.close()
