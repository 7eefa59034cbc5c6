"""Confidence intervals have their nominal coverage in simulations; p-values equal those computed by hand."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from qa.evaluation.metrics.abstention import auroc, expected_calibration_error
from qa.evaluation.metrics.statistics import (
    SMALL,
    Indices,
    bootstrap_interval,
    bootstrap_statistic,
    effect_size,
    holm,
    interval_of_share,
    mcnemar,
    paired_interval,
    paired_randomisation,
)

Truth = NDArray[np.bool_]


def simulated(
    rng: np.random.Generator, clusters: int, size: float, mean: float, correlation: float
) -> tuple[NDArray[np.float64], list[int]]:
    """Right and wrong answers in groups of uneven size; within a group they are correlated (beta-binomial)."""
    weight = (1 - correlation) / correlation
    rates = rng.beta(mean * weight, (1 - mean) * weight, clusters)
    groups = np.repeat(np.arange(clusters), rng.geometric(1 / size, clusters))
    return (rng.random(len(groups)) < rates[groups]).astype(float), groups.tolist()


@pytest.mark.parametrize(
    ("clusters", "size", "mean", "correlation"),
    [(10, 10, 0.7, 0.1), (20, 10, 0.7, 0.1), (30, 20, 0.6, 0.3), (48, 25, 0.75, 0.1), (240, 1, 0.8, 0.1)],
    ids=["10-groups", "20-groups", "30-groups-correlated", "48-groups", "no-groups"],
)
def test_95_of_100_intervals_cover_the_true_mean(clusters: int, size: int, mean: float, correlation: float) -> None:
    rng = np.random.default_rng(5)
    held = 0
    for run in range(400):
        values, groups = simulated(rng, clusters, size, mean, correlation)
        low, high = bootstrap_interval(values, groups, resamples=600, seed=run)
        held += low <= mean <= high
    assert 368 <= held <= 392


@pytest.mark.parametrize(("mean", "least"), [(0.5, 180), (0.9, 172)])
def test_intervals_of_10_groups_cover_the_true_mean_more_often_than_bca(mean: float, least: int) -> None:
    rng = np.random.default_rng(5)
    held = of_bca = 0
    for run in range(200):
        values, groups = simulated(rng, 10, 10, mean, 0.1)
        low, high = interval_of_share(values, groups, resamples=600, seed=run)
        held += low <= mean <= high
        sums, sizes = np.bincount(groups, values), np.bincount(groups).astype(float)
        bca = stats.bootstrap((sums, sizes), _ratio, paired=True, n_resamples=600, method="BCa", rng=run)
        of_bca += bca.confidence_interval.low <= mean <= bca.confidence_interval.high
    assert max(least, of_bca + 1) <= held <= 196


def _ratio(sums: NDArray[np.float64], sizes: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(sums.sum(axis) / sizes.sum(axis))


@pytest.mark.parametrize("count", [5, 10, 20, SMALL - 1])
def test_intervals_of_few_right_and_wrong_answers_cover_any_true_share(count: int) -> None:
    """Not simulated but summed over every number of right answers, each with its probability."""
    rights = np.arange(count + 1)
    values = [[1.0] * right + [0.0] * (count - right) for right in rights]
    ours = [interval_of_share(own, list(range(count)), seed=0) for own in values]
    wilson = [tuple(stats.binomtest(int(right), count).proportion_ci(method="wilson")) for right in rights]
    worst = {}
    for name, intervals in (("ours", ours), ("wilson", wilson)):
        low, high = np.asarray(intervals).T
        worst[name] = min(
            stats.binom.pmf(rights, count, share)[(low <= share) & (share <= high)].sum()
            for share in np.arange(1, 20) / 20
        )
    assert worst["ours"] >= 0.95
    assert worst["wilson"] < 0.94  # why it is not used, though narrower


def test_only_few_independent_right_and_wrong_answers_have_the_exact_interval() -> None:
    def resampled(values: list[float], groups: list[int], least: float = 0.0) -> bool:
        found = interval_of_share(values, groups, least=least, seed=0)
        return found == bootstrap_interval(values, groups, seed=0)

    few = [1.0] * 7 + [0.0] * 3
    assert interval_of_share(few, list(range(10)), seed=0) == pytest.approx((0.3475, 0.9333), abs=5e-5)  # as in tables
    assert resampled(few, [0, 0, *range(1, 9)])
    assert resampled([0.5, *few], list(range(11)))
    assert resampled(few, list(range(10)), least=-1)
    assert resampled(few * 3, list(range(SMALL)))
    assert not resampled((few * 3)[1:], list(range(SMALL - 1)))


def test_most_intervals_of_a_ratio_cover_its_true_value() -> None:
    """The share of answers given that are right: numerator and denominator both vary."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(40), 5).tolist()
    held = 0
    for run in range(200):
        given = rng.random(200) < np.repeat(rng.uniform(0.2, 1, 40), 5)
        right = given & (rng.random(200) < 0.7)

        def precision(chosen: Indices, given: Truth = given, right: Truth = right) -> float:
            return float(right[chosen].sum() / given[chosen].sum())

        low, high = bootstrap_statistic(precision, groups, resamples=200, seed=run)
        held += low <= 0.7 <= high
    assert 0.92 <= held / 200 <= 0.98


