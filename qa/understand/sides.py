"""The two things that an English question compares, and the question about each of them alone.

"Which takes longer, the Universal or the Prion programme?" has the sides "the Universal" and "the Prion". What joins
them ("or", "than", "from … to") shows where the second begins; the first begins where the words are parallel to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.vocabulary import Vocabulary
from qa.understand.phrases import AUXILIARIES, DETERMINERS, POSSESSIVES, PREPOSITIONS, Word, words

_VOCABULARY = Vocabulary("qa")
_OPENERS = DETERMINERS | POSSESSIVES | PREPOSITIONS
_FRAME = re.compile(
    r"\b(?:how\s+(?:do|does|did|has|have)|what(?:\s+(?:is|are|was|were)|['’]s)?\s+the|what(?:['’]s)?|compared?(?:\s+(?:with|to))?"
    r"|differences?|differ\w*|chang\w*|between)\b(?=.*\w)|\b(?:differ|change)\w*",
    re.IGNORECASE,
)
# "A flat in the old house or one in the new": "in the new" is parallel without it.
_PRONOUN = re.compile(r"\b(or|than)\s+(?:the\s+)?one(?=\s+(?:in|at|on|for|from|with|of|by)\b)", re.IGNORECASE)
_LONGEST = 7  # words of the first side
_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)
_PREDICATE = re.compile(_VOCABULARY.any_of("predicates_of_sides"), re.IGNORECASE)
_PREDICATE_WORDS = 3  # "more working memory"
_DEGREES = _VOCABULARY.words_of("degrees")
_ARTICLES = DETERMINERS | POSSESSIVES
_AGAINST = _VOCABULARY.words_of("against")  # they follow the predicate of the first side
# What joins two sides, as runs of words; a "to" does so only behind a "from".
_JOINTS = tuple(tuple(run.split()) for run in _VOCABULARY.listed("joints"))
_ALTERNATIVES = _VOCABULARY.words_of("alternatives")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared: its ``name``, as asked, and ``text``, the question without the other."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class _Split:
    """The words from ``first`` to ``joint`` and from ``second`` to ``last`` (exclusive) are parallel."""

    first: int
    left: int
    joint: int
    second: int
    last: int
    likeness: float


def sides(question: str) -> tuple[Side, Side] | None:
    """The sides of a comparison in their order; None where the question does not name two."""
    question = _PRONOUN.sub(r"\1", question)
    tokens = words(question)
    best = max(_splits(question, tokens), key=lambda split: (split.likeness, split.joint), default=None)
    if best is None or best.likeness <= 0:
        return None
    start, left = tokens[best.first].start, tokens[best.left - 1].end
    middle = question[left : tokens[best.joint].start]
    second, end = tokens[best.second].start, tokens[best.last - 1].end
    before = _BETWEEN.sub("in ", question[:start])
    names = question[start:left] + _shared(tokens[best.left - 1], tokens[best.second : best.last]), question[second:end]
    one, other = (Side(name, _alone(f"{before}{name}{middle.rstrip()}{question[end:]}")) for name in names)
    return one, other


def _shared(one: Word, other: Sequence[Word]) -> str:
    """The noun that both sides number and only the second names: "the 2023 and the 2025 policy"."""
    numbers = [place for place, word in enumerate(other) if _is_number(word)]
    behind = other[numbers[-1] + 1 :] if numbers and _is_number(one) else ()
    return "".join(f" {word.text}" for word in behind)


def _alone(question: str) -> str:
    """The question without the words that announce a comparison; unchanged if nothing else would be left."""
    if not _FRAME.search(question):
        return question
    rest = " ".join(_FRAME.sub(" ", question).split()).strip(" ,:.?").removeprefix("in ").removesuffix(" in")
    return rest if len(words(rest)) > 1 else question


def _splits(text: str, tokens: Sequence[Word]) -> Iterator[_Split]:
    lower = [word.lower for word in tokens]
    for joint in range(1, len(tokens) - 1):
        length = next((len(run) for run in _JOINTS if tuple(lower[joint : joint + len(run)]) == run), 0)
        second = joint + length
        if not length or second >= len(tokens) or _is_parted(text, tokens[joint - 1], tokens[joint]):
            continue
        if not _joins(tokens, joint):
            continue
        yield _split(text, tokens, joint, second)


def _joins(tokens: Sequence[Word], joint: int) -> bool:
    """Whether "to" stands behind a "from", and "from" behind "differ"."""
    match tokens[joint].lower:
        case "to":
            return any(word.lower == "from" for word in tokens[:joint])
        case "from":
            return tokens[joint - 1].lower.startswith("differ")
    return True


def _is_parted(text: str, before: Word, after: Word, marks: str = ".;:?!") -> bool:
    return any(mark in text[before.end : after.start] for mark in marks)


def _split(text: str, tokens: Sequence[Word], joint: int, second: int) -> _Split:
    opening = second
    while opening < len(tokens) - 1 and tokens[opening].lower in _OPENERS:
        opening += 1
    last = opening + 1
    while last < len(tokens) and _goes_on(tokens[last - 1], tokens[last]):
        last += 1
    left = joint
    if tokens[second - 1].lower in _AGAINST:
        left = _before_predicate(tokens, joint)
        first = _parallel_opening(tokens, left, second) if opening > second else None
        first = _subject_start(tokens, left) if first is None else first
        return _Split(first, left, joint, second, _clause_end(text, tokens, second), 1.0 if first < left else 0.0)
    near = range(opening, min(opening + 4, len(tokens)))
    head = next((i for i in near if tokens[i].lower == tokens[left - 1].lower), None)
    if head is not None:
        last = head + 1
    first = _first(tokens, left, second, opening, last)
    # "Which holds more laundry, Wool or Quick 30?" compares no laundry.
    first = max((i for i in range(first + 1, left) if _is_parted(text, tokens[i - 1], tokens[i], ",:")), default=first)
    return _Split(first, left, joint, second, last, _likeness(tokens, first, left, joint, second, opening))


def _goes_on(before: Word, word: Word) -> bool:
    """Whether a name or a numbered thing continues with the next word: "Ilse Vantongeren", "version 3"."""
    if _is_function(word):
        return False
    return (before.capital and word.capital) or (_is_number(word) and not _is_number(before)) or _is_number(before)


def _before_predicate(tokens: Sequence[Word], joint: int) -> int:
    """Where the first side ends in front of "much longer than", "more memory than" or "differ from"."""
    left = joint
    for i in range(joint - 1, max(0, joint - 1 - _PREDICATE_WORDS), -1):
        if _PREDICATE.fullmatch(tokens[i].text):
            left = i
            break
        if _is_function(tokens[i]):
            break
    while left > 1 and tokens[left - 1].lower in _DEGREES:
        left -= 1
    return left


def _subject_start(tokens: Sequence[Word], left: int) -> int:
    """Where the subject of the clause begins, after "Is" or "Does" and question words."""
    nearest = max(0, left - _LONGEST)
    behind = [i + 1 for i in range(nearest, left) if tokens[i].lower in AUXILIARIES]
    first = behind[0] if behind else nearest
    while first < left and _is_function(tokens[first]):
        first += 1
    return first


def _clause_end(text: str, tokens: Sequence[Word], second: int) -> int:
    later = range(second + 1, len(tokens))
    return next((i for i in later if text[tokens[i - 1].end : tokens[i].start].strip(" '’&-")), len(tokens))


def _first(tokens: Sequence[Word], left: int, second: int, opening: int, last: int) -> int:
    """Where the first side begins: at the word parallel to the second side's first."""
    if opening > second and (parallel := _parallel_opening(tokens, left, second)) is not None:
        return parallel
    first = max(0, left - (last - opening))
    while first < left - 1 and (_is_function(tokens[first]) or tokens[first].lower in AUXILIARIES):
        first += 1
    while first > 1 and tokens[first].capital and tokens[first - 1].capital and not _is_function(tokens[first - 1]):
        first -= 1
    return first


