"""The words that documents are recognised by, which ``vocabulary.toml`` lists by their use and language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def words_of(name: str) -> frozenset[str]:
    """The words of all languages that are listed under the name."""
    return frozenset().union(*by_language(name).values())


def by_language(name: str) -> Mapping[str, frozenset[str]]:
    """The words that are listed under the name, by language."""
    return {language: frozenset(listed.split()) for language, listed in _listed()[name].items()}


def any_of(name: str) -> str:
    """The pieces that are listed under the name as one regular expression, which matches each of them."""
    return f"(?:{'|'.join(_listed()[name]['pieces'])})"


@cache
def _listed() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("documents") / "vocabulary.toml").read_text("utf-8"))
