"""A real browser in front of a real server, each visitor in a tab of its own.

Chromium is the one that ``REFDESK_CHROMIUM`` names, else the first of ``CHROMIUM`` on the path. Where there is none
these tests are skipped, except where ``CI`` is true: there they fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from serving import ROOT, environment, serving

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


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def window() -> Iterator[BrowserContext]:
    """One window for all tabs: a window of its own for each takes as long as the page in it.

    What the page keeps lies in the tab's session storage, which no other tab sees.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no browser tests: playwright is not installed")
    chromium = os.environ.get("REFDESK_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not chromium or not Path(chromium).exists():
        _missing("no browser tests: no Chromium on the path, and REFDESK_CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        context = browser.new_context()
        context.set_default_timeout(30_000)
        context.new_page()  # a blank tab, which keeps the window open
        yield context
        browser.close()


@pytest.fixture
def new_page(window: BrowserContext) -> Iterator[NewPage]:
    """Opens pages. Fails afterwards if a page requested anything of another machine or a script raised an error."""
    blank, foreign, failures = list(window.pages), [], []

    def seen(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            foreign.append(url)

    def opened(url: str, width: int = 1280, height: int = 800, color_scheme: str = "light") -> Page:
        page = window.new_page()
        page.set_viewport_size({"width": width, "height": height})
        # Without animations, which a browser without a graphics card spends more time on than on all else.
        page.emulate_media(color_scheme="dark" if color_scheme == "dark" else "light", reduced_motion="reduce")
        page.on("request", lambda request: seen(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(url)
        page.get_by_role("textbox", name="Your question").wait_for()
        return page

    yield opened
    for page in window.pages:
        if page not in blank:
            page.close()
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
def refdesk_chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of ``refdesk chat`` with the shipped samples and one hostile document."""
    folder = tmp_path_factory.mktemp("refdesk")
    index = str(folder / "index")
    hostile = folder / "lighthouse.md"
    hostile.write_text(HOSTILE_DOCUMENT, "utf-8")
    samples = ROOT / "documents" / "samples"
    command = [sys.executable, "-m", "qa", "index", str(samples), str(hostile), "--index", index]
    subprocess.run(command, check=True, env=environment(), cwd=folder, capture_output=True, timeout=300)
    with serving(["-m", "qa", "chat", "--index", index, "--port"], folder / "log") as server:
        yield server.url


HOSTILE_DOCUMENT = """# The lighthouse of <script>window.hacked = 1</script> Zanthor

The lighthouse of Zanthor is painted <img src=x onerror="window.hacked=2"> turquoise, says [1] the keeper
[here](javascript:window.hacked=3) and \U0001f409 dragons agree.
"""
