"""The page stays where it is, and rests while nothing happens. How quick it is, ``benchmarks.page`` tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_chat import SAMPLE, ask

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser
WATCH = """
window.shift = 0;
window.frames_asked = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
const frame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (run) => { window.frames_asked += 1; return frame(run); };
"""
# Whether at last nothing asks for a frame in thirty looks, one for each frame of the screen.
RESTS = """() => new Promise((resolve) => {
  const look = (before, left, looks) => {
    const asked = window.frames_asked;
    if (left === 0 || looks === 600) resolve(left === 0);
    else setTimeout(look, 17, asked, asked === before ? left - 1 : 30, looks + 1);
  };
  look(-1, 30, 0);
})"""


def test_nothing_moves_by_itself_and_an_idle_page_draws_nothing(fake_chat: str, window: BrowserContext) -> None:
    page = window.new_page()
    page.add_init_script(WATCH)
    page.goto(fake_chat)
    reply = ask(page, SAMPLE)
    reply.get_by_role("button", name="Show citation 2").click()
    assert page.evaluate(RESTS)
    assert page.evaluate("window.shift") < 0.02
    page.close()
