"""Risk and coverage, calibration, detection: by hand, compared with scikit-learn, and independent of order."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.evaluation.metrics.abstention import (
    aurc,
    auroc,
    balanced_accuracy,
    coverage_at,
    expected_calibration_error,
    recall_at_precision,
    refusal_precision_recall,
    reliability,
    risk_coverage,
    selective_accuracy,
)
from qa.evaluation.metrics.agreement import cohens_kappa, raw_agreement
from qa.evaluation.scoring.confidence import confidences, curve
from qa.evaluation.summary import summarise
from qa.evaluation.tasks import TASKS

Floats = NDArray[np.float64]


def test_risk_and_coverage_by_hand() -> None:
    coverage, risk = risk_coverage([0.9, 0.1, 0.8, 0.5], [1, 0, 0, 1])
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert risk == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert aurc([0.9, 0.1, 0.8, 0.5], [1, 0, 0, 1]) == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_selective_accuracy_by_hand() -> None:
    confidence, right = [0.9, 0.1, 0.8, 0.5, 0.3], [1, 0, 0, 1, 1]
    found = [selective_accuracy(confidence, right, coverage) for coverage in (0.2, 0.4, 0.6, 0.8, 1)]
    assert found == pytest.approx([1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])
    # Rounded up to whole questions, and equal confidences by expectation.
    assert selective_accuracy(confidence, right, 0.01) == 1
    assert selective_accuracy([0.5, 0.5], [1, 0], 0.5) == 0.5
    assert math.isnan(selective_accuracy([], [], 0.5))


@pytest.mark.parametrize("coverage", [0.2, 0.4, 0.6, 0.8, 1.0])
def test_selective_accuracy_is_that_of_the_curve_and_ends_at_the_accuracy(coverage: float) -> None:
    rng = np.random.default_rng(4)
    confidence, right = rng.random(100), (rng.random(100) < 0.6).astype(float)
    _, risk = risk_coverage(confidence, right)
    assert selective_accuracy(confidence, right, coverage) == pytest.approx(1 - risk[round(coverage * 100) - 1])
    assert selective_accuracy(confidence, right, 1) == pytest.approx(right.mean())


def test_risk_within_a_tie_is_the_expectation() -> None:
    _, risk = risk_coverage([0.5, 0.5, 0.5, 0.2], [1, 1, 0, 0])
    assert risk == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1 / 2])


def test_risk_within_a_tie_is_the_mean_over_all_orders() -> None:
    confidence, correct = [0.7, 0.4, 0.4, 0.4, 0.1], np.asarray([1, 0, 1, 0, 1.0])
    orders = [np.asarray([0, *(1 + np.asarray(order)), 4]) for order in permutations(range(3))]
    strict = [5.0, 4.0, 3.0, 2.0, 1.0]
    mean = np.mean([risk_coverage(strict, correct[order])[1] for order in orders], axis=0)
    assert risk_coverage(confidence, correct)[1] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("confidence", "correct", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 1, 1, 0], 1.0),
        ([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 0, 0], 0.4),
        ([0.9, 0.8, 0.7, 0.6, 0.5], [0, 1, 1, 1, 1], 1.0),  # 4 of 5 when all are answered, though the first is wrong
        ([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0], 0.25),  # a threshold cannot split the tie
        ([0.9, 0.8], [0, 0], 0.0),
        ([], [], 0.0),
    ],
)
def test_coverage_at_80_percent(confidence: list[float], correct: list[float], expected: float) -> None:
    assert coverage_at(confidence, correct) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("confidence", "correct", "risks"),
    [
        ([0.9], [1], [0]),
        ([0.9], [0], [1]),
        ([0.9, 0.8], [1, 0], [0, 1 / 2]),
        ([0.8, 0.9], [1, 0], [1, 1 / 2]),  # the wrong one is given first
        ([0.9, 0.8, 0.7], [0, 1, 1], [1, 1 / 2, 1 / 3]),
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0], [0, 0, 1 / 3, 1 / 2]),  # as good as it can be
        ([0.5, 0.5], [1, 0], [1 / 2, 1 / 2]),  # a tie: half an error is expected at the first
        ([0.9, 0.5, 0.5, 0.5], [1, 1, 0, 0], [0, 1 / 3, 4 / 9, 1 / 2]),  # within it 2/3, then 4/3, then 2 errors
        ([0.9, 0.1], [0.5, 1], [1 / 2, 1 / 4]),  # half right
    ],
)
def test_risks_and_their_area_by_hand(confidence: list[float], correct: list[float], risks: list[float]) -> None:
    coverage, risk = risk_coverage(confidence, correct)
    assert coverage == pytest.approx([(number + 1) / len(risks) for number in range(len(risks))])
    assert risk == pytest.approx(risks)
    assert aurc(confidence, correct) == pytest.approx(sum(risks) / len(risks))


@pytest.mark.parametrize(
    ("probability", "outcome", "error"),
    [
        ([0.8], [1], 0.2),
        ([0.8], [0], 0.8),
        ([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0], 0),  # three of four: as sure as right
        ([0.05, 0.95], [0, 1], 0.05),
        ([0.05, 0.95], [1, 0], 0.95),
        ([0.61, 0.69], [1, 0], abs(0.65 - 0.5)),  # one bin: gaps cancel within it
        ([0.55, 0.65], [1, 0], (0.45 + 0.65) / 2),  # two bins: they do not
        ([0.9, 0.9, 0.9, 0.1], [1, 1, 0, 0], (3 * (0.9 - 2 / 3) + 0.1) / 4),  # bins count by their size
        ([0.5], [0.5], 0),
    ],
)
def test_calibration_errors_by_hand(probability: list[float], outcome: list[float], error: float) -> None:
    assert expected_calibration_error(probability, outcome) == pytest.approx(error)


def test_each_kind_of_question_has_its_own_calibration_error() -> None:
    """Of dates .9 and .9 of which one is right, of names .2 which is wrong; in all (2 * .4 + .2) / 3."""
    rows = [("date", 0.9, 1.0), ("date", 0.9, 0.0), ("name", 0.2, 0.0)]
    records = [
        {
            "id": str(number), "group": str(number), "slices": {"kind": kind}, "metrics": {"F1": right},
            "signals": {"confidence": confidence, "right": right, "answerable": 1.0},
        }
        for number, (kind, confidence, right) in enumerate(rows)
    ]  # fmt: skip
    summary = summarise(records, TASKS["qa"], 0, 20)
    errors = {kind: row["metrics"]["ECE"]["value"] for kind, row in summary["slices"]["kind"].items()}
    assert errors == {"date": pytest.approx(0.4), "name": pytest.approx(0.2)}
    assert summary["metrics"]["ECE"]["value"] == pytest.approx(1 / 3, abs=1e-6)


def test_calibration_by_hand() -> None:
    # Bins (.1, .2], (.8, .9] and (.9, 1]; a bin includes its upper edge, so .2 is in the first.
    p, y = [0.15, 0.2, 0.85, 0.85, 1.0], [0, 1, 1, 0, 1]
    bins = reliability(p, y)
    assert bins.probability == pytest.approx([0.175, 0.85, 1.0])
    assert bins.outcome == pytest.approx([0.5, 0.5, 1.0])
    assert bins.count.tolist() == [2, 2, 1]
    assert expected_calibration_error(p, y) == pytest.approx((2 * 0.325 + 2 * 0.35 + 0) / 5)
    assert expected_calibration_error([0.0, 1.0], [0, 1]) == 0
    assert math.isnan(expected_calibration_error([], []))


def test_probabilities_above_1_are_refused() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, not 0.2 to 1.5"):
        expected_calibration_error([0.2, 1.5], [0, 1])


@pytest.mark.parametrize(
    ("refused", "unanswerable", "precision", "recall"),
    [
        ([1, 1, 0, 0], [1, 0, 1, 0], 1 / 2, 1 / 2),
        ([True, True, True, True], [True, False, False, False], 1 / 4, 1),
        ([0, 0, 0, 0], [1, 0, 0, 0], math.nan, 0),
        ([1, 0, 0, 0], [0, 0, 0, 0], 0, math.nan),
    ],
)
def test_refusal_precision_and_recall(
    refused: list[int], unanswerable: list[int], precision: float, recall: float
) -> None:
    assert refusal_precision_recall(refused, unanswerable) == pytest.approx((precision, recall), nan_ok=True)


def test_detection_by_hand() -> None:
    assert auroc([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0]) == pytest.approx(3.5 / 4)
    assert balanced_accuracy([1, 1, 1, 0], [1, 1, 0, 0]) == pytest.approx((1 + 1 / 2) / 2)
    assert recall_at_precision([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]) == pytest.approx(2 / 3)
    assert recall_at_precision([0.9, 0.8], [0, 1]) == 0
    assert recall_at_precision([0.5, 0.5], [0, 1], precision=0.5) == 1


@pytest.mark.parametrize("metric", [auroc, balanced_accuracy])
def test_a_single_class_gives_nan(metric: Callable[[list[float], list[int]], float]) -> None:
    assert math.isnan(metric([1, 0], [1, 1]))
    assert math.isnan(metric([1, 0], [0, 0]))
    assert math.isnan(metric([], []))


def test_recall_without_positives_is_nan() -> None:
    assert math.isnan(recall_at_precision([0.1, 0.2], [0, 0]))


@pytest.mark.parametrize("bad", [([0.1], [1, 0]), ([[0.1]], [[1]]), ([math.nan], [1])])
def test_different_shapes_and_nan_are_refused(bad: tuple[list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match=r"one length|not a number"):
        risk_coverage(*bad)


@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_scikit_learn(seed: int) -> None:
    import sklearn.metrics  # takes a second, which workers that do not run this test need not wait
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(seed)
    size = int(rng.integers(5, 200))
    positive = rng.random(size) < 0.4
    positive[:2] = True, False
    scores = np.round(rng.random(size) * 0.7 + 0.3 * positive, 1 + seed % 3)  # few digits: many ties
    assert auroc(scores, positive) == pytest.approx(sklearn.metrics.roc_auc_score(positive, scores))
    assert balanced_accuracy(scores > 0.5, positive) == pytest.approx(
        sklearn.metrics.balanced_accuracy_score(positive, scores > 0.5)
    )
    precision, recall, _ = sklearn.metrics.precision_recall_curve(positive, scores)
    assert recall_at_precision(scores, positive, 0.7) == pytest.approx(max(recall[precision >= 0.7 - 1e-9]))
    outcome, probability = calibration_curve(positive, scores, n_bins=10)
    bins = reliability(scores, positive)
    assert (bins.outcome, bins.probability) == (pytest.approx(outcome), pytest.approx(probability))
    refused = scores < 0.5
    precision_recall = [
        metric(positive, refused, zero_division=np.nan)
        for metric in (sklearn.metrics.precision_score, sklearn.metrics.recall_score)
    ]
    assert refusal_precision_recall(refused, positive) == pytest.approx(precision_recall, nan_ok=True)


pairs = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.booleans()), min_size=1, max_size=12)


@given(pairs, st.randoms())
def test_figures_are_independent_of_the_order_of_questions(questions: list[tuple[float, bool]], random: object) -> None:
    shuffled = list(questions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def figures(pairs: list[tuple[float, bool]]) -> list[float]:
        scores, truth = zip(*pairs, strict=True)
        curve = risk_coverage(scores, truth)[1].tolist()
        metrics = (auroc, aurc, coverage_at, expected_calibration_error, recall_at_precision)
        return curve + [metric(scores, truth) for metric in metrics]

    assert figures(shuffled) == pytest.approx(figures(questions), nan_ok=True)


@given(pairs)
def test_figures_lie_between_0_and_1(questions: list[tuple[float, bool]]) -> None:
    scores, truth = zip(*questions, strict=True)
    coverage, risk = risk_coverage(scores, truth)
    assert coverage[-1] == 1
    assert risk[-1] == pytest.approx(1 - np.mean(truth))
    assert 0 <= risk.min() <= risk.max() <= 1
    assert coverage_at(scores, truth, 0.0) == 1
    assert 0 <= expected_calibration_error(scores, truth) <= 1


def test_the_curve_that_is_kept_has_the_risk_at_each_tenth() -> None:
    """Ten answers, of which the most confident five are right: no risk up to .5, then 1/6, 2/7, 3/8, 4/9, 5/10."""
    rows = [(0.95 - number / 20, number < 5) for number in range(10)]
    records = [{"signals": {"confidence": confidence, "right": float(right)}} for confidence, right in rows]
    points = curve(records)
    assert [point["coverage"] for point in points] == [number / 10 for number in range(1, 11)]
    assert [point["risk"] for point in points] == pytest.approx([0] * 5 + [1 / 6, 2 / 7, 3 / 8, 4 / 9, 1 / 2], abs=1e-6)
    assert curve([]) == []


def test_only_answers_that_were_given_count_where_a_record_says_which() -> None:
    given = [{"signals": {"confidence": 0.9, "right": 1.0, "given": 1.0}}]
    refused = [{"signals": {"confidence": 0.0, "right": 0.0, "given": 0.0}}]
    assert [values.tolist() for values in confidences(given + refused)] == [[0.9], [1.0]]


def test_a_reliability_bin_knows_its_lower_end() -> None:
    # .05 and .1 are in (0, .1], .25 in (.2, .3], 1 in (.9, 1]
    found = reliability([0.05, 0.1, 0.25, 1.0], [0, 1, 1, 1])
    assert found.lower.tolist() == pytest.approx([0, 0.2, 0.9])
    assert found.count.tolist() == [2, 1, 1]
    assert found.outcome.tolist() == [0.5, 1, 1]


# Verdicts of two judges, share of agreement, Cohen's kappa: (agreement - expected) / (1 - expected).
JUDGED = [
    ([1, 1, 0, 0], [1, 1, 0, 0], 1, 1),
    ([1, 0], [0, 1], 0, -1),  # expected: .5 * .5 + .5 * .5 = .5
    ([1, 1, 0, 0], [1, 0, 0, 0], 3 / 4, 1 / 2),  # expected: .5 * .25 + .5 * .75 = .5
    ([1, 1, 1, 1], [1, 1, 1, 0], 3 / 4, 0),  # expected: 1 * .75 + 0 = .75, what chance gives
    ([1, 0, 1, 0], [1, 1, 0, 0], 1 / 2, 0),  # expected: .5
    ([1, 1, 0], [0, 0, 1], 0, -4 / 5),  # expected: 2/3 * 1/3 + 1/3 * 2/3 = 4/9; -4/9 / (5/9)
    # Of 50: 20 both yes, 5 only the first, 10 only the second, 15 both no. Agreement .7, expected .5 * .6 + .5 * .4
    ([1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15, 0.7, 0.4),
    # Of 10: 8 both yes, 1 and 1 alone, 0 both no. Agreement .8, expected .9 * .9 + .1 * .1 = .82
    ([1] * 8 + [1, 0], [1] * 8 + [0, 1], 0.8, -0.02 / 0.18),
]


@pytest.mark.parametrize(("a", "b", "agreement", "kappa"), JUDGED)
def test_agreement_of_two_judges_by_hand(a: list[int], b: list[int], agreement: float, kappa: float) -> None:
    first, second = ([bool(value) for value in values] for values in (a, b))
    assert raw_agreement(first, second) == pytest.approx(agreement)
    assert cohens_kappa(first, second) == pytest.approx(kappa)


def test_kappa_is_undefined_without_cases_and_where_both_always_say_the_same() -> None:
    assert math.isnan(raw_agreement([], []))
    assert all(math.isnan(cohens_kappa(values, values)) for values in ([], [True], [False, False]))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_kappa_agrees_with_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    a, b = ([pair[side] for pair in pairs] for side in (0, 1))
    kappa = cohens_kappa(a, b)
    if not math.isnan(kappa):
        assert kappa == pytest.approx(cohen_kappa_score(a, b))
