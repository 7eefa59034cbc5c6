"""``benchmarks.references``: its cases and its figures on small data."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from evaluation_data import squad
from fakes import words

from benchmarks.references import Case, of_clapnq, of_squad, scored
from qa.evaluation import load_dataset


def test_right_and_wrong_answers_of_squad(tmp_path: Path) -> None:
    cases = list(of_squad(load_dataset(squad(tmp_path)), random.Random(0), 10))
    right = {case.question: case for case in cases if case.is_right}
    assert len(right) == 5
    assert right["Who built the pump?"] == (
        "Who built the pump?", ("The pump was built by Ann Miller in 1890.",), ("Ann Miller",), True
    )  # fmt: skip
    wrong = {case.question: case.said for case in cases if not case.is_right}
    assert wrong["Who built the pump?"] == ("pumps water",)
    assert "How long is the river Gamma?" not in wrong  # the only question of its paragraph


def test_right_and_wrong_sentences_of_clapnq(tmp_path: Path) -> None:
    text = "Alpha pumps water. Beta stores grain. Gamma sells iron."
    row = {
        "id": "1", "input": "what does beta store", "passages": [{"title": "Town", "text": text}],
        "output": [{"answer": "Beta keeps grain.", "selected_sentences": ["Beta stores grain."]}],
    }  # fmt: skip
    path = tmp_path / "clapnq.jsonl"
    path.write_text(json.dumps(row) + "\n")
    first, second = of_clapnq(load_dataset(path), random.Random(0), 5)
    assert first == ("what does beta store", ("Beta keeps grain.",), ("Beta stores grain.",), True)
    assert (second.is_right, second.said[0] in ("Alpha pumps water.", "Gamma sells iron.")) == (False, True)


def test_figures_by_hand() -> None:
    def holds(statement: str, premise: str) -> bool:
        return set(words(statement)) <= set(words(premise))

    cases = [
        Case("Where is it?", ("It is where Ann is.", "It is in Rome."), ("in Rome",), True),  # all of the second
        Case("Where is it?", ("It is here. It is dear.",), ("here",), True),  # one of two sentences
    ]
    found = scored(cases, holds)
    assert (found.cases, found.entailed, found.recall) == (2, 0.5, 0.75)
    assert found.f1 == pytest.approx((2 * 2 / (2 + 4) + 2 * 1 / (1 + 6)) / 2)
