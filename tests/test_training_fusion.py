"""How rankings by vectors and words are put together: what is measured, and what is fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from documents.document import Document
from tests.fakes import WordEmbedder, small_splitter
from training.embedder.data import Asked, Collection
from training.embedder.mine import Searching
from training.fusion import (
    Found,
    by_weights,
    fitted,
    found_by_places,
    identifiers,
    mean_of_scores,
    rank,
    saved,
)

DENSE = [(number, 1 - number / 50) for number in range(50)]


def found(right: int, *words: int, far: bool = False) -> Found:
    """Fifty passages by vectors, in the order of their numbers, and those given by words."""
    ranked = [(number, 9.0 - place) for place, number in enumerate(words)]
    return Found(far, {"dense": DENSE, "bm25": ranked}, frozenset({right}))


def test_identifiers_are_words_with_digits_or_signs_that_few_passages_have() -> None:
    texts = {"a": "Set max_users to 10. See user-guide.", "b": "See user-guide and max_load.", "c": "The user-guide."}
    collection = identifiers(Collection({name: Document(text) for name, text in texts.items()}, ()))
    asked = {own.text: own.places for own in collection.asked}
    assert asked == {"max_users": (("a", (4, 13)),), "max_load": (("b", (19, 27)),)}


def test_a_passage_is_found_by_vectors_and_by_words_and_answers_by_its_place(tmp_path: Path) -> None:
    texts = {"fees": "A year costs 210 euros.", "lanes": "A lane costs nothing.", "cats": "Cats sleep."}
    asked = (Asked("What costs 210 euros?", (("fees", (0, 23)),)), Asked("Felines?", (("cats", (0, 11)),)))
    collection = Collection({name: Document(text) for name, text in texts.items()}, asked)
    near, far = found_by_places(collection, Searching(WordEmbedder(), small_splitter()), tmp_path)
    assert (near.is_far, far.is_far) == (False, True)
    assert [len(ranking) for ranking in near.rankings.values()] == [3, 2]
    assert near.rankings["bm25"][0][0] in near.right
    assert far.rankings["bm25"] == []
    assert len(far.right) == 1
    path = tmp_path / "kept" / "set.json"
    assert saved(path, lambda: [near, far]) == saved(path, list) == [near, far]


def test_the_order_is_that_of_the_weighted_features() -> None:
    own = found(7, 7, 3)
    assert rank(by_weights((1.0, 0.0, 0.0))(own), own.right) == 7
    assert rank(by_weights((0.0, 1.0, 0.0))(own), own.right) == 0
    assert rank(mean_of_scores(own), own.right) == 0
    assert rank([1, 2, 3], frozenset({9})) >= 50


@pytest.mark.parametrize(
    ("sets", "heaviest"),
    [
        ([[found(0, 9, 8)], [found(1, 8, 2)]], 0),  # found by meaning alone
        ([[found(30, 30, *range(20)), found(40, 40, *range(30))]], 1),  # by words, which many passages have
    ],
)
def test_what_finds_answers_gets_the_weight(sets: list[list[Found]], heaviest: int) -> None:
    weights = fitted(sets)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert np.argmax(weights) == heaviest
