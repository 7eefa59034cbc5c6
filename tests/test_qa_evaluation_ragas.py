"""Test sets of ragas are read as it writes them: JSON Lines, CSV with lists as Python prints them, conversations."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from qa.evaluation import Dataset, DatasetError, load_dataset

ROWS = [
    {
        "user_input": "What does Alpha do?",
        "reference_contexts": ['<1-hop>\n\nAlpha "pumps"  water,\ninto the town.', "It's old."],
        "reference": "pumps",
        "persona_name": "Engineer",
        "synthesizer_name": "multi_hop",
    },
    {
        "user_input": "What does Beta store?",
        "reference_contexts": ["Beta stores grain."],
        "reference": "[grain]",
        "persona_name": "",
        "synthesizer_name": "single_hop",
    },
]
TALK = [
    {"content": "What does Beta store?", "type": "human"},
    {"content": "Grain.", "type": "ai"},
    {"content": "And who runs it?", "type": "human"},
    {"content": "Ann does.", "type": "ai"},
]


def as_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """As ``to_csv`` of ragas writes: by csv.DictWriter, which prints what is no text."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text('Alpha "pumps" water, into the town. It\'s old.')
    (folder / "b.txt").write_text("Beta stores grain. Ann runs it.")
    return folder


def test_a_table_is_read_as_the_same_test_set_in_lines(tmp_path: Path, corpus: Path) -> None:
    table = load_dataset(as_csv(tmp_path / "town.csv", ROWS), corpus=corpus)
    lines = load_dataset(as_lines(tmp_path / "town.jsonl", ROWS), corpus=corpus)
    assert (table.name, table.kind, table.items) == ("town", "open", lines.items)
    first, second = table.items
    assert first.relevant == {"a.txt": 1}
    assert first.evidence == ('Alpha "pumps" water, into the town.', "It's old.")
    assert first.slices == {"language": "en", "persona_name": "Engineer", "synthesizer_name": "multi_hop"}
    assert [answer.text for answer in second.answers] == ["[grain]"]  # a text, though it begins as a list does


@pytest.mark.parametrize("write", [as_csv, as_lines])
def test_of_several_turns_the_last_of_a_person_is_the_question(tmp_path: Path, corpus: Path, write: Any) -> None:
    row = {"user_input": TALK, "reference": "Ann", "reference_contexts": ["Ann runs it."]}
    path = write(tmp_path / f"talk{'.csv' if write is as_csv else '.jsonl'}", [row])
    (item,) = load_dataset(path, corpus=corpus).items
    assert (item.question, item.after, item.replies) == (
        "And who runs it?", ("What does Beta store?",), ("Grain.",)
    )  # fmt: skip
    assert [answer.text for answer in item.answers] == ["Ann"]


def test_without_replies_every_system_gives_its_own(tmp_path: Path) -> None:
    asked = [message for message in TALK if message["type"] == "human"]
    dataset: Dataset = load_dataset(
        as_lines(tmp_path / "t.jsonl", [{"user_input": asked, "reference": "x"}]), indexed=True
    )
    assert (dataset.items[0].after, dataset.items[0].replies) == (("What does Beta store?",), ())


def test_a_long_context_is_read(tmp_path: Path) -> None:
    row = {"user_input": "What?", "reference": "x", "reference_contexts": ["word " * 60_000]}
    (item,) = load_dataset(as_csv(tmp_path / "t.csv", [row]), indexed=True).items
    assert len(item.evidence[0]) > 250_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("question,answer\nWhat?,x\n", "t.csv: .* has no column user_input: rename the column of the questions"),
        ("user_input,reference\nWhat?,x,y\n", "t.csv: row 1: has more cells than the first line has names"),
        ("user_input,reference\nWhat?,x\nWho?\n", "t.csv: row 2: has no answers"),
        (
            "user_input,reference,reference_contexts\nWhat?,x,[broken\n",
            "t.csv: row 1: reference_contexts must be a list",
        ),
        ("user_input,reference\n\"[{'a': 1}]\",x\n", "t.csv: row 1: a message of user_input is an object with type"),
        (
            "user_input,reference\n\"[{'type': 'ai', 'content': 'Hi'}]\",x\n",
            "t.csv: row 1: no message of user_input is of type human",
        ),
        ("user_input,reference\n", "t.csv: holds no questions"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(DatasetError, match=reason):
        load_dataset(tmp_path / "t.csv", indexed=True)
