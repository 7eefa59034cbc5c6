"""A real browser in front of a real server, each visitor in a tab of its own.

Chromium is the one that ``REFDESK_CHROMIUM`` names, else the first of ``CHROMIUM`` on the path. Where there is none
these tests are skipped, except in CI (``components``).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from components import lacking
from desks import desk_in
from serving import Served, serving

from index.embed import load_embedder
from index.models import DEFAULT_EMBEDDER
from index.store import Store
from qa import settings
from qa.assistant.compose import open_ingest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The shell without windows takes a quarter less processor time.
CHROMIUM = ("chromium-headless-shell", "chromium")
NewPage = Callable[..., "Page"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real browser in front of a real server")


@pytest.fixture(scope="session")
def window() -> Iterator[BrowserContext]:
    """One window for all tabs: a window of its own for each takes as long as the page in it.

    What a tab has open lies in its session storage, which no other tab sees; past conversations are those of all tabs.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright", 'pip install --editable ".[dev]"')
    chromium = os.environ.get("REFDESK_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium or not Path(chromium).exists():
        lacking("Chromium", f"there is no {' or '.join(CHROMIUM)} on the path, and REFDESK_CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        context = browser.new_context()
        context.set_default_timeout(30_000)
        context.new_page()  # a blank tab, which keeps the window open
        yield context
        browser.close()


class Tabs:
    """The window's tabs. One that a test has left is taken again, in a new conversation: loading a page takes long."""

    def __init__(self, window: BrowserContext) -> None:
        self._window = window
        self._blank = list(window.pages)
        self._idle: dict[str, list[Page]] = defaultdict(list)
        self._used: list[tuple[str, Page]] = []
        self.foreign: list[str] = []  # what was requested of other machines
        self.failures: list[str] = []  # errors that scripts raised

    def take(self, url: str, width: int = 1280, height: int = 800, color_scheme: str = "light") -> Page:
        """A tab with the chat at ``url``."""
        page = self._idle[url].pop() if self._idle[url] else self._open(url)
        self._used.append((url, page))
        page.set_viewport_size({"width": width, "height": height})
        # Without animations, which a browser without a graphics card spends more time on than on all else.
        page.emulate_media(color_scheme="dark" if color_scheme == "dark" else "light", reduced_motion="reduce")
        return page

    def leave(self) -> None:
        """Ends the conversations of the tabs that were taken; what else was opened is closed."""
        for url, page in self._used:
            if _starts_afresh(page, url):
                self._idle[url].append(page)
        self._used = []
        kept = [*self._blank, *chain(*self._idle.values())]
        for page in self._window.pages:
            if page not in kept:
                page.close()

    def close(self) -> None:
        """Closes all tabs but the one that keeps the window open."""
        for page in chain(*self._idle.values()):
            page.close()
        self._idle.clear()

    def _open(self, url: str) -> Page:
        page = self._window.new_page()
        page.on("request", lambda request: self._seen(request.url))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.goto(url)
        page.get_by_role("textbox", name="Your question").wait_for()
        return page

    def _seen(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.foreign.append(url)


def _starts_afresh(page: Page, url: str) -> bool:
    """Whether a tab is at the chat, its server runs, and a new conversation has begun."""
    if page.is_closed() or page.url.rstrip("/") != url:
        return False
    page.unroute_all()
    if not page.evaluate("() => fetch('health').then(response => response.ok, () => false)"):
        return False
    page.evaluate("() => document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")
    button = page.get_by_role("button", name="New conversation")
    if button.is_visible():
        button.click()
    elif page.locator(".turn, .file").count():
        return False
    page.get_by_role("textbox", name="Your question").fill("")
    page.evaluate("() => window.scrollTo(0, 0)")
    return True


@pytest.fixture(scope="module")
def tabs(window: BrowserContext) -> Iterator[Tabs]:
    """The tabs of a file's tests. A page that nobody looks at any more still draws sixty frames a second."""
    tabs = Tabs(window)
    yield tabs
    tabs.close()


@pytest.fixture
def new_page(window: BrowserContext, tabs: Tabs) -> Iterator[NewPage]:
    """Opens pages. Fails afterwards if a page requested anything of another machine or a script raised an error."""
    yield tabs.take
    tabs.leave()
    foreign, failures = list(tabs.foreign), list(tabs.failures)
    tabs.foreign.clear()
    tabs.failures.clear()
    assert window.cookies() == []
    assert foreign == []
    assert failures == []


@pytest.fixture(scope="session")
def fake_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a chat with a scripted assistant."""
    log = tmp_path_factory.mktemp("fake") / "log"
    with serving([str(Path(__file__).with_name("fake_chat.py"))], log) as server:
        yield server.url


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    """A desk for the files of tests that leave its library as it was."""
    with desk_in(tmp_path_factory.mktemp("desk")) as served:
        yield served


@pytest.fixture(scope="session")
def refdesk_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of ``refdesk chat`` with the shipped samples, which it indexes itself, and one hostile document."""
    folder = tmp_path_factory.mktemp("refdesk")
    index = str(folder / "index")
    hostile = folder / "lighthouse.md"
    hostile.write_text(HOSTILE_DOCUMENT, "utf-8")
    Store(Path(index)).create(load_embedder(DEFAULT_EMBEDDER).fingerprint)  # where a first start was interrupted
    with serving(["-m", "qa", "chat", "--index", index, "--port"], folder / "log") as server:
        assert open_ingest(settings.read(index=index)).update([hostile]).failed == {}
        yield server.url


HOSTILE_DOCUMENT = """# The lighthouse of <script>window.hacked = 1</script> Zanthor

The lighthouse of Zanthor is painted turquoise, <img src=x onerror="window.hacked=2"> [1] with a white
[railing](javascript:window.hacked=3) and \U0001f409 dragons on its door.
"""