def _parallel_opening(tokens: Sequence[Word], left: int, second: int) -> int | None:
    """The nearest word before ``left`` that equals the second side's first, or is an article like it."""
    near = [i for i in range(max(0, left - _LONGEST), left - 1) if not tokens[i].capital]  # "hepatitis A" is a name
    same = [i for i in near if tokens[i].lower == tokens[second].lower]
    articles = [i for i in near if {tokens[i].lower, tokens[second].lower} <= _ARTICLES]
    found = same or articles
    return found[-1] if found else None


def _likeness(tokens: Sequence[Word], first: int, left: int, joint: int, second: int, opening: int) -> float:
    """How parallel both sides look; 0 if they are no sides."""
    one, other = tokens[left - 1], tokens[opening]
    if _is_function(one) or _is_function(other) or first >= left:
        return 0.0
    openings = {tokens[first].lower, tokens[second].lower}
    same_opening = len(openings) == 1 or openings <= _ARTICLES
    named = any(tokens[i].lower in ("between", "from", "both") for i in range(max(0, first - 2), first + 1))
    return (
        (tokens[joint].lower != "and") * 1.0
        + (tokens[joint].lower in _ALTERNATIVES) * 1.0
        + 2.0 * named
        + same_opening * 1.0
        + (_is_number(tokens[left - 1]) == _is_number(other)) * 0.5
        + (tokens[left - 1].capital == other.capital) * 0.5
    )


def _is_function(word: Word) -> bool:
    """Whether it is a function word, and not the month of May."""
    return word.function and word.text != "May"


def _is_number(word: Word) -> bool:
    return any(map(str.isdigit, word.text))
