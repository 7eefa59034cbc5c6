from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.check.claims.polarity import disagreements

AGREE = [
    ("They failed to win.", "They did not win the cup."),
    ("It is not only big but red.", "It is big and red."),
    ("The bridge was closed.", "The bridge was closed to cars, not to people."),
    ("Beijing is big.", "Beijing is big and not small."),
    ("Sales did not rise.", "Sales did not grow or rise."),
    ("It has no inductive properties.", "It lacks inductive properties."),
    ("Profit rose.", "Profit went up after costs fell."),
    ("It can't fly.", "It cannot fly."),
    ("The price increased.", "The price rose."),
]
DISAGREE = [
    ("X increased sales.", "X did not increase sales.", "not"),
    ("X did not increase sales.", "X increased sales.", "not"),
    ("Sales rose in 2020.", "Sales fell in 2020.", "rose"),
    ("The biomaterials lack inductive properties.", "The biomaterials have inductive properties.", "lack"),
    ("It isn't open.", "It is open.", "n't"),
    ("It was built before the war.", "It was built after the war.", "before"),
    ("X has no effect on Y.", "X has an effect on Y.", "no"),
    ("The largest lake", "The smallest lake", "largest"),
]


@pytest.mark.parametrize(("claim", "evidence"), AGREE)
def test_texts_with_the_same_polarity_agree(claim: str, evidence: str) -> None:
    assert disagreements(claim, evidence) == ()


@pytest.mark.parametrize(("claim", "evidence", "word"), DISAGREE)
def test_a_negation_or_antonym_on_one_side_only_is_a_disagreement(claim: str, evidence: str, word: str) -> None:
    found = disagreements(claim, evidence)
    assert len(found) == 1
    assert found[0].split(" (")[0] == word


def test_negations_of_other_languages_are_known() -> None:
    assert disagreements("Er ist nicht da.", "Er ist da.", "de") == ("nicht",)
    assert disagreements("Он не пришёл.", "Он пришёл.", "ru") == ("не",)
    assert disagreements("他不在北京", "他在北京", "zh") == ("不",)


def test_negations_and_antonyms_count_only_in_their_own_language() -> None:
    assert disagreements("It was a sin of the town.", "The town called it sin, without doubt.") == ()
    assert disagreements("Most je nový.", "Least je nový.", "cs") == ()


@given(st.text())
def test_any_text_agrees_with_itself(text: str) -> None:
    assert disagreements(text, text) == ()


def test_antonyms_count_only_about_the_same_thing() -> None:
    evidence = "Fruits lower the risk of diabetes, whereas juice is associated with higher costs."
    assert disagreements("Fruits lower the risk of diabetes.", evidence) == ()
    assert disagreements("Fruits raise the risk of diabetes.", evidence) == ("raise",)
    text = "It has the largest population and the second largest community."
    assert disagreements("It has the largest population and the second smallest community.", text) == ("smallest",)
