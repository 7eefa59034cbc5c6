"""Anaphors, which refer to an earlier turn ("it", "that city", "there", "the company"), and what they may refer to.

Candidates are in the order of centering theory (Grosz, Joshi and Weinstein 1995): the most recent turn first, and in a
turn the subject before other phrases. ``qa.understand.rewriter`` chooses among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from documents.words import word_set
from qa.understand.conversation import Turn
from qa.understand.phrases import (
    AUXILIARIES,
    BE,
    DO,
    POSSESSIVES,
    PREPOSITIONS,
    Phrase,
    Word,
    asked,
    is_verb,
    is_year,
    lower_words,
    named_by,
    names,
    phrases,
    words,
)  # fmt: skip

Referent = Literal["person", "thing", "several", "place"]

_PRONOUNS: dict[str, Referent] = {
    **dict.fromkeys(("he", "him", "his", "she", "her"), "person"),
    **dict.fromkeys(("it", "its", "this", "that"), "thing"),
    **dict.fromkeys(("they", "them", "their", "these", "those"), "several"),
    "there": "place",
}
_SUBJECTS = word_set("he she it they")
_DEMONSTRATIVES = word_set("this that these those")
_EXPLETIVE = re.compile(
    r"\bit (?:take|takes|took|taken|true|possible|likely|necessary|that|called when)\b|\bit (?=\w+ (?:to|that)\b)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(said|say|says|claimed?|argued?|argues|wrote|stated|thinks?|thought|believes?)\s+(?:that|this|so)\W*$",
    re.IGNORECASE,
)
_THE_TIME = re.compile(r"\b(?:at (?:the|that|this) time|(?:in )?that year|back then|then)(?=\W*$)", re.IGNORECASE)
_PAIR = re.compile(r"\bthe (former|latter)\b", re.IGNORECASE)
_MOTION = word_set("go goes went gone come came travel travelled move moved sent send get got")
_CLAUSE = re.compile(r",|\b(?:and|or|but|when|before|after|because|that|which|who|if|while|since|until|as|to)\b", re.I)
_PLACES = word_set("in at into on near to from")
_PLACE_NOUNS = word_set("city country town place region state area village county island district")
# There is only one of each: "the sun" refers to no earlier turn.
_UNIQUE = word_set("world earth sun moon internet universe future past sea ocean")
_STEM = 4  # first letters that words of one stem share
_MOST_QUOTED = 25  # words


@dataclass(frozen=True, slots=True)
class Anaphor:
    """Words of a question, ``start`` to ``end``, that refer to an earlier turn.

    ``noun`` is the noun after a determiner ("city" of "that city"), else "".
    """

    start: int
    end: int
    referent: Referent
    possessive: bool = False
    noun: str = ""


def anaphors(text: str) -> list[Anaphor]:
    """The pronouns and demonstratives that refer to an earlier turn, the first of each kind of referent."""
    own = words(text)
    found: dict[Referent, Anaphor] = {}
    for i, word in enumerate(own):
        referent = _PRONOUNS.get(word.lower)
        if referent and referent not in found and not (_is_expletive(text, own, i) or _is_internal(text, own, i)):
            found[referent] = _anaphor(text, own, i, referent)
    return list(found.values())


def definite_nouns(text: str, last: Turn) -> list[Anaphor]:
    """For a question without names, the noun with "the" that most likely refers to an earlier turn; or none."""
    found = phrases(text)
    if any(phrase.kind != "noun" or phrase.head in _UNIQUE for phrase in found):
        return []
    nouns = [
        noun
        for noun in found
        if noun.text.casefold().startswith("the ")
        and not re.match(r"\s+(?:of|between|that|which|who|whose|where|when)\b", text[noun.end :])
        and not any(noun.start < other.start and other.end <= noun.end for other in found)
    ]
    known = set(lower_words(f"{last.question} {last.answer}"))
    return [
        Anaphor(noun.start, noun.end, "several" if noun.plural else "thing", noun=noun.text[len("the ") :])
        for noun in sorted(nouns, key=lambda noun: noun.head not in known)[:1]
    ]


def refers_to_time(text: str) -> bool:
    """Whether the question ends with "then", "at that time" or the like."""
    return _THE_TIME.search(text) is not None


def resolved(text: str, found: Sequence[Anaphor], history: Sequence[Turn]) -> Iterator[str]:
    """The question with possible referents in place of its anaphors, the likeliest first."""
    if (said := _SAID.search(text)) and history[-1].answer:
        yield f"{text[: said.end(1)]} “{_beginning(history[-1].answer)}”"
        return
    if pair := _PAIR.search(text):
        yield from (text[: pair.start()] + part + text[pair.end() :] for part in _of_pair(pair[1], history[-1]))
        return
    if not found and (time := _THE_TIME.search(text)):
        yield from (f"{text[: time.start()]}in {year}{text[time.end() :]}" for year in _years(history))
        return
    options = [(anaphor, _fillings(text, anaphor, history)) for anaphor in found]
    open_one, fillings = max(options, key=lambda option: len(option[1]), default=(None, []))
    for filling in fillings:
        filled = text
        for anaphor, own in sorted(options, key=lambda option: -option[0].start):
            others = (other for other in own if other not in filling and filling not in other)
            chosen = filling if anaphor is open_one else next(others, text[anaphor.start : anaphor.end])
            filled = filled[: anaphor.start] + chosen + filled[anaphor.end :]
        yield filled


def _anaphor(text: str, own: Sequence[Word], i: int, referent: Referent) -> Anaphor:
    word = own[i]
    following = own[i + 1] if i + 1 < len(own) else None
    content = following is not None and not following.function
    last = i + 1
    while last + 1 < len(own) and not own[last + 1].function and text[own[last].end : own[last + 1].start] == " ":
        last += 1
    before = own[i - 1].lower if i else ""  # "how does that work", "how are these funded"
    verb = last == i + 1 and (before in DO or (before in BE and content and is_verb(own[last])))
    if word.lower not in _DEMONSTRATIVES or not content or verb:
        possessive = word.lower in POSSESSIVES and (word.lower != "her" or content)
        return Anaphor(word.start, word.end, referent, possessive)
    while last > i + 1 and own[last].lower.endswith("ed"):  # "which that company founded"
        last -= 1
    place = own[last].lower in _PLACE_NOUNS
    noun = text[own[i + 1].start : own[last].end]
    return Anaphor(word.start, own[last].end, "place" if place else referent, noun=noun)


def _is_expletive(text: str, own: Sequence[Word], i: int) -> bool:
    """Whether a pronoun refers to nothing: "how long does it take", "there are", "the man that"."""
    word, before = own[i].lower, own[i - 1].lower if i else ""
    after = own[i + 1].lower if i + 1 < len(own) else ""
    if word == "it":
        return any(match.start() == own[i].start for match in _EXPLETIVE.finditer(text))
    if word == "there":
        return before in BE or after in BE
    if word == "that":  # a conjunction or relative pronoun, unless it is in the place of a noun
        return i > 0 and bool(after) and before not in AUXILIARIES | PREPOSITIONS | {"who", "made"}
    return False


def _is_internal(text: str, own: Sequence[Word], i: int) -> bool:
    """Whether the pronoun's referent is before it in the same question."""
    word, before = own[i].lower, text[: own[i].start]
    previous = own[i - 1].lower if i else ""
    if word == "there" or word in _DEMONSTRATIVES or (word in _SUBJECTS and previous in AUXILIARIES):
        return False
    earlier = [phrase for phrase in phrases(before) if phrase.kind != "number"]
    if word in ("him", "them", "it") or (word == "her" and i + 1 == len(own)):
        # An object is not the subject of its own clause: "when did France annex it".
        return any(phrase.kind == "name" and _CLAUSE.search(before[phrase.end :]) for phrase in earlier)
    asks_who = i > 1 and own[0].lower in ("who", "whose") and own[1].lower not in BE
    return bool(earlier) or asks_who or (asked(before) is not None and previous not in BE | PREPOSITIONS)


