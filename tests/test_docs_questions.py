"""``docs/questions.md`` shows what is answered: every example of the page is asked again, with the shipped models."""

from __future__ import annotations

from components import lacking
from fakes import ROOT

from benchmarks.questions import KINDS, page
from index.models import ModelError


def test_the_page_has_every_kind_of_question_with_its_real_answer() -> None:
    shown = (ROOT / "docs" / "questions.md").read_text("utf-8")
    assert all(f"\n## {kind.name}\n" in shown for kind in KINDS)
    try:
        asked = page()
    except ModelError as error:
        lacking("the shipped models", str(error))
    assert shown == asked, "python -m benchmarks.questions > docs/questions.md makes the page anew"
