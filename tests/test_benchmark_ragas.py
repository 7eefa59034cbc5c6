"""``benchmarks.ragas_agreement``: its inputs and its arithmetic, with ragas' definitions in place of ragas."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ragas_agreement import (
    COMPARED,
    Row,
    agreement,
    exported,
    measure,
    our_scores,
    pairs,
    rankings,
    their_scores,
)
from qa.evaluation.metrics.answers import normalise_answer


def precision(fields: Any) -> float:
    """Average precision over what was found."""
    hits = [name in fields["reference_contexts"] for name in fields["retrieved_contexts"]]
    return sum(sum(hits[: n + 1]) / (n + 1) for n, hit in enumerate(hits) if hit) / sum(hits)


def rouge(said: list[str], reference: list[str]) -> float:
    """The F-measure of single words."""
    return 2 * sum((Counter(said) & Counter(reference)).values()) / (len(said) + len(reference))


SCORES: dict[str, Any] = {
    "ExactMatch": lambda fields: float(fields["response"] == fields["reference"]),
    "StringPresence": lambda fields: float(fields["reference"] in fields["response"]),
    "RougeScore rouge1": lambda fields: rouge(fields["response"].split(), fields["reference"].split()),
    "IDBasedContextRecall": lambda fields: (
        len(set(fields["retrieved_context_ids"]) & set(fields["reference_context_ids"]))
        / len(fields["reference_context_ids"])
    ),
    "IDBasedContextPrecision": lambda fields: float(
        fields["retrieved_context_ids"][0] in fields["reference_context_ids"]
    ),
    "NonLLMContextPrecisionWithReference": precision,
}


def test_agreement_by_hand() -> None:
    ours = [{"exact_match": 1.0, "F1": 1.0}, {"exact_match": 0.0, "F1": 0.5}, {"MAP": 0.5}]
    theirs = [
        {"ExactMatch": 1.0, "RougeScore rouge1": 0.8},
        {"ExactMatch": 1.0, "RougeScore rouge1": 0.5},
        {"NonLLMContextPrecisionWithReference": 0.500001},
    ]
    assert agreement("here", ours, theirs) == [
        Row("exact_match", "ExactMatch", "here", 2, 0.5, 1.0),
        Row("F1", "RougeScore rouge1", "here", 2, 0.5, pytest.approx(0.2)),
        Row("MAP", "NonLLMContextPrecisionWithReference", "here", 1, 1.0, pytest.approx(1e-6)),
    ]


def test_rankings_and_normalised_texts_have_the_scores_of_ragas_definitions() -> None:
    texts = [{name: normalise_answer(text) for name, text in pair.items()} for pair in pairs(200, 0)]
    cases: list[Any] = [*texts, *rankings(50, 0)]
    ours, theirs = [our_scores(case) for case in cases], [their_scores(case, SCORES) for case in cases]
    rows = {row.ours: row for row in agreement("", ours, theirs)}
    assert set(rows) == {ours for ours, _ in COMPARED}
    assert all(rows[name].agree == 1.0 for name in ("exact_match", "F1", "Recall@5", "P@1", "MAP"))
    assert rows["contains_answer"].agree < 1  # "76" in "760"


def test_inputs_are_the_same_for_a_seed_and_have_words_left() -> None:
    assert pairs(20, 3) == pairs(20, 3) != pairs(20, 4)
    assert all(normalise_answer(text) for pair in pairs(100, 0) for text in pair.values())
    assert all(set(case["relevant"]) <= set(case["retrieved"]) for case in rankings(20, 0))


def test_the_exported_run_has_a_wrong_answer(tmp_path: Path) -> None:
    file, exact = exported(tmp_path)
    assert exact == [1.0, 0.0, 1.0]
    assert [json.loads(line)["response"] for line in file.read_text("utf-8").splitlines()][1] == "1991"


def test_a_python_without_ragas_is_named(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho \"No module named 'ragas'\" >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(SystemExit, match="python: ragas could not score: No module named 'ragas'"):
        measure(python, 3, 0)
