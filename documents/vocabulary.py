"""The words that a package knows by heart, which its file ``vocabulary.toml`` lists by their use and language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that the file ``vocabulary.toml`` of a package lists under names; it is read when first asked."""

    package: str

    def words_of(self, name: str) -> frozenset[str]:
        """The words of all languages that are listed under the name."""
        return frozenset(self.listed(name))

    def by_language(self, name: str) -> Mapping[str, frozenset[str]]:
        """The words that are listed under the name, by language."""
        return {language: frozenset(words) for language, words in self.grouped(name).items()}

    def listed(self, name: str) -> tuple[str, ...]:
        """The words that are listed under the name, in their order."""
        return tuple(chain.from_iterable(self.grouped(name).values()))

    def grouped(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """The words that are listed under the name, in their order, by language or what else they are grouped by."""
        groups = _file_of(self.package)[name].items()
        return {group: tuple(words.split() if isinstance(words, str) else words) for group, words in groups}

    def values_of(self, name: str) -> Mapping[str, Mapping[str, float]]:
        """The words that are listed under the name with a number each, by language or what else they are grouped by."""
        return _file_of(self.package)[name]

    def any_of(self, name: str) -> str:
        """The pieces that are listed under the name as one regular expression, which matches each of them."""
        return f"(?:{'|'.join(self.listed(name))})"


@cache
def _file_of(package: str) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files(package) / "vocabulary.toml").read_text("utf-8"))


_OWN = Vocabulary("documents")
words_of, by_language, any_of = _OWN.words_of, _OWN.by_language, _OWN.any_of
listed, grouped, values_of = _OWN.listed, _OWN.grouped, _OWN.values_of
