"""First drafts of questions about one's own documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.evaluation import load_dataset, make_template
from qa.evaluation.datasets.drafts import draft


@pytest.mark.parametrize(
    ("sentence", "question", "wording"),
    [
        ("The pump was built by Ann Miller in 1990.", "When was the pump built by Ann Miller?", "1990"),
        ("The fee is 75 euros.", "What is the fee?", "75 euros"),
        ("The granary holds 300 tons of wheat.", "What does the granary hold?", "300 tons"),
        ("Beta is the oldest mill of the town.", "What is Beta?", "oldest mill"),
        ("The library opens at 9.", None, None),
        ("The lift is 90 cm wide.", None, None),
        ("His name is Ann.", None, None),
        ("It is the oldest mill of the town.", None, None),
        ("Alpha, which is old, pumps the water.", None, None),
        ("Nobody knows.", None, None),
    ],
)
def test_a_sentence_is_asked_about(sentence: str, question: str | None, wording: str | None) -> None:
    drafted = draft(sentence)
    assert (drafted and drafted.question, drafted and drafted.wording) == (question, wording)


def test_drafts_are_spread_over_a_document_and_name_their_source(tmp_path: Path) -> None:
    docs, target = tmp_path / "docs", tmp_path / "docs.questions.jsonl"
    (docs / "deep").mkdir(parents=True)
    said = [f"Mill {name} is the {name.lower()} mill of the whole valley." for name in "ABCDEFGHI"]
    (docs / "deep" / "mills.md").write_text("# The price is 30 euros\n\n" + " ".join(said))
    (docs / "fees.txt").write_text("The entrance fee is 75 euros.\n")
    assert make_template(docs, target) == (5, ())
    comment, *records = map(json.loads, target.read_text("utf-8").splitlines())
    assert comment.keys() == {"comment"}
    by_source = {record["from"]: record for record in records if "from" in record}
    assert set(by_source) == {said[1], said[4], said[7], "The entrance fee is 75 euros."}
    assert by_source[said[1]]["expect"]["cite"] == ["mills.md"]
    assert records[-1]["expect"] == {"kind": "refusal"}
    dataset = load_dataset(target, corpus=docs)
    assert (dataset.kind, {item.corpus for item in dataset.items}) == ("visitors", {"docs"})
    assert {item.slices["kind"] for item in dataset.items} == {"fact", "number", "silent"}
