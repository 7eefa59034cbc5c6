"""The table of all questions in a run's report is filtered by words and by outcome."""

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


def test_the_table_of_questions_is_filtered(window: BrowserContext, tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, lambda _: "grain", name="s", task="qa", out=tmp_path, harness=word_harness())
    page = window.new_page()
    page.set_content((run.folder / "report.html").read_text("utf-8"))
    rows, count = page.locator("table.questions tbody tr:visible"), page.locator(".filter output")
    assert (rows.count(), count.text_content()) == (7, "7 of 7")
    page.locator(".filter input").fill("BETA winter")
    assert (rows.count(), count.text_content()) == (1, "1 of 7")
    rows.locator("summary").click()
    assert rows.locator(".error").is_visible()
    page.locator(".filter select").select_option("wrong")
    assert rows.count() == 0
    page.locator(".filter input").fill("")
    assert rows.count() == 6
    page.close()