def test_large_independent_samples_have_the_textbook_interval() -> None:
    values = np.random.default_rng(0).random(4000)
    error = 1.96 * values.std() / math.sqrt(4000)
    expected = (values.mean() - error, values.mean() + error)
    groups = [f"q{number}" for number in range(4000)]
    assert bootstrap_interval(values, groups, seed=1) == pytest.approx(expected, abs=error / 10)
    mean = bootstrap_statistic(lambda chosen: float(values[chosen].mean()), groups, seed=1)
    assert mean == pytest.approx(expected, abs=error / 10)


def test_identical_questions_of_one_document_count_as_one() -> None:
    values = np.random.default_rng(0).random(50)
    repeated, groups = np.repeat(values, 20), np.repeat(np.arange(50), 20).tolist()
    alone = bootstrap_interval(values, list(range(50)), seed=1)
    assert bootstrap_interval(repeated, groups, seed=1) == pytest.approx(alone)
    low, high = bootstrap_interval(repeated, list(range(1000)), seed=1)
    assert high - low < (alone[1] - alone[0]) / 3


def test_the_seed_determines_an_interval() -> None:
    values, groups = simulated(np.random.default_rng(1), 30, 5, 0.6, 0.2)
    assert bootstrap_interval(values, groups, seed=1) == bootstrap_interval(values, groups, seed=1)
    assert bootstrap_interval(values, groups, seed=1) != bootstrap_interval(values, groups, seed=2)


@pytest.mark.parametrize("values", [[], [0.5], [0.2, 0.7]])
def test_one_group_has_no_interval(values: list[float]) -> None:
    groups = ["one"] * len(values)
    assert all(map(math.isnan, bootstrap_interval(values, groups, seed=0)))
    assert all(map(math.isnan, bootstrap_statistic(lambda _: 0.5, groups, seed=0)))


def test_a_figure_undefined_in_every_draw_has_no_interval() -> None:
    assert all(map(math.isnan, bootstrap_statistic(lambda _: math.nan, ["a", "b"], seed=0)))


def test_draws_where_the_figure_is_undefined_are_left_out() -> None:
    positive = np.asarray([True, False, False])
    scores = np.asarray([0.9, 0.5, 0.1])
    assert bootstrap_statistic(lambda i: auroc(scores[i], positive[i]), ["a", "b", "c"], seed=0) == (1, 1)


def test_equal_values_have_an_interval_of_width_0() -> None:
    assert bootstrap_interval([1.0] * 10, list(range(10)), seed=0) == (1, 1)


@pytest.mark.parametrize("groups", [5, 20, 100])
def test_all_right_gives_the_exact_lower_bound(groups: int) -> None:
    """At the bound as true mean, all groups are right with a probability of 2.5%."""
    names = [f"g{number // 3}" for number in range(3 * groups)]
    low, high = interval_of_share([1.0] * (3 * groups), names, seed=0)
    assert (low**groups, high) == (pytest.approx(0.025), 1.0)
    assert interval_of_share([0.0] * (3 * groups), names, seed=0) == (0.0, pytest.approx(1 - low))
    some = [0.0, *[1.0] * (3 * groups - 1)]
    assert interval_of_share(some, names, seed=0) == bootstrap_interval(some, names, seed=0)


def test_scores_that_may_be_below_0_have_their_own_open_ends() -> None:
    groups = list(range(20))
    same = 0.025 ** (1 / 20)
    for value, expected in ((1.0, (2 * same - 1, 1)), (0.0, (same - 1, 1 - same)), (-1.0, (-1, 1 - 2 * same))):
        assert interval_of_share([value] * 20, groups, least=-1, seed=0) == pytest.approx(expected)
    mixed = [-1.0, 0.0, *[1.0] * 18]
    assert interval_of_share(mixed, groups, least=-1, seed=0) == bootstrap_interval(mixed, groups, seed=0)


