"""Makes the eight pictures of docs/ from the running page.

    python -m docs.screenshot

Needs the extra `dev` and a Chromium (on the path, or named by REFDESK_CHROMIUM). The first two are of the sample
article, the others of the co-operative's folder in benchmarks/visitors.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.page import chromium
from benchmarks.throughput import refdesk, serving

HERE = Path(__file__).parent
ROOT = HERE.parent
COOP = ROOT / "benchmarks" / "visitors" / "coop"
WIDE, PHONE = (1280, 800), (390, 844)


def opened(browser: Browser, url: str, size: tuple[int, int] = WIDE, *, dark: bool = False) -> Page:
    """The chat in a window of its own."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator(".ask textarea").wait_for()
    return page


def ask(page: Page, question: str) -> None:
    """Type a question, send it, and wait until it is answered and questions to go on with are found."""
    box = page.locator(".ask textarea")
    box.fill(question)
    box.press("Enter")
    page.locator(".turn:last-child .question").get_by_text(question).wait_for()
    page.locator(".turn:last-child .reply:not(.working)[data-state]").wait_for()


def shoot(page: Page, name: str) -> None:
    """Save the picture once nothing moves, and close the window."""
    page.wait_for_timeout(1500)
    page.screenshot(path=HERE / f"{name}.png")
    page.context.close()


def of_the_sample(browser: Browser, url: str) -> None:
    for name, size in (("chat", WIDE), ("chat-phone", PHONE)):
        page = opened(browser, url, size)
        ask(page, "How many 5G base stations does Shanghai have?")
        ask(page, "How many 5G base stations does Beijing have?")
        shoot(page, name)


def of_the_folder(browser: Browser, url: str) -> None:
    page = opened(browser, url)
    ask(page, "How do I book the guest room?")
    page.locator(".panel .page-image").wait_for()
    shoot(page, "chat-page")

    page = opened(browser, url)
    page.locator(".open-library").click()
    page.locator(".shelf-row input").nth(1).check()
    page.locator(".shelf-row input").nth(4).check()
    shoot(page, "chat-library")

    page = opened(browser, url)
    ask(page, "How do I book the guest room?")
    page.locator(".panel .card.selected .open-document").click()
    page.locator(".document-beside img").wait_for()
    shoot(page, "chat-document")

    page = opened(browser, url, dark=True)
    ask(page, "How much does the guest room cost per night?")
    ask(page, "Who won the football World Cup in 2022?")
    page.locator(".turn:last-child .why summary").click()
    shoot(page, "chat-dark")

    page = opened(browser, url)
    page.locator(".chooser").set_input_files(COOP.parent / "sailing" / "hire-conditions.html")
    page.locator(".overview .about").wait_for()
    shoot(page, "chat-file")

    page = opened(browser, url)
    ask(page, "Where is the guest room?")
    ask(page, "How much does it cost per night?")
    page.locator(".fresh").click()
    ask(page, "What are the opening times of the laundry rooms?")
    page.locator(".open-talks").click()
    page.locator(".talk-row").nth(1).wait_for()
    shoot(page, "chat-conversations")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, files, take in (("a", ROOT / "documents" / "samples", of_the_sample), ("b", COOP, of_the_folder)):
            index = str(Path(folder) / name)
            subprocess.run(refdesk("index", str(files), "--index", index), check=True, stdout=subprocess.DEVNULL)
            with serving(index, 1) as url:
                take(browser, url)


if __name__ == "__main__":
    main()