def _fillings(text: str, anaphor: Anaphor, history: Sequence[Turn]) -> list[str]:
    """What may replace the anaphor."""
    referents = _referents(anaphor.referent, history)
    if anaphor.noun:
        return _with_noun(anaphor, referents, history)
    if anaphor.possessive:
        return [text + ("'" if text.endswith("s") else "'s") for text in referents]
    if anaphor.referent == "place":
        before = lower_words(text[: anaphor.start])[-1:] or [""]
        to = "" if before[0] in PREPOSITIONS else "to " if before[0] in _MOTION else "in "
        return [text if lower_words(text)[0] in _PLACES else to + text for text in referents]
    return referents


def _with_noun(anaphor: Anaphor, referents: Sequence[str], history: Sequence[Turn]) -> list[str]:
    """For "that city", "the company": the phrases with that noun, else referents, alone or after "the … of"."""
    head = anaphor.noun.split()[-1].casefold()
    mentioned = [
        phrase
        for turn in reversed(history)
        for phrase in (*phrases(turn.question), *phrases(turn.short), *names(turn.answer))
        if phrase.text.casefold().removeprefix("the ") != anaphor.noun.casefold()
    ]
    same = [phrase.text for phrase in mentioned if phrase.head in (head, f"{head}s")]
    named = [phrase.text for phrase in mentioned if phrase.kind == "name" and head in lower_words(phrase.text)]
    if same or named:
        return same or named
    if anaphor.referent == "place":
        return list(referents)
    earlier = lower_words(" ".join(f"{turn.question} {turn.answer}" for turn in history))
    event = any(word[:_STEM] == head[:_STEM] for word in earlier)  # "that ranking" after "was ranked"
    return [form for text in referents for form in (f"the {anaphor.noun} of {text}", text)[: 1 if event else 2]]