def test_the_difference_of_scores_that_may_be_below_0_reaches_as_far() -> None:
    better, worse, groups = [*[1.0] * 8, 0.0, 1.0], [*[-1.0] * 8, 0.0, 1.0], list(range(10))
    p = paired_randomisation(better, worse, groups, seed=0)
    low, high = paired_interval(better, worse, groups, p, least=-1, seed=0)
    assert 1 < low < 1.6 < high <= 2
    assert paired_interval(better, worse, groups, p, seed=0)[1] <= 1.6  # of values from 0 on, none reaches as far


def test_the_interval_of_a_calibration_error_by_chance_covers_the_error() -> None:
    """Resampling adds random error, so all draws have a calibration error that is too high."""
    rng = np.random.default_rng(8)
    for run in range(20):
        confidence = rng.random(300)
        right = (rng.random(300) < confidence).astype(float)

        def error(chosen: Indices, p: NDArray[np.float64] = confidence, y: NDArray[np.float64] = right) -> float:
            return expected_calibration_error(p[chosen], y[chosen])

        low, high = bootstrap_statistic(error, list(range(300)), resamples=200, seed=run)
        assert low < error(np.arange(300)) < high


def test_one_wrong_answer_in_few_groups_has_an_interval() -> None:
    low, high = bootstrap_interval([0.0] + [1.0] * 9, list(range(10)), seed=0)
    assert 0 <= low < 0.9 < high <= 1


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=2, max_size=30))
def test_the_interval_covers_the_sample_mean_within_the_range_of_values(items: list[tuple[float, int]]) -> None:
    values, groups = zip(*items, strict=True)
    low, high = bootstrap_interval(values, groups, resamples=300, seed=0)
    if len(set(groups)) > 1:
        assert min(values) - 1e-9 <= low <= np.mean(values) + 1e-9
        assert np.mean(values) - 1e-9 <= high <= max(values) + 1e-9


def test_paired_randomisation_by_hand() -> None:
    # Differences 1, 1, 1, 0: of the 8 ways to swap the three that differ, 2 give a sum of 3 or -3.
    assert paired_randomisation([1, 1, 1, 0], [0, 0, 0, 0], list("abcd"), seed=0) == pytest.approx(2 / 8)
    # In two groups with sums 2 and 1, the four ways give 3, 1, -1, -3.
    assert paired_randomisation([1, 1, 1, 0], [0, 0, 0, 0], list("aabb"), seed=0) == pytest.approx(2 / 4)
    # In one group both ways are equally far from 0.
    assert paired_randomisation([1, 1, 1, 0], [0, 0, 0, 0], list("aaaa"), seed=0) == 1
    assert paired_randomisation([1, 0], [1, 0], list("ab"), seed=0) == 1
    # In floating point .1 + .2 differs from .3, but the differences .1, .2 and -.3 must sum to 0.
    assert paired_randomisation([0.1, 0.2, 0], [0, 0, 0.3], list("abc"), seed=0) == 1


def test_exact_paired_randomisation_agrees_with_scipys_permutation_test() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        a, b = rng.integers(0, 2, (2, 24)).astype(float)
        groups = [number // 3 for number in range(24)]
        sums = np.add.reduceat(a - b, np.arange(0, 24, 3))
        theirs = stats.permutation_test((sums,), np.sum, permutation_type="samples", n_resamples=10_000)
        assert paired_randomisation(a, b, groups, seed=0) == pytest.approx(theirs.pvalue)


def test_a_paired_interval_by_hand() -> None:
    # Six groups, all better by 1: of 64 swaps only 2 are as large, p = .031, and so it is for every shift but 1 itself.
    assert paired_interval([1] * 6, [0] * 6, list("abcdef"), 2 / 64, seed=0) == pytest.approx((1, 1), abs=1e-5)
    assert paired_interval([1] * 5, [0] * 5, list("abcde"), 2 / 32, seed=0) == (-1, 1)  # p can be no less than 2/32
    assert all(math.isnan(end) for end in paired_interval([1, 1], [0, 1], ["a", "a"], 1.0, seed=0))
    low, high = paired_interval([1, 1, 1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0, 0], list("abcdefgh"), 2 / 128, seed=0)
    assert 0 < low < 7 / 8 < high


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 9)),
             min_size=2, max_size=25)
)  # fmt: skip
def test_the_paired_interval_and_the_test_never_contradict_each_other(rows: list[tuple[float, float, int]]) -> None:
    a, b, groups = zip(*rows, strict=True)
    p = paired_randomisation(a, b, groups, rounds=600, seed=1)
    low, high = paired_interval(a, b, groups, p, rounds=600, seed=1)
    if len(set(groups)) == 1:
        assert math.isnan(low)
        return
    assert (low <= 0 <= high) == (p >= 0.05)
    assert -1 <= low <= np.mean(np.subtract(a, b)) + 1e-6
    assert np.mean(np.subtract(a, b)) - 1e-6 <= high <= 1


