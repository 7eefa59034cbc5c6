"""What a claim states that can be checked by reading: numbers, dates, names, negations.

A language model's sentence may be worded freely, but these must be the evidence's own. Numbers and negations must stand
in the span itself; names (and the years of dates) also in its headings, its title or the sentence before it, which
pronouns refer to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from index.analyse import STOP_WORDS
from qa.check.claims import polarity, quantities
from qa.check.claims.tokens import joined, parts

_TOKEN = re.compile(r"[^\W_]+(?:[.’'&·-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_SENTENCE_START = re.compile(r"(?:\A|[.?!:;]\s+|\n)[\"“‘'(\[¿¡*\-–—\s]*\Z")
_TITLES = frozenset("mr mrs ms miss dr prof sir lord lady professor doctor president".split())  # noqa: SIM905
_MONTHS = frozenset(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_VERB = re.compile(
    r"(is|was|has|had|will|does|did|became|said|holds|remains|won|lost|rose|fell|grew|made|went|took|began|built|wrote"
    r"|led|met|held|left|gave|got|sold|bought|[a-z]{3,}ed)\Z"
)
# Of a name that ends with digits: "the MP3s".
_SINGULAR = re.compile(r"(?<=\d)s\Z")
# Languages whose common nouns have capitals, or which have none.
_NO_NAMES = frozenset("de zh ja th ko ar fa ur hi mr ne bn ta te he".split())  # noqa: SIM905
# What may follow the letters that two forms of a name share: China and Chinese, Italy and Italians.
_ENDINGS = frozenset(["", *"a s n an ans ian ians ese ish i is y e es ic ia ns stan istan".split()])  # noqa: SIM905
_SHARED = 4
# So many words may be one name elsewhere: 12-year-old.
_APART = 3
_IRREGULAR = (
    "spain spanish spaniards", "france french", "britain british uk", "netherlands dutch holland", "switzerland swiss",
    "us usa american america", "greece greek greeks", "denmark danish danes", "sweden swedish swedes",
    "poland polish poles", "turkey turkish turks türkiye", "wales welsh", "ireland irish", "scotland scottish",
    "england english", "finland finnish finns", "germany german", "eu european",
)  # fmt: skip
_FAMILY = {word: number for number, words in enumerate(_IRREGULAR) for word in words.split()}


@dataclass(frozen=True, slots=True)
class Missing:
    """The claim's numbers and dates, names, and negations or opposites that the evidence lacks or contradicts.

    ``swapped`` are pairs of names or numbers that have each other's place in the evidence.
    """

    numbers: tuple[str, ...]
    names: tuple[str, ...]
    negations: tuple[str, ...]
    swapped: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.numbers, *self.names, *self.negations, *self.swapped)


def missing(claim: str, span: str, around: tuple[str, ...], language: str) -> Missing:
    """What of ``claim`` is not in ``span``; names and years may be ``around`` it: headings, the sentence before."""
    told = [quantities.quantities(text) for text in (claim, span, *around)]
    return Missing(
        quantities.missing(told[0], told[1], told[2:]),
        absent_names(claim, "\n".join((*around, span)), language),
        polarity.disagreements(claim, span, language),
        swapped(claim, span, language),
    )


def absent_names(claim: str, evidence: str, language: str) -> tuple[str, ...]:
    """The claim's names that ``evidence`` does not hold, in any form."""
    held = words_of(evidence)
    return tuple(name for name in names(claim, language) if not holds(held, name, language))


def swapped(claim: str, span: str, language: str) -> tuple[str, ...]:
    """Pairs of names or numbers of the claim that have each other's place in the span: "A beat B" and "B beat A".

    Places are the gaps between the other words that both have, in order. Where only one of the two says "by", an active
    sentence may have become a passive one, and nothing is told.
    """
    here, there = _gaps(claim, span, language)
    if (" by " in claim) == (" by " in span):
        strange = [own - told for own, told in zip(here, there, strict=True)]
        return tuple(
            f"{min(one)} … {min(other)}"
            for number, one in enumerate(strange)
            for place, other in enumerate(strange[number + 1 :], number + 1)
            if one and other and one <= there[place] and other <= there[number]
        )
    return ()


def _gaps(claim: str, span: str, language: str) -> tuple[list[set[str]], list[set[str]]]:
    """The names and numbers of both texts by the gaps between the other words that they share, in order."""
    texts = [_units(text, language) for text in (claim, span)]
    plain = [[word for word, named in units if not named] for units in texts]
    pairs = _common(*plain)
    found: tuple[list[set[str]], list[set[str]]] = ([set()], [set()])
    for side, units in enumerate(texts):
        borders, place = {pair[side] for pair in pairs}, 0
        for word, named in units:
            if named:
                found[side][-1].add(word)
            else:
                if place in borders:
                    found[side].append(set())
                place += 1
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Places in both of the words that they share in order: the longest run, and so on at either side of it."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [(a + n, b + n) for a, b, size in matcher.get_matching_blocks() for n in range(size)]


