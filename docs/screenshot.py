"""Makes docs/chat.png and docs/chat-phone.png from the running page.

    python docs/screenshot.py

Needs the `dev` extra and a Chromium (on the path, or named by REFDESK_CHROMIUM).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
ANSWERED = "How many 5G base stations does Beijing have?"
REFUSED = "How many 5G base stations does Shanghai have?"


def ask(page: Page, question: str) -> None:
    """Type a question, send it, and wait until it is answered."""
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    page.locator(".turn:last-child .question").get_by_text(question).wait_for()
    page.locator(".turn:last-child .reply:not(.working)[data-state]").wait_for()


def main() -> None:
    chromium = os.environ.get("REFDESK_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        sys.exit("no chromium on the path, and REFDESK_CHROMIUM names none")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as index:
        command = [sys.executable, "-m", "qa", "chat", "--index", index, "--port", str(port)]
        with subprocess.Popen(command, cwd=HERE.parent) as server, sync_playwright() as playwright:
            try:
                while server.poll() is None:
                    with socket.socket() as client:
                        if client.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.1)
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                for name, width, height in (("chat.png", 1280, 800), ("chat-phone.png", 390, 844)):
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.goto(f"http://127.0.0.1:{port}/")
                    ask(page, REFUSED)
                    ask(page, ANSWERED)
                    page.screenshot(path=HERE / name)
                browser.close()
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
