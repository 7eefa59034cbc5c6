"""What the judge learns from questions that several documents answer together."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from documents.split import Splitter
from tests.fakes import WordEmbedder, WordReranker
from training.judge.several import HELD_SETS, OTHERS, files_of, of_each, of_sets

SET = """=== Price list, 2023 | list | trams
# Prices in 2023

A day ticket is 9.00.

A dog rides free.

Bikes are not allowed.
---
Q: What does a dog pay?
A: free
E: A dog rides
=== Price list, 2024 | list | trams
# Prices in 2024

A day ticket is 9.80. Children pay half.
---
=== Staff | list | trams
# Staff

Ines Roth drives line 4.

Line 4 leaves from the brewery.
---
+++ Trams
C: What did one grown up pay before and after?
A: 9.00
A: 9.80
E: Price list, 2023 :: A day ticket is
E: Price list, 2024 :: A day ticket is
H: Where does Ines Roth start?
A: from the brewery
E: Staff :: Ines Roth drives
E: Staff :: Line 4 leaves
N: What does a dog cost in 2024?
W: A dog rides free
D: Are bikes allowed?
A: Bikes are welcome
E: Rules :: Bikes are welcome
"""


class NoChange(random.Random):
    """Draws so that questions stay as they are."""

    def random(self) -> float:
        return 0.999


@pytest.fixture
def groups(tmp_path: Path) -> dict[str, list[tuple[bool | None, str]]]:
    path = tmp_path / "s01.txt"
    path.write_text(SET)
    found = list(of_sets(path, WordEmbedder(), Splitter(max_tokens=16).split, NoChange()))
    assert found[3] == []  # no document of the set has the sentence
    return {
        group[0].example.question: [(own.example.answerable, own.example.text.splitlines()[-1]) for own in group]
        for group in found[:3]
    }


def test_each_side_of_a_comparison_answers(groups: dict[str, list[tuple[bool | None, str]]]) -> None:
    passages = groups["What did one grown up pay before and after?"]
    assert {text for answers, text in passages if answers} == {
        "A day ticket is 9.00.",
        "A day ticket is 9.80. Children pay half.",
    }
    assert all(answers is not None for answers, _ in passages)


def test_what_only_leads_to_an_answer_is_not_learned_from(groups: dict[str, list[tuple[bool | None, str]]]) -> None:
    passages = {text: answers for answers, text in groups["Where does Ines Roth start?"]}
    assert passages["Line 4 leaves from the brewery."] is True
    assert passages["Ines Roth drives line 4."] is None


def test_a_near_miss_has_only_passages_that_do_not_answer(groups: dict[str, list[tuple[bool | None, str]]]) -> None:
    passages = groups["What does a dog cost in 2024?"]
    assert [answers for answers, _ in passages] == [False] * OTHERS


def test_some_files_of_sets_are_held_out(tmp_path: Path) -> None:
    folder = tmp_path / "everyday"
    folder.mkdir()
    for name in ("s01", HELD_SETS[0], "k01"):
        (folder / f"{name}.txt").write_text(SET)
    shares = {path.stem: share for path, share in files_of(tmp_path, {"s*": 0.5, "ta01": 1.0}).items()}
    assert shares == {"s01": 0.5, "ta01": 1.0}


def test_what_is_asked_of_one_document_has_no_passage_of_the_others_of_its_set(tmp_path: Path) -> None:
    path = tmp_path / "s01.txt"
    path.write_text(f"{SET}\n=== Tariff | list | ships\n# Tariff\n\nA dog will pay 3.00 on board.\n---\n+++ Ships\n")
    split = Splitter(max_tokens=16).split
    (group,) = of_each(path, WordEmbedder(), split, NoChange(), 1.0, WordReranker())
    assert group[0].example.question == "What does a dog pay?"
    texts = {own.example.text: own.example.answerable for own in group}
    assert [text for text, answers in texts.items() if answers] == [
        "Prices in 2023\nA dog rides free.\n\nBikes are not allowed."
    ]
    others = "".join(text for text, answers in texts.items() if not answers)
    assert "A day ticket is 9.00." in others  # of its own document
    assert "A dog will pay 3.00" in others  # of another set
    assert "9.80" not in others
    assert "Ines Roth" not in others


def test_of_a_share_of_none_nothing_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "s01.txt"
    path.write_text(SET)
    assert not list(of_sets(path, WordEmbedder(), Splitter().split, NoChange(), share=0.5))
