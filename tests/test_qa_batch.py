"""``refdesk ask --batch``: one JSON object a line for scripts."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from commands import Run, fails

from qa.answer import Answer
from qa.assistant import QuestionError
from qa.cli.batch import ask_all, read_batch
from qa.evaluation import DatasetError
from qa.understand.conversation import Turn

LINES = [
    {"id": "a", "question": "Who?"},
    {"user_input": "And where?", "after": ["Who?", "When?"]},
    {"_id": 7, "query": "???"},
]


def batch(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def test_each_question_gets_a_line_and_a_failure_only_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[tuple[str, list[str]]] = []

    def ask(question: str, turns: Sequence[Turn]) -> Answer:
        calls.append((question, [turn.question for turn in turns]))
        if question == "???":
            raise QuestionError("the question is empty: ask it in a few words")
        return Answer("refusal", question, question, 0.1, message="Nothing.")

    asked = read_batch(batch(tmp_path))
    with pytest.raises(typer.Exit) as left:
        ask_all(asked, [Turn("Before?", "Yes.")], ask, as_json=True)
    shown = capsys.readouterr()
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert [(row["id"], row["question"], "kind" in row) for row in rows] == [
        ("a", "Who?", True), ("2", "And where?", True), ("7", "???", False)
    ]  # fmt: skip
    assert rows[2]["error"] == "the question is empty: ask it in a few words"
    assert (left.value.exit_code, shown.err.count("question 7: ")) == (3, 1)
    assert calls == [
        ("Who?", ["Before?"]),
        ("Who?", ["Before?"]),
        ("When?", ["Before?", "Who?"]),
        ("And where?", ["Before?", "Who?", "When?"]),
        ("???", ["Before?"]),
    ]
    ask_all(asked[:1], [], ask, as_json=False)
    assert capsys.readouterr().out == "a: Who?\nNothing.\n\n"


def test_a_dash_is_standard_input(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = batch(tmp_path).read_bytes()
    assert read_batch(Path("-"), io.BytesIO(lines)) == read_batch(tmp_path / "questions.jsonl")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"question": "Who?"}\n{"id": 2}\n')))
    fails(run("ask", "--batch", "-"), "standard input: line 2: question or user_input or query or text is missing")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    fails(run("ask", "--batch", "-"), "standard input: holds no questions")


def test_bad_files_are_named_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    for text, reason in (
        ('{"id": 1}', "q.jsonl: line 1: question or user_input or query or text is missing or empty"),
        ('{"question": "Who?", "after": "x"}', "after must be a list"),
        ("", "holds no questions"),
    ):
        path.write_text(text)
        with pytest.raises(DatasetError, match=reason):
            read_batch(path)
    fails(run("ask", "--batch", tmp_path / "nowhere.jsonl"), "no such file or folder")
    assert run("ask").code == run("ask", "Who?", "--batch", path).code == 2