@pytest.mark.parametrize("groups", [10, 20])
def test_95_of_100_paired_intervals_cover_the_true_difference(groups: int) -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for run in range(100):
        of = np.repeat(np.arange(groups), rng.integers(1, 6, groups))
        ease = rng.normal(0, 0.6, groups)[of]
        a, b = (ease + rng.normal(0, 0.8, len(of)) + shift > 0 for shift in (0.5, 0.0))
        p = paired_randomisation(a, b, of.tolist(), rounds=1000, seed=run)
        low, high = paired_interval(a, b, of.tolist(), p, rounds=1000, seed=run)
        covered += low <= 0.1915 <= high  # the normal distribution below .5, less that below 0
    assert covered >= 92


def test_random_swaps_approximate_the_exact_p_value() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(12), rng.random(12) * 0.8
    exact = paired_randomisation(a, b, list(range(12)), rounds=2**12, seed=0)
    near = paired_randomisation(a, b, list(range(12)), rounds=2**12 - 1, seed=0)
    assert exact != near
    assert near == pytest.approx(exact, abs=0.02)


def test_p_values_under_the_null_hypothesis_are_uniform() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 5).tolist()
    below = 0
    for run in range(200):
        shared = np.repeat(rng.normal(size=40), 5)  # the difficulty of each document, common to both systems
        a, b = (shared + np.repeat(rng.normal(size=40), 5) + rng.normal(size=200) for _ in range(2))
        below += paired_randomisation(a, b, groups, rounds=500, seed=run) < 0.1
    assert below / 200 == pytest.approx(0.1, abs=0.04)


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        ([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0], 2 / 2**5),
        ([1, 1, 1, 0], [0, 0, 0, 1], 2 * (1 + 4) / 2**4),
        ([1, 0], [0, 1], 1),
        ([1, 0], [1, 0], 1),
    ],
)
def test_mcnemar_by_hand(a: list[int], b: list[int], p: float) -> None:
    assert mcnemar(a, b) == pytest.approx(p)
    assert mcnemar([bool(x) for x in b], [bool(x) for x in a]) == pytest.approx(p)


def test_mcnemar_refuses_values_other_than_0_and_1() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        mcnemar([0.5, 1], [0.5, 0])


def test_effect_size_by_hand() -> None:
    # Differences 1, 0, 1, 0: mean 1/2, standard deviation sqrt(1/3).
    assert effect_size([1, 1, 1, 0], [0, 1, 0, 0]) == pytest.approx(0.5 / math.sqrt(1 / 3))
    assert effect_size([1, 1], [1, 1]) == 0
    assert math.isnan(effect_size([1, 1], [0, 0]))
    assert math.isnan(effect_size([1], [0]))


def test_holm_by_hand() -> None:
    assert holm({"EM": 0.04, "F1": 0.01, "hit": 0.03}) == pytest.approx({"EM": 0.06, "F1": 0.03, "hit": 0.06})
    assert list(holm({"b": 0.9, "a": 0.8})) == ["b", "a"]
    assert holm({"b": 0.9, "a": 0.8}) == {"b": 1, "a": 1}
    assert holm({}) == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda: bootstrap_interval([1, 0], ["a"], seed=0),
        lambda: bootstrap_interval([math.nan, 0], ["a", "b"], seed=0),
        lambda: paired_randomisation([1, 0], [1], ["a", "b"], seed=0),
        lambda: paired_randomisation([1, 0], [1, 1], ["a"], seed=0),
        lambda: effect_size([1], [1, 2]),
    ],
)
def test_different_lengths_and_nan_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"for every|not a number"):
        call()


def test_thousands_of_questions_take_at_most_seconds_of_processor_time() -> None:
    rng = np.random.default_rng(0)
    values, groups = rng.random(12_000), list(range(12_000))
    began = time.thread_time()
    bootstrap_interval(values, groups, seed=0)
    paired_randomisation(values, rng.random(12_000), groups, seed=0)
    assert time.thread_time() - began < 10  # an idle machine needs a tenth of that
