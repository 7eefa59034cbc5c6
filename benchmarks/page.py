"""What a visitor of the chat feels, in a real browser: how soon the page is there, how quick and how still it stays.

    python -m benchmarks.page [--turns 60] [--visitors 20] [--documents 10000]

Needs the extra `dev` and a Chromium (on the path, or named by REFDESK_CHROMIUM). Over an index of the sample documents:

- usable: seconds from opening the address, with nothing in the browser's cache, until one can type; median of five
- first stage: milliseconds from Enter until the server says what it does; median of five
- layout shift: the sum of Chromium's scores while the page loads, a question is answered and its evidence opened
- turns: how long scripts, styles and layout take, and the answer, in the first and the last ten turns of a conversation
  of the same ten questions again and again, and the ratio of both
- visitors: all ask at once, each in a tab; every answer must be the one that its question gets alone
- documents: an index of one-sentence documents with made embeddings; how long frames take while its list is scrolled
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.throughput import distinct_questions, p95, refdesk, serving
from documents.document import Chunk, Document, Source
from index.embed import load_embedder
from index.models import DEFAULT_EMBEDDER
from index.onnx import cores
from index.refresh import refresh
from index.snapshot import embedding_key, embedding_text
from index.store import Store
from qa import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

AGAIN = 5
REPEATED = 10  # questions of the long conversation
READ = "What is {} about?"  # asked so, documents are read for an answer: it is no question about the library
# Notes when what happens is first seen: usable, asked, staged, answered.
WATCH = """
window.seen = { shift: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const look = () => { // at no more than the last turn, as it is looked at often
  if (!seen.usable && document.querySelector(".desk:not([hidden])")) seen.usable = performance.now();
  const last = seen.asked && document.querySelector(".turns").lastElementChild?.querySelector(".reply");
  if (!last?.dataset.state || seen.answered) return;
  if (/before yours/.test(last.textContent)) seen.waited = true;
  seen.staged ??= performance.now();
  if (last.dataset.state === "working") return;
  seen.answered = performance.now();
  seen.tell?.(seen);
};
window.answered = () => new Promise((resolve) => seen.answered ? resolve(seen) : (seen.tell = resolve));
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
document.addEventListener("keydown", ({ key }) => {
  if (key === "Enter") Object.assign(seen, { asked: performance.now(), staged: null, answered: null, tell: null });
}, true);
"""
SCROLL = """async () => {
  const shelf = document.querySelector(".shelf");
  const frames = [];
  const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let before = await next();
  for (let step = 1; step <= 240; step += 1) {
    shelf.scrollTop = (shelf.scrollHeight - shelf.clientHeight) * step / 240;
    const now = await next();
    frames.push(now - before);
    before = now;
  }
  return frames;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    found = [os.environ.get("REFDESK_CHROMIUM"), *map(shutil.which, ("chromium-headless-shell", "chromium"))]
    path = next(filter(None, found), None)
    if path is None:
        sys.exit("no Chromium on the path, and REFDESK_CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def opened(browser: Browser, url: str) -> Page:
    """The chat in a window of its own, watched from its beginning."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_function("seen.usable", polling=20)
    return page


def ask(page: Page, question: str) -> None:
    """Ask by the keyboard, and do not wait. The box is looked for by what takes the page no work."""
    box = page.locator(".ask textarea")
    box.fill(question)
    box.press("Enter")


def answered(page: Page) -> dict[str, Any]:
    """What was seen, once the question is answered."""
    seen: dict[str, Any] = page.evaluate("answered().then(({ tell, ...seen }) => seen)")
    return seen


def worked(session: CDPSession) -> float:
    """Seconds that scripts, styles and layout of the page have taken so far."""
    metrics = {own["name"]: own["value"] for own in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["ScriptDuration"] + metrics["RecalcStyleDuration"] + metrics["LayoutDuration"])


def first_minute(browser: Browser, url: str, questions: list[str]) -> None:
    usable, stages, shifts = [], [], []
    for question in questions:
        page = opened(browser, url)
        usable.append(page.evaluate("seen.usable") / 1000)
        ask(page, question)
        seen = answered(page)
        stages.append(seen["staged"] - seen["asked"])
        if page.locator(".turn .marker").count():
            page.locator(".turn .marker").first.click()
        page.wait_for_timeout(1000)
        shifts.append(page.evaluate("seen.shift"))
        page.context.close()
    print(f"usable after {statistics.median(usable):.2f} s")
    print(f"first stage after {statistics.median(stages):.0f} ms")
    print(f"layout shift {max(shifts):.3f}, the largest of {len(shifts)}")


def long_conversation(browser: Browser, url: str, questions: list[str], turns: int) -> None:
    """The same questions again and again, so that nothing but the conversation's length tells turns apart."""
    page = opened(browser, url)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    spent, waited = [], []
    for question in islice(cycle(questions), turns):
        before = worked(session)
        ask(page, question)
        seen = answered(page)
        page.wait_for_timeout(300)
        spent.append(worked(session) - before)
        waited.append((seen["answered"] - seen["asked"]) / 1000)
    page.context.close()
    for name, own in (("the page works", spent), ("until the answer", waited)):
        first, last = (1000 * statistics.median(some) for some in (own[: len(questions)], own[-len(questions) :]))
        print(f"{turns} turns, {name}: {first:.0f} ms a turn in the first {len(questions)}, {last:.0f} ms in the last")
        print(f"  ratio {last / first:.2f}")


def crowd(browser: Browser, url: str, questions: list[str]) -> None:
    with Client(url, timeout=600) as desk:
        alone = [[own.text for own in desk.ask(question).statements] for question in questions]
    pages = [opened(browser, url) for _ in questions]
    for page, question in zip(pages, questions, strict=True):
        page.get_by_role("textbox", name="Your question").fill(question)
    for page in pages:
        page.keyboard.press("Enter")
    seen = [answered(page) for page in pages]
    said = [page.locator(".turn .statement .words").all_text_contents() for page in pages]
    wrong = sum(own != expected for own, expected in zip(said, alone, strict=True))
    waits = [(own["answered"] - own["asked"]) / 1000 for own in seen]
    told = sum(own.get("waited", False) for own in seen)
    print(f"{len(pages)} visitors at once: p95 {p95(waits):.1f} s, {wrong} got another's answer")
    print(f"  {told} of them were told how many questions come before theirs")
    for page in pages:
        page.context.close()


def fill(folder: Path, count: int) -> None:
    """An index of so many documents of one sentence each."""
    store = Store(folder)
    embedder = load_embedder(DEFAULT_EMBEDDER)
    store.create(embedder.fingerprint)
    vectors = (
        np.random.default_rng(0).normal(size=(count, embedder.embed(["one"], "passage").shape[1])).astype(np.float32)
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with store.transaction() as transaction:
        for number, vector in enumerate(vectors):
            document = Document(f"Document {number:05} is about the number {number}.", title=f"Document {number:05}")
            chunk = Chunk(document, 0, len(document.text))
            transaction.add_embeddings({embedding_key(embedding_text(chunk)): vector})
            transaction.put(Source(f"/made/{number:05}.txt", document.id), document, [chunk], "made/1")
    refresh(store)


def large_library(browser: Browser, url: str, count: int) -> None:
    page = opened(browser, url)
    page.get_by_role("button", name="Library", exact=True).click()
    page.locator(".shelf-row").first.wait_for()
    frames = page.evaluate(SCROLL)
    page.get_by_text(f"Document {count - 1:05}", exact=True).wait_for()
    page.context.close()
    late = sum(own > 1000 / 30 for own in frames)
    print(f"{count:,} documents scrolled: frames of {statistics.median(frames):.0f} ms, p95 {p95(frames):.0f} ms")
    print(f"  {late} of {len(frames)} took longer than a thirtieth of a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--documents", type=int, default=10_000)
    options = parser.parse_args()
    os.chdir(Path(__file__).parent.parent)
    questions = distinct_questions(AGAIN + REPEATED + options.visitors, READ)
    talk, others = questions[AGAIN : AGAIN + REPEATED], questions[AGAIN + REPEATED :]
    print(f"{cores()} cores")
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        samples, large = Path(folder) / "samples", Path(folder) / "large"
        indexed = refdesk("index", "documents/samples", "--index", str(samples))
        subprocess.run(indexed, check=True, stdout=subprocess.DEVNULL)
        with serving(str(samples), 1) as url:
            first_minute(browser, url, questions[:AGAIN])
            long_conversation(browser, url, talk, options.turns)
            crowd(browser, url, others)
        fill(large, options.documents)
        with serving(str(large), 1) as url:
            large_library(browser, url, options.documents)


if __name__ == "__main__":
    main()
