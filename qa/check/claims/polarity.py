"""Does the evidence say the opposite? Negations and opposites, each with the words that they concern.

A sign of negation concerns the content words that follow it closely: "did *not* increase", "*without* a licence",
"*lack* inductive properties". A claim and its evidence disagree where one negates what the other states, or where one
has the opposite of the other's word ("rose" and "fell"). Words are English; the commonest signs of some other languages
are known too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.analyse import STOP_WORDS, paired, terms

# How many content words after the sign are what it concerns.
_REACH = 3

_ENGLISH = frozenset(
    """not n't no never neither nor none nobody nothing nowhere without cannot lack lacks lacked lacking fail fails
    failed failing unable absence absent hardly scarcely refuse refuses refused""".split()  # noqa: SIM905
)
_OTHERS = frozenset(
    """nicht kein keine keinen keinem keiner nie niemals ohne weder
    ningún ninguna nunca jamás sin tampoco pas jamais sans aucun aucune non mai senza não nunca sem niet geen nooit
    не нет ни никогда без
    لا لم لن ليس ليست غير بدون नहीं न मत बिना
    不 没 没有 未 无 非""".split()  # noqa: SIM905
)
_WORD = re.compile(r"n['’]t\b|[^\W_]+(?:['’](?!t\b)[^\W_]+)?|[.;:!?]")
_CONTRACTED = re.compile(
    r"\b(ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should|must|need)(n['’]t)\b", re.I
)
_CJK_SIGN = re.compile(r"(?<=[\u4e00-\u9fff])?([不没未无非])(?=[\u4e00-\u9fff])")

_OPPOSITES = """
increase rise rose risen grow grew grown growth climb gain expand higher more greater up upregulate elevate raise surge
    | decrease fall fell fallen decline shrink shrank drop reduce reduction lower less fewer down downregulate diminish
promote enhance activate stimulate facilitate induce improve strengthen accelerate
    | inhibit suppress impair block hinder worsen weaken slow attenuate deactivate impede repress
positive | negative
before prior precede | after following follow
above over | below under beneath
maximum most | minimum least
best better | worst worse
largest biggest longest highest tallest greatest | smallest shortest lowest
oldest earliest first | newest youngest latest last
win won victory defeat beat | lose lost loss
accept approve allow permit support endorse | reject refuse forbid ban oppose prohibit
include including | exclude excluding
always | never
all every | none few some
open opened | close closed shut
begin began start started launch | end ended finish finished
north northern | south southern
east eastern | west western
left | right
hot warm | cold cool
early earlier | late later
internal inner | external outer
presence present | absence absent
legal | illegal
likely | unlikely
possible | impossible
sufficient adequate | insufficient inadequate
safe | unsafe dangerous
buy bought purchase acquire | sell sold
import | export
male men man boy | female women woman girl
success succeed successful | failure fail unsuccessful
sensitive susceptible | resistant insensitive
short | long
dependent | independent
same identical similar | different distinct dissimilar
high | low
many | few
major | minor
young | old
public | private
active | inactive
"""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of negation as it is written, and the stems that it concerns."""

    text: str
    scope: frozenset[str]


def _stem(word: str, language: str = "en") -> str:
    found = terms(word, language)
    return found[0] if found else word.lower()


def _sides() -> dict[str, tuple[tuple[int, int], ...]]:
    """Stem -> the pairs (number, side) that it belongs to."""
    sides: dict[str, set[tuple[int, int]]] = {}
    for number, line in enumerate(_OPPOSITES.replace("\n    |", " |").strip().split("\n")):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                sides.setdefault(_stem(word), set()).add((number, side))
    return {stem: tuple(sorted(own)) for stem, own in sides.items()}


@lru_cache(maxsize=1)
def _opposites() -> dict[str, tuple[tuple[int, int], ...]]:
    return _sides()


def disagreements(claim: str, evidence: str, language: str = "en") -> tuple[str, ...]:
    """The claim's words whose negation or opposite ``evidence`` states, and the claim's negations that it lacks."""
    opposed = _opposed(claim, evidence) if language == "en" else []
    return tuple(dict.fromkeys([*_negated(claim, evidence, language), *opposed]))


