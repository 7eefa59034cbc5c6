"""The benchmark that tells whether answers changed: what it calls a difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import frozen


def saved(folder: Path, name: str, answers: dict[str, dict[str, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps({"id": key, "question": f"{key}?", "answer": answer}) for key, answer in answers.items()]
    (folder / name).write_text("\n".join(lines))


def test_the_same_answers_do_not_differ(tmp_path: Path) -> None:
    for folder in ("before", "after"):
        saved(tmp_path / folder, "a.jsonl", {"1": {"text": "Yes.", "confidence": 0.9}})
    assert list(frozen.differences(tmp_path / "before", tmp_path / "after")) == []


def test_an_answer_that_differs_is_named_with_its_fields(tmp_path: Path) -> None:
    saved(tmp_path / "before", "a.jsonl", {"1": {"text": "Yes.", "confidence": 0.9}, "2": {"text": "No."}})
    saved(tmp_path / "after", "a.jsonl", {"1": {"text": "Yes.", "confidence": 0.8, "new": 1}, "2": {"text": "No."}})
    found = list(frozen.differences(tmp_path / "before", tmp_path / "after"))
    assert found == ["a.jsonl 1: confidence, new: 1?"]


def test_sets_and_questions_that_only_one_folder_has_are_named(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    saved(before, "a.jsonl", {"1": {}, "2": {}})
    saved(after, "a.jsonl", {"1": {}})
    saved(after, "b.jsonl", {"1": {}})
    assert list(frozen.differences(before, after)) == [f"b.jsonl: only in {after}", f"a.jsonl 2: only in {before}"]


def test_every_set_without_shared_data_has_questions_about_documents_that_are_there() -> None:
    found = {own.name: own for own in frozen.collections(None)}
    assert len(found["sample"].asked) == 130
    assert sum(len(own.asked) for own in found.values() if own.name.startswith("own-")) > 500
    assert all(path.exists() for own in found.values() for path in own.paths)
