"""Sentences as language models write them: what the shipped files hold, and which pairs are made of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

from training.verifier.examples import SUPPORTED, UNSUPPORTED
from training.verifier.written import FOLDER, HELD, written

ROW = {
    "title": "Pool rules",
    "text": "Members may bring a guest on Sundays, unless it rains.",
    "asked": [
        {
            "question": "Can I bring my sister?",
            "true": [
                "Members may bring a guest on Sundays unless it rains.",
                "On dry Sundays members may bring a guest.",
            ],
            "false": [
                {"claim": "Members may bring a guest on Sundays.", "why": "exception"},
                {"claim": "Members must bring a guest on Sundays, unless it rains.", "why": "stronger"},
            ],
        }
    ],
}


def test_each_line_of_the_files_has_as_many_true_sentences_as_false_ones_and_they_differ() -> None:
    for path in FOLDER.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            assert row["title"], path
            assert row["text"], path
            for asked in row["asked"]:
                false = [own["claim"] for own in asked["false"]]
                assert (len(asked["true"]), len(false)) == (2, 2), (path, row["id"])
                assert not set(asked["true"]) & set(false), (path, row["id"])
    assert {path.stem for path in FOLDER.glob("*.jsonl")} > set(HELD)


def test_what_is_held_out_stands_below_its_title_and_without_its_question(tmp_path: Path) -> None:
    for name in ("a", HELD[0]):
        (tmp_path / f"{name}.jsonl").write_text(f"{json.dumps(ROW)}\n" * 30, "utf-8")
    pairs = list(written(random.Random(0), tmp_path))
    learned, held = ([pair for pair in pairs if pair.held_out is is_held] for is_held in (False, True))
    assert (len(learned), len(held)) == (120, 120)
    assert [pair.label for pair in held[:4]] == [SUPPORTED, SUPPORTED, UNSUPPORTED, UNSUPPORTED]
    assert {pair.evidence for pair in held} == {f"Pool rules. {ROW['text']}"}
    assert {pair.evidence for pair in learned} == {f"Pool rules. {ROW['text']}", ROW["text"]}
    assert not any(pair.claim.startswith("Can I") for pair in held)
    assert 0 < sum(pair.claim.startswith("Can I") for pair in learned) < len(learned)
    assert pairs == list(written(random.Random(0), tmp_path))
