"""Evidence by word, sentence and span, worked by hand."""

from __future__ import annotations

import pytest

from documents.document import Document
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.evidence import Scores, intersection_over_union, matched, overlap, touched
from qa.evaluation.scoring.evidence import evidence_metrics

# Words start at 0, 6, 12 | 19, 23, 29.
PAGE = Document("Alpha pumps water. Old mills stand.")
DOCUMENTS = {"d": PAGE}
FIRST, SECOND, WHOLE = ("d", 0, 18), ("d", 19, 35), ("d", 0, 35)


@pytest.mark.parametrize(
    ("cited", "gold", "scores"),
    [
        ({1, 2}, {2, 3, 4}, (1 / 2, 1 / 3, 2 / 5)),
        ({1}, {1}, (1, 1, 1)),
        ({1}, {2}, (0, 0, 0)),
        ({1}, set(), (0, 0, 0)),
        (set(), {1}, (0, 0, 0)),
        ([1, 1, 2], [1], (1 / 2, 1, 2 / 3)),  # a unit counts once
    ],
)
def test_overlap(cited: set[int], gold: set[int], scores: tuple[float, ...]) -> None:
    assert overlap(cited, gold) == pytest.approx(scores)


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        (("d", 0, 10), ("d", 0, 10), 1.0),
        (("d", 0, 10), ("d", 5, 10), 0.5),
        (("d", 0, 10), ("d", 5, 15), 1 / 3),
        (("d", 0, 10), ("d", 10, 20), 0.0),
        (("d", 0, 10), ("e", 0, 10), 0.0),
        (("d", 3, 3), ("d", 3, 3), 0.0),
    ],
)
def test_intersection_over_union(a: TextSpan, b: TextSpan, share: float) -> None:
    assert intersection_over_union(a, b) == intersection_over_union(b, a) == pytest.approx(share)


@pytest.mark.parametrize(
    ("cited", "gold", "scores"),
    [
        ([("d", 0, 10)], [("d", 0, 20)], (1, 1, 1)),  # exactly a half
        ([("d", 0, 9)], [("d", 0, 20)], (0, 0, 0)),
        ([("d", 0, 10), ("d", 50, 60)], [("d", 0, 10)], (1 / 2, 1, 2 / 3)),
        ([("d", 0, 10)], [("d", 0, 10), ("d", 50, 60), ("d", 70, 80)], (1, 1 / 3, 1 / 2)),
        ([("d", 0, 10), ("d", 0, 10)], [("d", 0, 10)], (1, 1, 1)),  # cited twice, counted once
        ([("e", 0, 10)], [("d", 0, 10)], (0, 0, 0)),
        ([], [("d", 0, 10)], (0, 0, 0)),
    ],
)
def test_matched_spans(cited: list[TextSpan], gold: list[TextSpan], scores: tuple[float, ...]) -> None:
    assert matched(cited, gold) == pytest.approx(scores)


def test_a_unit_is_touched_by_any_of_its_characters() -> None:
    def words(_: str) -> list[tuple[int, int]]:
        return [(0, 5), (6, 11)]

    assert touched([("d", 4, 6)], words) == {("d", 0)}  # the space belongs to no word
    assert touched([("d", 4, 7)], words) == {("d", 0), ("d", 6)}
    assert touched([("d", 5, 6), ("d", 3, 3)], words) == set()


@pytest.mark.parametrize(
    ("cited", "places", "word", "sentence", "span"),
    [
        ([FIRST], [[FIRST]], (1, 1), (1, 1), (1, 1)),
        ([WHOLE], [[FIRST]], (1 / 2, 1), (1 / 2, 1), (1, 1)),  # 18 of 35 characters are more than half
        ([WHOLE], [[SECOND]], (1 / 2, 1), (1 / 2, 1), (0, 0)),  # 16 of 35 are not
        ([("d", 6, 17)], [[FIRST]], (1, 2 / 3), (1, 1), (1, 1)),
        ([FIRST], [[FIRST, SECOND]], (1, 1 / 2), (1, 1 / 2), (1, 1 / 2)),
        ([SECOND], [[FIRST], [SECOND]], (1, 1), (1, 1), (1, 1)),  # either place alone is enough
        ([("x", 0, 9)], [[FIRST]], (0, 0), (0, 0), (0, 0)),
    ],
)
def test_evidence_of_an_answer(
    cited: list[TextSpan],
    places: list[list[TextSpan]],
    word: tuple[float, float],
    sentence: tuple[float, float],
    span: tuple[float, float],
) -> None:
    metrics = evidence_metrics(cited, places, DOCUMENTS)
    for kind, (precision, recall) in (("word", word), ("sentence", sentence), ("span", span)):
        expected = Scores.of(precision, recall)
        found = tuple(metrics[f"{kind}_{name}"] for name in ("precision", "recall", "F1"))
        assert found == pytest.approx(expected), kind