@lru_cache(maxsize=512)
def _units(text: str, language: str) -> tuple[tuple[str, bool], ...]:
    """The words of ``text``; True marks names and numbers."""
    known = names(text, language)
    tokens = [_POSSESSIVE.sub("", match[0]) for match in _TOKEN.finditer(text)]
    return tuple((token, True) if token in known or token.isdigit() else (token.casefold(), False) for token in tokens)


@lru_cache(maxsize=512)
def names(text: str, language: str = "en") -> tuple[str, ...]:
    """The proper nouns, acronyms and names with digits of ``text``, without possessive endings."""
    tokens = [(_POSSESSIVE.sub("", match[0]), match) for match in _TOKEN.finditer(text)]
    capitals = [token for token, _ in tokens if token[:1].isupper()]
    titled = len(capitals) > 3 and len(capitals) > 0.7 * len(tokens)  # every word has one: none tells
    found = []
    for number, (token, match) in enumerate(tokens):
        lower = token.casefold()
        has_digit = any(char.isdigit() for char in token)
        if has_digit and any(char.isalpha() for char in token):
            named = bool(re.match(r"[^\W\d_]", token)) or bool(re.match(r"\d+[A-Z]", token))
        elif has_digit or lower in STOP_WORDS | _TITLES | _MONTHS or not token[:1].isalpha():
            named = False
        elif sum(char.isupper() for char in token) > 1 and not text.isupper():
            named = True
        elif language in _NO_NAMES or titled or not token[0].isupper():
            named = False
        elif _SENTENCE_START.search(text, 0, match.start()):
            following = tokens[number + 1][0] if number + 1 < len(tokens) else ""
            named = language == "en" and _opens_with_name(token, match[0], following)
        else:
            named = True
        if named:
            found.append(token)
    return tuple(dict.fromkeys(found))


def _opens_with_name(token: str, written: str, following: str) -> bool:
    """Whether the first word of a sentence is a name: another follows, or what is said of one thing."""
    if following[:1].isupper() or written != token:
        return following.casefold() not in STOP_WORDS or written != token
    return bool(_VERB.match(following)) and not token.endswith(("s", "ing", "ly")) and len(token) > 2


@lru_cache(maxsize=512)
def words_of(text: str) -> frozenset[str]:
    """The words of ``text`` and their parts, case-folded, with the acronyms of its runs of capitalised words."""
    tokens = joined(text)
    words = {word for token in tokens for word in (token.casefold(), *parts(token.casefold()))}
    return frozenset(words | _acronyms(tokens) | set(_written_together(tokens)))


def _written_together(tokens: Sequence[str]) -> Iterator[str]:
    """Names and numbers with digits without the hyphens, commas and spaces that some write in them: RX 480, 1,240."""
    for length in range(1, _APART + 1):
        for start in range(len(tokens) - length + 1):
            run = "".join(tokens[start : start + length])
            if any(char.isdigit() for char in run):
                yield _bare(run.casefold())


def _bare(name: str) -> str:
    return re.sub("[-,]", "", name)


def _acronyms(tokens: Sequence[str]) -> set[str]:
    found, run = set(), ""
    for token in [*tokens, ""]:
        if token[:1].isupper():
            run += token[0].casefold()
            found |= {run[start:] for start in range(len(run) - 1)}
        elif token.casefold() not in ("of", "the", "and", "for", "de"):
            run = ""
    return found


def holds(words: frozenset[str], name: str, language: str) -> bool:
    """Whether the words (of ``words_of``) hold the name in any form; a name with digits to its last character."""
    lower = name.casefold()
    if lower in words:
        return True
    if any(char.isdigit() for char in lower):
        one, many = _SINGULAR.sub("", lower), f"{lower}s"
        return _bare(lower) in words or (lower[0].isalpha() and (one in words or many in words))
    if "-" in lower or "." in lower or "’" in lower or "'" in lower:
        named = [part for part in parts(name) if part[0].isupper()]  # Beijing-based: the city
        every = all(holds(words, part, language) for part in named or parts(name))
        return lower.replace(".", "") in words or every
    family = _FAMILY.get(lower)
    return any(
        _same_name(lower, word, language) or (family is not None and _FAMILY.get(word) == family) for word in words
    )


def _same_name(one: str, other: str, language: str) -> bool:
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    if language != "en":  # names may be inflected
        return shared >= max(_SHARED, 0.6 * max(len(one), len(other)))
    return shared >= _SHARED and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS
