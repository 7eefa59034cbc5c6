"""Several English questions in one: of each a text that asks it alone.

"How much is one dose, how many do I need, and at what intervals?" has three parts, all about one dose. A part that
refers back, or hardly says what it is about, gets the subject of the one before: "One dose: how many do I need?" A
clause that depends on another ("explain what it is and how it works") is no part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from documents.sentences import sentences
from documents.vocabulary import Vocabulary
from qa.understand.phrases import AUXILIARIES, PREPOSITIONS, Word, lower_words, words

_ENOUGH = 3  # content words from which on a question may be understood alone
MOST = 6  # parts; what is asked beyond stays with the last
_JOINTS = 24  # of a sentence that are looked at

_any_of = Vocabulary("qa").any_of
_AND = r"(?:(?:and|also)\s+)*"
_WH = rf"{_any_of('question_words')}\b"
_PREPOSITION = rf"(?:{_any_of('before_question_words')}\s+)?"
_AUXILIARY = rf"{_any_of('auxiliaries_of_parts')}\b"
_MEASURE = rf"(?:how\s+{_any_of('behind_how')}\b)"
_SUBJECT = rf"{_any_of('first_words_of_subjects')}\b"
_QUESTION = rf"(?:{_PREPOSITION}{_WH}|{_AUXILIARY}\s+{_SUBJECT})"
# "how it works", "when to call": subordinate clauses.
_DEPENDENT = rf"(?:{_MEASURE}|{_WH})\s+(?:to\b|{_SUBJECT})"
# Begins at a mark or a word, never at a space, so that long runs of spaces cost nothing.
_JOINT = re.compile(
    r"(?:(?P<mark>[,;])\s+|(?<=\s))(?P<and>(?:and\b|&)\s+(?:(?:also|then)\s+)?)?"
    rf"(?P<question>(?!{_DEPENDENT}){_QUESTION})",
    re.IGNORECASE,
)
_DIRECT = re.compile(rf"(?:^|[,:;.!?–-]\s+){_AND}{_QUESTION}", re.IGNORECASE)
_OPENING = re.compile(
    rf"{_AND}{_PREPOSITION}(?:{_MEASURE}|{_WH}|{_AUXILIARY})(?:\s+{_AUXILIARY})?(?:\s+there\b)?\s*",
    re.IGNORECASE,
)
# A question, where ", who" may also begin what is said of a person.
_INVERTED = re.compile(
    rf"{_PREPOSITION}(?:{_MEASURE}|{_WH}\s+{_AUXILIARY}"
    rf"|{_any_of('determiners_of_questions')}\s+\w+\s+{_AUXILIARY}|{_AUXILIARY})",
    re.IGNORECASE,
)
_RELATIVE = re.compile(rf"(?:,|\w)\s+({_any_of('first_words_of_relative_clauses')})\b", re.IGNORECASE)
_REFERS = re.compile(
    rf"\b{_any_of('refers_back')}\b|\bso(?=\W*$)"
    rf"|\b(?:{_AUXILIARY}|for|of|with|about)\s+(?:this|that)\b|(?<!is )(?<!are )\bthere\b(?! (?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(r"or\b", re.IGNORECASE)


def parts(question: str) -> tuple[str, ...]:
    """The questions that are asked in ``question``, each alone, in order: the whole text where no sentence asks.

    A sentence that asks nothing is in no part: it is a part's story (``qa.understand.story``).
    """
    ranges = [clause for start, end in _asking(question) for clause in _clauses(question, start, end)]
    if len(ranges) < 2:
        return tuple(question[start:end] for start, end in ranges) or (question,)
    if len(ranges) > MOST:
        ranges = [*ranges[: MOST - 1], (ranges[MOST - 1][0], ranges[-1][1])]
    found, subject = [], ""
    for start, end in ranges:
        part = question[start:end]
        if subject and (_needs_subject(part) or _goes_on(question, start, subject)):
            part = f"{subject[:1].upper()}{subject[1:]}: {part}"
        else:
            subject = topic(part)
        found.append(part.rstrip("?.!,; ") + "?")
    return tuple(found)


def _asking(text: str) -> Iterator[tuple[int, int]]:
    """The sentences that end with a question mark, else the only sentence; "Or …?" belongs to the question before."""
    found = list(sentences(text))
    asking = [(start, end) for start, end in found if text[start:end].endswith("?")]
    if not asking and len(found) == 1:
        asking = found
    joined: list[tuple[int, int]] = []
    for start, end in asking:
        if joined and _ALTERNATIVE.match(text, start):
            start = joined.pop()[0]
        joined.append((start, end))
    yield from joined


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The questions of a sentence, joined by "and", or by commas if the last one is joined by "and"."""
    joints = list(islice((joint for joint in _JOINT.finditer(text, start, end) if joint.start() > start), _JOINTS))
    several = any(joint["and"] for joint in joints)
    found, begin = [], start
    for joint in joints:
        inverted = _INVERTED.match(text, joint.start("question")) is not None
        by_mark = joint["mark"] == ";" or (joint["mark"] and several and inverted)
        if (joint["and"] or by_mark) and _asks(text[begin : joint.start()], joint["question"], inverted):
            found.append((begin, begin + len(text[begin : joint.start()].rstrip())))
            begin = joint.start("question")
    return [*found, (begin, end)]


