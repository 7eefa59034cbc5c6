"""Does the evidence say the opposite of a claim? Negations and antonyms, compared by the words they apply to.

The scope of a negation is the few content words that follow it: "did *not* increase", "*without* a licence", "*lack*
inductive properties". A claim and its evidence disagree where one negates what the other states, or where one has an
antonym of the other's word ("rose" and "fell"). The antonyms are English; of some other languages, only the commonest
negations are known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from documents.unspaced import paired
from documents.vocabulary import Vocabulary
from documents.words import WORD
from index.analyse import STOP_WORDS, terms
from qa.check.claims.wording import read

_SCOPE = 3  # content words after a negation that it applies to

_VOCABULARY = Vocabulary("qa")
_NEGATIONS = _VOCABULARY.words_of("negations")
_ENGLISH_NEGATIONS = _VOCABULARY.by_language("negations")["en"]
# Words, with n't as one, and the marks that end a scope.
_WORD_OR_MARK = re.compile(r"n['’]t\b|[^\W_]+(?:['’](?!t\b)[^\W_]+)?|[.;:!?]")
_CONTRACTED = re.compile(rf"\b({'|'.join(_VOCABULARY.listed('before_contracted_not'))})(n['’]t)\b", re.I)
_CJK_NEGATION = re.compile(r"(?<=[\u4e00-\u9fff])?([不没未无非])(?=[\u4e00-\u9fff])")


@dataclass(frozen=True, slots=True)
class Negation:
    """A negating word as it is written, and the stems that it applies to."""

    text: str
    scope: frozenset[str]


def _stem(word: str, language: str = "en") -> str:
    found = terms(word, language)
    return found[0] if found else word.lower()


@lru_cache(maxsize=1)
def _antonyms() -> dict[str, tuple[tuple[int, int], ...]]:
    """Stem -> (number of the pair, side of it, 0 or 1) for each pair of antonyms that the stem belongs to."""
    sides: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_VOCABULARY.listed("antonyms")):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                sides.setdefault(_stem(word), set()).add((number, side))
    return {stem: tuple(sorted(pairs)) for stem, pairs in sides.items()}


def disagreements(claim: str, evidence: str, language: str = "en") -> tuple[str, ...]:
    """The claim's words that ``evidence`` negates or has an antonym of, and the claim's negations that it lacks."""
    opposed = _opposed(claim, evidence) if language == "en" else []
    return tuple(dict.fromkeys([*_negated(claim, evidence, language), *opposed]))


def _negated(claim: str, evidence: str, language: str) -> list[str]:
    """The negations that only one of the two has."""
    claimed, stated = negations(claim, language), negations(evidence, language)
    claim_stems, evidence_stems = _stems(claim, language), _stems(evidence, language)
    found = []
    for negation in claimed:  # any negation of the evidence may match one whose words the evidence says otherwise
        is_reworded = not negation.scope or bool(negation.scope - evidence_stems)
        if not any(is_reworded or negation.scope & other.scope for other in stated):
            found.append(negation.text)
    if not claimed:
        for negation in stated:
            shared = negation.scope & claim_stems
            if shared and len(shared) * 2 >= len(negation.scope):
                found.append(f"{negation.text} (in the text)")
    return found


def _opposed(claim: str, evidence: str) -> list[str]:
    """The claim's words for which the evidence has an antonym about the same thing, unless one of the two is negated.

    It is about the same thing where a word next to it is next to the claim's word too. Where the evidence has no such
    word, it disagrees if it has the antonym and no word of the claim's side of the pair.
    """
    claimed, stated = read(claim, "en").stems, read(evidence, "en").stems
    negated = {stem for text in (claim, evidence) for negation in negations(text) for stem in negation.scope}
    found = []
    for place, stem in enumerate(claimed):
        for pair in _antonyms().get(stem, ()) if stem not in negated else ():
            neighbours = _neighbours(claimed, place)
            everywhere = _occurrences(stated, pair)
            near = [(other, agrees) for other, agrees in everywhere if neighbours & _neighbours(stated, other)]
            compared = near or everywhere
            antonyms = {stated[other] for other, agrees in compared if not agrees}
            excused = negated if near else negated | set(claimed)
            if {agrees for _, agrees in compared} == {False} and not antonyms & excused:
                found.append(_as_written(claim, stem))
    return found


def _occurrences(stems: Sequence[str], pair: tuple[int, int]) -> list[tuple[int, bool]]:
    """Positions of the stems of a pair of antonyms, and whether each is on the given side of the pair."""
    number, side = pair
    return [
        (place, other_side == side)
        for place, stem in enumerate(stems)
        for other_number, other_side in _antonyms().get(stem, ())
        if other_number == number
    ]


def _neighbours(stems: Sequence[str], place: int) -> set[str]:
    """The stem before ``place`` and the two after it."""
    return {*stems[max(0, place - 1) : place], *stems[place + 1 : place + 3]}


def _as_written(text: str, stem: str) -> str:
    return next((word for word in WORD.findall(text) if _stem(word) == stem), stem)


@lru_cache(maxsize=512)
def _stems(text: str, language: str) -> frozenset[str]:
    return frozenset(terms(text, language))


@lru_cache(maxsize=512)
def negations(text: str, language: str = "en") -> tuple[Negation, ...]:
    """The negations in ``text``, in order."""
    text = _CONTRACTED.sub(r"\1 \2", text.replace("cannot", "can not").replace("can't", "ca n't"))
    known = _ENGLISH_NEGATIONS if language == "en" else _NEGATIONS
    words = _WORD_OR_MARK.findall(paired(_CJK_NEGATION.sub(r" \1 ", text)))
    return tuple(
        Negation(word, _scope(words[number + 1 :], language))
        for number, word in enumerate(words)
        if word.lower().replace("’", "'") in known and not _negates_nothing(words, number)
    )


def _negates_nothing(words: Sequence[str], number: int) -> bool:
    """Whether the word at ``number`` is no negation here: "not only", "no. 5", "no more than"."""
    word = words[number].lower()
    following, then = ([word.lower() for word in words[number + 1 : number + 3]] + ["", ""])[:2]
    return (
        following in ("only", "just", "merely", "doubt")
        or (word == "no" and following[:1].isdigit())
        or (word in ("no", "not") and following in ("more", "less", "fewer", "later") and then == "than")
    )


def _scope(words: Sequence[str], language: str) -> frozenset[str]:
    """The stems of the content words to which a negation before ``words`` applies."""
    found: list[str] = []
    for word in words:
        if word in ".;:!?" or len(found) == _SCOPE:
            break
        if word.lower() not in STOP_WORDS:
            found += terms(word, language)[:1]
    return frozenset(found)
