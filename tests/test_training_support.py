"""Fitting of the verifier: made claims, groups, the head, the threshold, and cached verdicts."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEntailment

from qa.check.entailment import Entailed
from qa.check.support import WindowFeatures, window_features
from qa.check.windows import Block
from training.fit_support import (
    CachingEntailment,
    Data,
    cross_validated,
    fitted,
    groups_of,
    scores_of,
    threshold_for,
    with_features,
)
from training.perturb import CHANGED, SUPPORTED, names_in, variants
from training.support_cases import Case, made, scifact

TEXT = (
    "In 1890, the town of Ulm finished the steeple of its minster, which is 161.5 metres high. "
    "More than 126,000 people live in Ulm, and the Danube was crossed by eleven bridges (two of them for trains). "
    "However, the northern harbour has never been rebuilt since March 1945. "
    "King Ludwig visited Friedrich in Stuttgart before the war, 12 years later than planned."
)


def test_every_rule_makes_a_supported_or_a_changed_claim_as_its_kind_says() -> None:
    found = {variant.kind: variant for variant in variants(TEXT, ["Marseille"], random.Random(3))}
    assert {kind for kind, variant in found.items() if variant.supported} <= set(SUPPORTED)
    assert {kind for kind, variant in found.items() if not variant.supported} <= set(CHANGED)
    assert {"quote", "reported", "without aside", "number", "date", "name", "negation", "comparison"} <= set(found)
    assert found["quote"].claim in TEXT
    assert all(variant.claim not in TEXT for kind, variant in found.items() if kind in CHANGED)
    assert "Marseille" in found["name"].claim


def test_variants_are_determined_by_the_seed() -> None:
    first, second = (list(variants(TEXT, names_in(TEXT), random.Random(5))) for _ in range(2))
    assert first == second


def case(source: str, keys: tuple[str, ...], claim: str, supported: bool) -> Case:
    return Case(source, keys, claim, (Block(("Alpha pumps water into the old town.", "It is new.")),), supported, "")


def test_cases_linked_by_shared_keys_are_one_group() -> None:
    keys = [("claim 1", "text a"), ("claim 2", "text b"), ("claim 2", "text a"), ("claim 3", "text c")]
    groups = groups_of([case("x", key, "", True) for key in keys])
    assert groups.tolist() == [0, 0, 0, 1]


def data() -> Data:
    claims = [("Alpha pumps water.", True), ("Alpha pumps oil.", True), ("Gamma sells iron.", False), ("Water", True)]
    return with_features(
        [case("x", (f"{n}",), claim, label) for n in range(12) for claim, label in claims], WordEntailment()
    )


def test_a_head_learns_that_covering_more_words_means_more_support() -> None:
    cases = data()
    head = fitted(cases, np.arange(len(cases.cases)), ["cover", "names"])
    assert head.weights["cover"] > 0
    scores = scores_of(head, cases, np.arange(4))[:, 0]
    assert scores[0] > scores[2]
    held = cross_validated(cases, ["cover", "names"], seed=0)
    assert held[cases.supported > 0, 0].min() > held[cases.supported == 0, 0].max()


def test_a_window_that_lacks_a_number_is_never_accepted() -> None:
    cases = with_features([case("x", ("1",), "Alpha pumps 3 waters into the old town.", False)], WordEntailment())
    head = fitted(data(), np.arange(48), ["cover"])
    likely, whole = scores_of(head, cases, np.arange(1))[0]
    assert likely > 0
    assert whole == 0


def test_the_threshold_is_the_lowest_with_the_precision_each_source_counting_alike() -> None:
    cases = [case(source, (f"{n}",), "", label) for n, (source, label) in enumerate(
        [("a", False), ("a", True), ("a", False), ("a", True), ("b", True), ("made", False)])]  # fmt: skip
    own = Data(cases, [[]] * 6, np.arange(6))
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.35, 0.9])
    assert threshold_for(0.75, scores, own) == 0.01
    assert threshold_for(0.8, scores, own) == pytest.approx(0.11)
    assert threshold_for(0.95, scores, own) == pytest.approx(0.31)


def test_verdicts_are_computed_once_and_cached(tmp_path: Path) -> None:
    class Counting(WordEntailment):
        calls = 0

        def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
            self.calls += len(pairs)
            return super().judge(pairs)

    own = Counting()
    first = CachingEntailment(own, tmp_path / "verdicts.jsonl").judge([("alpha", "alpha beta"), ("alpha", "beta")])
    again = CachingEntailment(own, tmp_path / "verdicts.jsonl")
    assert again.judge([("alpha", "beta"), ("alpha", "alpha beta")]) == [first[1], first[0]]
    assert again.judge([("alpha", "gamma")]) == [Entailed(0.0, 0.0, 1.0)]
    assert own.calls == 3


def test_each_cited_abstract_is_a_case_supported_only_with_the_label_support(tmp_path: Path) -> None:
    corpus = [{"_id": name, "title": name, "text": f"{name} holds. It is so."} for name in ("a", "b", "c")]
    claims = [{"_id": "1", "claim": "It holds.", "evidence": [{"doc_id": "a", "label": "SUPPORT"},
                                                              {"doc_id": "b", "label": "CONTRADICT"}]}]  # fmt: skip
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus))
    (tmp_path / "claims_evidence.train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in claims))
    (tmp_path / "qrels.train.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n1\tc\t1\n")
    assert [(own.keys, own.supported) for own in scifact(tmp_path, "train")] == [
        (("s 1", "d a"), True),
        (("s 1", "d c"), False),
        (("s 1", "d b"), False),
    ]


def test_made_claims_have_their_own_text_and_the_next_as_evidence() -> None:
    paragraphs = [("Ulm", TEXT), ("Ulm", "It rained a lot in the town of Ulm this year."), ("Bonn", "Bonn is old.")]
    cases = list(made(paragraphs, 2, "made", seed=1))
    assert {own.kind for own in cases if own.supported} <= set(SUPPORTED)
    own = next(own for own in cases if own.kind == "quote" and own.blocks[0].context == "Ulm")
    assert own.blocks[1].sentences
    windows: list[WindowFeatures] = window_features(WordEntailment(), own.claim, own.blocks)
    assert any(window.quoted for window in windows)