def _negated(claim: str, evidence: str, language: str) -> list[str]:
    own, told = signs(claim, language), signs(evidence, language)
    claimed, stated = _stems(claim, language), _stems(evidence, language)
    found = []
    for sign in own:  # negated here: is it there? Where its words are others there, any negation may be the one.
        other_words = not sign.scope or bool(sign.scope - stated)
        if not any(other_words or sign.scope & other.scope for other in told):
            found.append(sign.text)
    if not own:  # stated here: is it negated there, in every place?
        for sign in told:
            hit = sign.scope & claimed
            if hit and len(hit) * 2 >= len(sign.scope):
                found.append(f"{sign.text} (in the text)")
    return found


def _opposed(claim: str, evidence: str) -> list[str]:
    """Words of the claim where the evidence has the opposite of the same thing, unless one of the two is negated.

    Of the same thing: beside one of the words that stand beside the claim's. Where the evidence says nothing so close,
    it disagrees if it holds the opposite and nothing on the claim's own side.
    """
    claimed, stated = _content(claim), _content(evidence)
    negated = {stem for text in (claim, evidence) for sign in signs(text) for stem in sign.scope}
    found = []
    for place, stem in enumerate(claimed):
        if stem in negated:
            continue
        for pair in _opposites().get(stem, ()):
            beside = _beside(claimed, place)
            near = [(other, told) for other, told in _occurrences(stated, pair) if beside & _beside(stated, other)]
            told = {same for _, same in near or _occurrences(stated, pair)}
            against = {stated[other] for other, same in near or _occurrences(stated, pair) if not same}
            excused = negated if near else negated | set(claimed)
            if told == {False} and not against & excused:
                found.append(_as_written(claim, stem))
    return found


def _occurrences(stems: Sequence[str], pair: tuple[int, int]) -> list[tuple[int, bool]]:
    """Places of the words of a pair of opposites, and whether each is on the given side."""
    number, side = pair
    return [
        (place, own_side == side)
        for place, stem in enumerate(stems)
        for own_number, own_side in _opposites().get(stem, ())
        if own_number == number
    ]


def _beside(stems: Sequence[str], place: int) -> set[str]:
    return {*stems[max(0, place - 1) : place], *stems[place + 1 : place + 3]}


@lru_cache(maxsize=512)
def _content(text: str) -> tuple[str, ...]:
    return tuple(stem for stem in terms(text, "en") if stem not in STOP_WORDS)


def _as_written(text: str, stem: str) -> str:
    return next((word for word in re.findall(r"[^\W_]+", text) if _stem(word) == stem), stem)


@lru_cache(maxsize=512)
def _stems(text: str, language: str) -> frozenset[str]:
    return frozenset(terms(text, language))


@lru_cache(maxsize=512)
def signs(text: str, language: str = "en") -> tuple[Sign, ...]:
    """The signs of negation in ``text``."""
    text = _CONTRACTED.sub(r"\1 \2", text.replace("cannot", "can not").replace("can't", "ca n't"))
    known = _ENGLISH if language == "en" else _ENGLISH | _OTHERS
    words = _WORD.findall(paired(_CJK_SIGN.sub(r" \1 ", text)))
    return tuple(
        Sign(word, _scope(words[number + 1 :], language))
        for number, word in enumerate(words)
        if word.lower().replace("’", "'") in known and not _is_only(words, number)
    )


def _is_only(words: Sequence[str], number: int) -> bool:
    """Whether the sign at ``number`` negates nothing: "not only", "no. 5", "no more than"."""
    word = words[number].lower()
    following, then = ([word.lower() for word in words[number + 1 : number + 3]] + ["", ""])[:2]
    return (
        following in ("only", "just", "merely", "doubt")
        or (word == "no" and following[:1].isdigit())
        or (word in ("no", "not") and following in ("more", "less", "fewer", "later") and then == "than")
    )


def _scope(words: Sequence[str], language: str) -> frozenset[str]:
    found: list[str] = []
    for word in words:
        if word in ".;:!?" or len(found) == _REACH:
            break
        if word.lower() not in STOP_WORDS:
            found += terms(word, language)[:1]
    return frozenset(found)