def _asks(clause: str, following: str, inverted: bool) -> bool:
    """Whether the clause is a complete question, so that the one ``following`` begins another.

    Before an ``inverted`` question, "which boat won" and "how much is it" are complete, too.
    """
    opening = _DIRECT.search(clause)
    if not opening:
        return False
    tokens = words(clause)
    relatives = {match[1].casefold() for match in _RELATIVE.finditer(clause, opening.end())}
    has_verb = any(word.lower in AUXILIARIES for word in tokens) or tokens[0].lower in ("who", "what")
    says = len(_content(tokens))
    is_whole = (has_verb and says > 0) or (inverted and (refers_back(clause) if has_verb else says > 1))
    return is_whole and following.split()[0].casefold() not in relatives


def _content(tokens: list[Word]) -> list[Word]:
    return [word for word in tokens if not word.function]


def _needs_subject(clause: str) -> bool:
    opening = _OPENING.match(clause)
    rest = clause[opening.end() :] if opening else clause
    return refers_back(clause) or len(_content(words(rest))) < 2


def _goes_on(question: str, start: int, lead: str) -> bool:
    """Whether the sentence around ``start`` begins with the ``lead`` and a colon, so that all of it is about that."""
    sentence = next((begin for begin, end in sentences(question) if begin <= start < end), start)
    return sentence < start and question.startswith(f"{lead}:", sentence)


def refers_back(clause: str) -> bool:
    """Whether the clause has a word that refers back: "it", "they", "there"."""
    return bool(_REFERS.search(clause))


def says_enough(clause: str) -> bool:
    """Whether a clause may be understood alone although it refers back: "May her dog sleep in the guest room?"."""
    return len(_content(words(clause))) >= _ENOUGH


def topic(clause: str) -> str:
    """What the clause is about: the words before its colon, else all but those that only ask.

    A leading phrase is kept: "For a party, which rooms are free?" is about "For a party, rooms are free".
    """
    lead, colon, _ = clause.partition(":")
    if colon and _DIRECT.search(clause, len(lead)):
        return lead.strip()
    direct = next((match.end() - len(match[0].lstrip(",:;.!?–- ")) for match in _DIRECT.finditer(clause)), 0)
    opening = _OPENING.match(clause, direct)
    begins = lower_words(clause[:direct])[:1]
    lead = clause[:direct] if begins and begins[0] in PREPOSITIONS else ""
    return lead + clause[opening.end() if opening else direct :].strip("?.!,; ")
