"""The kinds of word that texts are compared by."""

from __future__ import annotations

import re

import pytest

from documents.words import COMPOUND, SPACED_WORD_OR_NUMBER, WORD, WORD_OR_NUMBER, Token, compounds, without_possessive

TEXT = "O'Neill's U.S.-based AT&T paid 1,240 of 3.5 in 12,34 北京"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (WORD, "O Neill s U S based AT T paid 1 240 of 3 5 in 12 34 北京"),
        (WORD_OR_NUMBER, "O Neill s U S based AT T paid 1,240 of 3.5 in 12 34 北京"),
        (SPACED_WORD_OR_NUMBER, "O Neill s U S based AT T paid 1,240 of 3.5 in 12 34"),
        (COMPOUND, "O'Neill's U.S based AT&T paid 1,240 of 3.5 in 12 34 北京"),
    ],
)
def test_each_kind_of_word_joins_its_own_marks(kind: re.Pattern[str], words: str) -> None:
    assert kind.findall(TEXT) == words.split()


def test_compounds_have_no_possessive_ending_but_the_offsets_of_the_whole_word() -> None:
    assert compounds("Nike’s Beijing-based lab") == [
        Token("Nike", 0, 6),
        Token("Beijing-based", 7, 20),
        Token("lab", 21, 24),
    ]


@pytest.mark.parametrize(("word", "bare"), [("Nike's", "Nike"), ("Nike’s", "Nike"), ("states'", "states"), ("s", "s")])
def test_a_possessive_ending_is_cut_off(word: str, bare: str) -> None:
    assert without_possessive(word) == bare