def _referents(kind: Referent, history: Sequence[Turn]) -> list[str]:
    """The phrases of earlier turns that may be meant, the most recent turn first."""
    unique: dict[str, str] = {}
    for turn in reversed(history):
        for phrase in _REFERENTS[kind](turn):
            unique.setdefault(phrase.text.casefold().removeprefix("the "), phrase.text)
    return list(unique.values())


def _persons(turn: Turn) -> list[Phrase]:
    named = [phrase for phrase in phrases(turn.question) if _may_be_person(phrase)]
    owned = [phrase for phrase in named if re.search(r"['’]s? ", phrase.text)]
    short = [] if {"where", "when"} & set(lower_words(turn.question)) else names(turn.short)[:1]
    noun = None if short else asked(turn.question)
    office = [replace(noun, text=f"the {noun.text}")] if noun and not noun.plural else []
    return [*short, *office, *(phrase for phrase in named if phrase not in owned), *owned, *names(turn.answer)[:2]]


def _may_be_person(phrase: Phrase) -> bool:
    first, *_, last = (*words(phrase.text.removeprefix("the ")), *words(phrase.text)[-1:])
    owned = "’" in phrase.text or "'" in phrase.text
    return phrase.kind == "name" and phrase.preposition not in _PLACES and first.capital and (last.capital or owned)


def _things(turn: Turn) -> list[Phrase]:
    own = _mentioned(turn)
    single = [phrase for phrase in own if not phrase.plural]
    several = [phrase for phrase in own if phrase.plural]
    return [*single[:2], *_short(turn), *single[2:], *several, *names(turn.answer)[:2]]


def _several(turn: Turn) -> list[Phrase]:
    own = _mentioned(turn)
    plural = [phrase for phrase in own if phrase.plural]
    others = [phrase for phrase in own if not phrase.plural]
    return [*_counted(turn), *plural[:1], *_short(turn), *plural[1:], *others, *names(turn.answer)[:2]]


def _places(turn: Turn) -> list[Phrase]:
    own = _mentioned(turn)
    located = [phrase for phrase in own if phrase.preposition in _PLACES]
    others = [phrase for phrase in own if phrase.preposition not in _PLACES]
    first, last = (_short(turn), others) if "where" in lower_words(turn.question) else (others, _short(turn))
    return [*first, *located, *last, *names(turn.answer)[:2]]


_REFERENTS = {"person": _persons, "thing": _things, "several": _several, "place": _places}


def _mentioned(turn: Turn) -> list[Phrase]:
    return [phrase for phrase in phrases(turn.question) if phrase.kind != "number"]


def _short(turn: Turn) -> list[Phrase]:
    short = named_by(turn.short)
    return [short] if short else []


def _counted(turn: Turn) -> list[Phrase]:
    """The noun that "how many" asks for: after "How many employees does Nike have?", the employees of Nike."""
    noun, own = asked(turn.question), [phrase.text for phrase in phrases(turn.question) if phrase.kind == "name"]
    if noun is None or not noun.plural or _short(turn):
        return []
    return [replace(noun, text=" of ".join([f"the {noun.text}", *own[:1]]))]


def _of_pair(which: str, turn: Turn) -> list[str]:
    """The former or the latter of two phrases joined by "and" or "or", in the answer or the question."""
    found = []
    for text in (turn.short, turn.question, turn.answer):
        own = phrases(text)
        pairs = [(a, b) for a, b in pairwise(own) if text[a.end : b.start].strip() in ("and", "or")]
        found += [a.text if which.casefold() == "former" else b.text for a, b in pairs]
    return found


def _years(history: Sequence[Turn]) -> list[str]:
    texts = [f"{turn.short} {turn.question} {turn.answer}" for turn in reversed(history)]
    return list(dict.fromkeys(word.text for text in texts for word in words(text) if is_year(word.text)))


def _beginning(answer: str) -> str:
    """The beginning of an answer, as long as a question may quote."""
    own = answer.split()
    return " ".join(own[:_MOST_QUOTED]).strip(" “”\"'") + (" …" if len(own) > _MOST_QUOTED else "")
