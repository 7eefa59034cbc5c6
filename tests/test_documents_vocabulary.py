"""The words that documents are recognised by, as data."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from documents.vocabulary import any_of, by_language, words_of

LISTED = tomllib.loads((files("documents") / "vocabulary.toml").read_text("utf-8"))


def test_words_are_those_of_all_languages() -> None:
    languages = by_language("first_words_of_questions")
    assert {"who", "wer", "qui"} <= words_of("first_words_of_questions")
    assert words_of("first_words_of_questions") == set().union(*languages.values())
    assert all(word == word.casefold() for words in languages.values() for word in words)


@pytest.mark.parametrize("name", [name for name, entry in LISTED.items() if "pieces" in entry])
def test_each_piece_is_a_regular_expression_that_the_whole_matches_too(name: str) -> None:
    whole = re.compile(any_of(name))
    for piece in LISTED[name]["pieces"]:
        assert re.compile(piece)
        if re.fullmatch(r"[^\W\d_]+", piece):
            assert whole.fullmatch(piece)
