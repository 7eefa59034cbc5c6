"""Anaphors, which refer to an earlier turn ("it", "that city", "there"), and what they may refer to.

The candidates are the short answer and the phrases of the question, the most recent turn first. The tagger and the
documents decide which one is meant (``qa.understand.rewriter``): ordering them by what a pronoun tells of persons,
things and numbers agrees no better with TREC CAsT's questions as people rewrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    asked_noun,
    is_verb,
    listed,
    lower_words,
    named_by,
    names,
    phrases,
    words,
)

# Pronouns of one class have one referent: "Where did he write his book?".
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
_CLAUSE = re.compile(r",|\b(?:and|or|but|when|before|after|because|that|which|who|if|while|since|until|as|to)\b", re.I)
_DEPENDENT = re.compile(r"\b(?:when|before|after|because|if|while|since|until)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_NAMED = 2  # names of an answer that may be meant


@dataclass(frozen=True, slots=True)
class Anaphor:
    """Words of a question, from ``start`` to ``end``, that refer to an earlier turn.

    ``noun`` is the noun after a determiner ("city" in "that city"), else "".
    """

    start: int
    end: int
    referent: Referent
    possessive: bool = False
    noun: str = ""


def anaphors(text: str) -> list[Anaphor]:
    """The pronouns and demonstratives that refer to an earlier turn, the first of each kind of referent."""
    tokens = words(text)
    found: dict[Referent, Anaphor] = {}
    for i, word in enumerate(tokens):
        referent = _PRONOUNS.get(word.lower)
        if referent and referent not in found and not (_is_expletive(text, tokens, i) or _is_internal(text, tokens, i)):
            found[referent] = _anaphor(text, tokens, i, referent)
    return list(found.values())


def resolved(text: str, found: Sequence[Anaphor], history: Sequence[Turn]) -> Iterator[str]:
    """The question with its anaphors replaced by possible referents, the likeliest first."""
    options = [(anaphor, _fillings(text, anaphor, history)) for anaphor in found]
    open_one, fillings = max(options, key=lambda option: len(option[1]), default=(None, []))
    for filling in fillings:
        filled = text
        for anaphor, candidates in sorted(options, key=lambda option: -option[0].start):
            others = (other for other in candidates if other not in filling and filling not in other)
            chosen = filling if anaphor is open_one else next(others, text[anaphor.start : anaphor.end])
            filled = filled[: anaphor.start] + chosen + filled[anaphor.end :]
        yield filled


def _anaphor(text: str, tokens: Sequence[Word], i: int, referent: Referent) -> Anaphor:
    word = tokens[i]
    following = tokens[i + 1] if i + 1 < len(tokens) else None
    content = following is not None and not following.function
    last, end = i + 1, len(tokens) - 1
    while last < end and not tokens[last + 1].function and text[tokens[last].end : tokens[last + 1].start] == " ":
        last += 1
    before = tokens[i - 1].lower if i else ""  # "how does that work", "how are these funded"
    verb = last == i + 1 and (before in DO or (before in BE and content and is_verb(tokens[last])))
    if word.lower not in _DEMONSTRATIVES or not content or verb:
        possessive = word.lower in POSSESSIVES and (word.lower != "her" or content)
        return Anaphor(word.start, word.end, referent, possessive)
    while last > i + 1 and tokens[last].lower.endswith("ed"):  # "which that company founded"
        last -= 1
    return Anaphor(word.start, tokens[last].end, referent, noun=text[tokens[i + 1].start : tokens[last].end])


def _is_expletive(text: str, tokens: Sequence[Word], i: int) -> bool:
    """Whether a pronoun refers to nothing: "how long does it take", "there are", "the man that"."""
    word, before = tokens[i].lower, tokens[i - 1].lower if i else ""
    after = tokens[i + 1].lower if i + 1 < len(tokens) else ""
    if word == "it":
        return any(match.start() == tokens[i].start for match in _EXPLETIVE.finditer(text))
    if word == "there":
        return before in BE or after in BE
    if word == "that":  # a conjunction or relative pronoun, unless it is in the place of a noun
        return i > 0 and bool(after) and before not in AUXILIARIES | PREPOSITIONS | {"who", "made"}
    return False


def _is_internal(text: str, tokens: Sequence[Word], i: int) -> bool:
    """Whether the pronoun refers to something earlier in the same question."""
    word, before = tokens[i].lower, text[: tokens[i].start]
    previous = tokens[i - 1].lower if i else ""
    if any(phrases(sentence) for sentence in _SENTENCE_END.split(before)[:-1]):
        return True  # "The lift is broken. Who repairs it?"
    if word == "there" or word in _DEMONSTRATIVES or (word in _SUBJECTS and previous in AUXILIARIES):
        return False
    earlier = [phrase for phrase in phrases(before) if phrase.kind != "number"]
    if word in ("him", "them", "it") or (word == "her" and i + 1 == len(tokens)):
        return any(_goes_on(phrase, before[phrase.end :]) for phrase in earlier)
    asks_who = i > 1 and tokens[0].lower in ("who", "whose") and tokens[1].lower not in BE
    return bool(earlier) or asks_who or (asked_noun(before) is not None and previous not in BE | PREPOSITIONS)


def _goes_on(phrase: Phrase, between: str) -> bool:
    """Whether an object in another clause than the phrase's may refer to it; ``between`` is what parts the two.

    An object is not the subject of its own clause: "when did France annex it". What is said of a thing goes on in a
    dependent clause: "must the crate stay shut after it arrives".
    """
    is_thing = phrase.text.casefold().startswith(("the ", "a ", "an "))
    return bool((phrase.kind == "name" and _CLAUSE.search(between)) or (is_thing and _DEPENDENT.search(between)))


def _fillings(text: str, anaphor: Anaphor, history: Sequence[Turn]) -> list[str]:
    """What may replace the anaphor."""
    referents = _referents(history, anaphor.referent)
    if anaphor.noun:
        return _with_noun(anaphor.noun, referents, history)
    if anaphor.possessive:
        return [text + ("'" if text.endswith("s") else "'s") for text in referents]
    if anaphor.referent == "place":
        before = lower_words(text[: anaphor.start])[-1:] or [""]
        return referents if before[0] in PREPOSITIONS else [f"in {text}" for text in referents]
    return referents


def _with_noun(noun: str, referents: Sequence[str], history: Sequence[Turn]) -> list[str]:
    """For "that city": the phrases that end with "city", else the names that have the word, else "the city of …"."""
    head = noun.split()[-1].casefold()
    mentioned = [
        phrase
        for turn in reversed(history)
        for phrase in (*phrases(turn.question), *phrases(turn.short), *names(turn.answer))
        if phrase.text.casefold().removeprefix("the ") != noun.casefold()
    ]
    same = [phrase.text for phrase in mentioned if phrase.head in (head, f"{head}s")]
    named = [phrase.text for phrase in mentioned if phrase.kind == "name" and head in lower_words(phrase.text)]
    return same or named or [f"the {noun} of {text}" for text in referents]


def _referents(history: Sequence[Turn], referent: Referent) -> list[str]:
    """The phrases of earlier turns that may be meant, the most recent turn first.

    "They" are rather the things that a turn asked for: the clubs, after "Which clubs are there?".
    """
    unique: dict[str, str] = {}
    for turn in reversed(history):
        if referent == "several" and (things := listed(turn.question)):
            unique.setdefault(things.casefold(), f"the {things}")
        short = named_by(turn.short)
        mentioned = [phrase for phrase in phrases(turn.question) if phrase.kind != "number"]
        for phrase in (*mentioned[:1], *([short] if short else []), *mentioned[1:], *names(turn.answer)[:_NAMED]):
            unique.setdefault(phrase.text.casefold().removeprefix("the "), phrase.text)
    return list(unique.values())
