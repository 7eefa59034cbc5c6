"""Versions in a text: "v2", "Version 3.1.0", "Rev. B", "2nd edition". Not every number is one: a word must say so."""

from __future__ import annotations

import re
from typing import NamedTuple

from documents.number_words import ORDINALS
from documents.vocabulary import any_of

MAX_VERSION = 40  # characters

_WORD = (
    r"(?:versi[oó]ne?|versão|versie|version|ver\.?|revisi[oó]n|révision|rev\.?|release|issue|edition|édition|edici[oó]n"
    r"|edizione|ausgabe|auflage|fassung)"
)
_VALUE = rf"\d{{1,4}}(?:\.\d{{1,6}}){{0,4}}(?:\.x|[-.]?{any_of('pre_releases')}\.?\d{{0,3}})?"
_GAP = r"\s{0,3}"
_END = r"(?![^\W_])(?!\.\d)(?!-[^\W\d_])"  # not the v2 of "v2-directed"
_ORDINALS = tuple(ORDINALS)
_CHINESE = "一二三四五六七八九十"
_NAMED = re.compile(
    rf"(?<![^\W_]){_WORD}{_GAP}(?:(?:(?:no|nr)\.?|number|[#№]){_GAP})?(?:[:：]{_GAP})?(?P<named>{_VALUE}|(?<=[\s.:：])(?-i:[A-Z])){_END}"
    rf"|(?<![^\W_])v\.?\s?(?P<short>{_VALUE}){_END}"
    rf"|(?<![^\W_])(?P<counted>\d{{1,3}})(?:st|nd|rd|th|\.|e|ème|ª)\s{_WORD}(?![^\W_])"
    rf"|(?<![^\W_])(?P<word>{'|'.join(_ORDINALS)})\s{_WORD}(?![^\W_])"
    rf"|第\s?(?P<han>\d{{1,3}}|[{_CHINESE}])\s?版|版本\s?[:：]?\s?(?P<chinese>{_VALUE})",
    re.IGNORECASE,
)
_DOTTED = re.compile(rf"(?<![^\W_])(?<![.,]){_VALUE}{_END}", re.IGNORECASE)
_NUMBER_OR_WORD = re.compile(r"\d+|[^\W\d_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")


class FoundVersion(NamedTuple):
    """``text[start:end]`` names the version ``value``: "3.1.0", "B"."""

    start: int
    end: int
    value: str


def find_versions(text: str) -> list[FoundVersion]:
    """The versions in the text, in their order, that a word calls so; "edition 2025" has only a year."""
    found = []
    for match in _NAMED.finditer(text):
        value = next(group for group in match.groups() if group)
        if not _YEAR.fullmatch(value):
            found.append(FoundVersion(match.start(), match.end(), _as_number(value)))
    return found


def find_dotted(text: str) -> list[FoundVersion]:
    """The numbers of several parts, such as "3.2" or "3.1.0", that names of files and releases give without a word."""
    return [FoundVersion(*match.span(), match[0]) for match in _DOTTED.finditer(text) if "." in match[0]]


def version_order(version: str) -> list[tuple[int, int, str]]:
    """A sort key by which 3.10 comes after 3.9, C after B, and 3.0-beta before 3.0; "" comes first."""
    parts: list[tuple[int, int, str]] = []
    for part in _NUMBER_OR_WORD.findall(version.casefold()):
        parts.append((2, int(part), "") if part.isdecimal() else (0 if parts else 2, 0, part))
    return [*parts, (1, 0, "")] if parts else []


def _as_number(value: str) -> str:
    """The number that an ordinal is written as; any other value as it is."""
    word = value.casefold()
    if word in _ORDINALS:
        return str(_ORDINALS.index(word) + 1)
    return str(_CHINESE.index(word) + 1) if word in _CHINESE else value
