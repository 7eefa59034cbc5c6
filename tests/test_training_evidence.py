"""Passages with the sentences that answer questions: how they are read, and what holds for those that ship."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from training import evidence_data
from training.evidence_data import KINDS, NEAR, Asked, Passage

TEXT = """=== Kettle
Fill it up to the mark.
Then press the key.
Never:
- open the lid
- move it

Scale harms it.
---
how 1 2: How do I use it?
list 4 5: What must I never do?
near 6: How is scale removed?
"""


@pytest.fixture(scope="module")
def shipped() -> list[Passage]:
    return list(evidence_data.read())


def test_the_lines_are_the_sentences_of_the_document_and_questions_point_at_them(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(TEXT, "utf-8")
    (passage,) = evidence_data.read(tmp_path)
    assert [passage.document.text[start:end] for start, end in passage.sentences] == [
        "Fill it up to the mark.", "Then press the key.", "Never:", "- open the lid", "- move it", "Scale harms it.",
    ]  # fmt: skip
    assert "mark. Then press the key." in passage.document.text
    assert passage.questions == (
        Asked("how", "How do I use it?", (0, 1)),
        Asked("list", "What must I never do?", (3, 4)),
        Asked("near", "How is scale removed?", (5,)),
    )


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("Then press the key.", "Then press. Wait.", "not one sentence: 'Then press. Wait.'"),
        ("how 1 2: ", "how 1 7: ", "numbers must rise from 1 to 6 at most: 'how 1 7: How do I use it"),
        ("how 1 2: ", "how 2 1: ", "numbers must rise from 1 to 6 at most: 'how 2 1: How do I use it"),
        ("---\n", "", "no questions below a line '---'"),
        (TEXT[TEXT.index("how 1 2") :], "", "no questions below a line '---'"),
        ("near 6: ", "far 6: ", "no question: 'far 6: How is scale removed"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_passage_and_line(
    tmp_path: Path, right: str, wrong: str, reason: str
) -> None:
    (tmp_path / "own.txt").write_text(TEXT.replace(right, wrong), "utf-8")
    with pytest.raises(SystemExit, match=f"own.txt: Kettle: {reason}"):
        list(evidence_data.read(tmp_path))


def test_every_passage_that_ships_has_questions_with_answers_and_a_near_miss(shipped: list[Passage]) -> None:
    assert len(shipped) >= 120
    for passage in shipped:
        kinds = Counter(asked.kind for asked in passage.questions)
        assert kinds[NEAR] in (1, 2), passage.document.title
        assert kinds.total() - kinds[NEAR] >= 3, passage.document.title
    assert {asked.kind for passage in shipped for asked in passage.questions} == {*KINDS, NEAR}


def test_no_passage_and_no_question_of_one_is_written_twice(shipped: list[Passage]) -> None:
    assert len({passage.document.title for passage in shipped}) == len(shipped)
    for passage in shipped:
        texts = [asked.text.casefold() for asked in passage.questions]
        assert len(set(texts)) == len(texts), passage.document.title


def test_answers_differ_in_length_and_some_are_not_in_one_piece(shipped: list[Passage]) -> None:
    answers = [asked.sentences for passage in shipped for asked in passage.questions if asked.kind != NEAR]
    assert {1, 2, 3, 4, 5} <= {len(answer) for answer in answers}
    apart = [answer for answer in answers if answer[-1] - answer[0] >= len(answer)]
    assert 20 * len(apart) >= len(answers)
