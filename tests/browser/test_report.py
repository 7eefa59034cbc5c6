"""A run's report: what its first screen tells, and its questions, filtered by words and by outcome."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))
from evaluation_data import squad, word_harness

from qa.evaluation import evaluate, load_dataset

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser


def test_the_questions_are_filtered(window: BrowserContext, tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, lambda _: "grain", name="s", task="qa", out=tmp_path, harness=word_harness())
    page = window.new_page()
    page.set_content((run.folder / "report.html").read_text("utf-8"))
    rows, count = page.locator(".questions > details:visible"), page.locator(".filter output")
    assert (rows.count(), count.text_content()) == (7, "7 of 7")
    page.locator(".filter input").fill("BETA winter")
    assert (rows.count(), count.text_content()) == (1, "1 of 7")
    if not rows.locator(".error").is_visible():
        rows.locator("summary").click()
    assert rows.locator(".error").is_visible()
    page.locator(".filter select").select_option("wrong")
    assert rows.count() == 0
    page.locator(".filter input").fill("")
    assert rows.count() == 6
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_screen_tells_what_how_sure_and_the_outcomes_and_nothing_is_wider(
    window: BrowserContext, tmp_path: Path, width: int
) -> None:
    dataset = load_dataset(squad(tmp_path))
    source = next(name for name, own in dataset.documents.items() if "grain" in own.text)
    found = {"source": source, "start": 0, "end": 20}
    said = {"text": "grain", "citations": [found], "passages": [found]}
    run = evaluate(dataset, lambda _: said, task="qa", out=tmp_path, harness=word_harness())
    page = window.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content((run.folder / "report.html").read_text("utf-8"))
    assert page.locator(".lost th").all_text_contents()[-2:] == ["read", "cited"]
    heading = page.locator(".lost th").first.bounding_box()
    assert heading
    assert heading["height"] < 60, "its letters stand one below the other"
    told = page.locator(".first")
    assert "right" in (told.locator(".headline").text_content() or "")
    assert "95% interval" in (told.locator(".headline small").text_content() or "")
    assert (told.locator(".outcomes").get_attribute("aria-label") or "").startswith("6 wrong, 1 right")
    box = told.bounding_box()
    assert box
    assert box["y"] + box["height"] < 800
    opened = page.locator(".questions > details").first
    assert opened.locator(".error").is_visible(), "the worst error is open"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
