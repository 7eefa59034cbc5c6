"""The words that documents, questions and claims are recognised by, as data."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from documents.vocabulary import Vocabulary, by_language, grouped, listed, values_of, words_of

PACKAGES = ("documents", "index", "qa")
FILES = {package: tomllib.loads((files(package) / "vocabulary.toml").read_text("utf-8")) for package in PACKAGES}


def used(package: str, ways: str) -> list[str]:
    """The names of lists that modules of the package ask for by one of these ways."""
    code = "\n".join(path.read_text("utf-8") for path in Path(str(files(package))).rglob("*.py"))
    return sorted({name for _, name in re.findall(rf"""\b_?(?:{ways})\((["'])(\w+)\1\)""", code)})


def test_words_are_those_of_all_languages() -> None:
    languages = by_language("first_words_of_questions")
    assert {"who", "wer", "qui"} <= words_of("first_words_of_questions")
    assert words_of("first_words_of_questions") == set().union(*languages.values())
    assert all(word == word.casefold() for words in languages.values() for word in words)


def test_words_are_listed_in_their_order_and_may_have_groups_and_values() -> None:
    assert listed("ordinals")[:3] == ("first", "second", "third")
    assert grouped("units")["yen"] == ("yen", "jpy")
    assert values_of("multipliers")["en"]["dozen"] == 12
    assert "as opposed to" in Vocabulary("qa").listed("joints")
    assert Vocabulary("qa").grouped("bounds")["about"][:2] == ("about", "around")


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in PACKAGES for name in used(package, "any_of")]
)
def test_each_piece_is_a_regular_expression_that_the_whole_matches_too(package: str, name: str) -> None:
    vocabulary = Vocabulary(package)
    whole = re.compile(vocabulary.any_of(name))
    for piece in vocabulary.listed(name):
        assert re.compile(piece).groups == 0  # patterns count their own groups only
        if re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)*", piece):
            assert whole.fullmatch(piece)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_list_is_used_by_a_module_of_its_package(package: str) -> None:
    assert not FILES[package].keys() - used(package, r"\w*_of|by_language|grouped|listed\w*")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_word_stands_twice_in_a_list(package: str) -> None:
    groups = [(name, *group) for name in FILES[package] for group in Vocabulary(package).grouped(name).items()]
    assert groups
    assert not [(name, group) for name, group, words in groups if len({*words}) < len(words)]
