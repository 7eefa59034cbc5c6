"""A document -> questions that a sentence or section of it may answer, made from its own words.

- Questions and headings that ask are taken as they are.
- A plain statement is inverted: its subject and auxiliary change places, and its date, number, agent, reason or kind is
  asked for (as in Heilman & Smith 2010, without a parser: only from sentences whose subject ends at their first
  auxiliary verb, and whose verb or number ends before a preposition or a punctuation mark). "To do X, …" asks how.

They are candidates: whoever shows them asks each one first, and keeps those whose answer quotes the words that they
were made of.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Set
from typing import NamedTuple

from documents.blocks import Range
from documents.document import Document
from documents.language import identify
from documents.month_names import ENGLISH_MONTHS
from documents.sentences import sentences
from documents.vocabulary import Vocabulary
from index.analyse import terms
from qa.understand.phrases import ARTICLES, BE, DETERMINERS, POSSESSIVES, PREPOSITIONS, WH

_VOCABULARY = Vocabulary("qa")
_READ = 60_000  # characters of a document that are looked through
_BEHIND = 600  # characters behind a question in which its answer is looked for
_LONGEST = 110  # characters of a question
_FEWEST = 3  # words of one
_WORDS = range(5, 45)  # of a sentence that is inverted

_SUBJECT = r"(?P<subject>[^\s,;:()\[\]\"“”`*_%]+(?: [^\s,;:()\[\]\"“”`*_%]+){0,6}?)"
_OBJECT = r"[^,;:.()\[\]\"“”`*_]+?"
_ABOUT = r"(?:a total of |more than |over |about |almost |nearly |up to |at least |at most |only )?"
_VERB = r"(?P<rest>(?!a\b|more\b|over\b|about\b|almost\b|nearly\b|up\b|at\b|some\b|no\b|only\b|be\b|the\b|an\b)[a-z]+)"
_NUMBER = (
    r"(?:\d+(?:[,.]\d+)*(?: (?:hundred|thousand|million|billion))?"
    rf"|{_VOCABULARY.any_of('numbers_in_statements')})"
)
MONTH = rf"(?:{'|'.join(ENGLISH_MONTHS)})"
_WHEN = rf"(?:in|on|from|since) (?:\d{{1,2}} )?(?:{MONTH} )?(?:\d{{1,2}},? )?(?:1\d|20)\d\d\b|(?:on|from) {MONTH} \d"
_CLOCK = (
    rf"(?:at|from|until|between|on) "
    rf"(?:\d|{_VOCABULARY.any_of('named_clock_times')}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?)"
)
_BEFORE = PREPOSITIONS | _VOCABULARY.words_of("other_prepositions")
# Where a verb, a number or a noun phrase ends.
_END = rf"(?= (?:{'|'.join(sorted(_BEFORE))}|and|or|a|an|each|every)\b|[,;:.]|$)"
_NO_NOUN = rf"{'|'.join(sorted(_BEFORE | BE | DETERMINERS))}|and|or|plus|each|every|which|who|percent"
_NOUNS = rf"(?P<noun>(?!(?:{_NO_NOUN})\b)[a-z][\w’'-]*(?: (?!(?:{_NO_NOUN})\b)[\w’'-]+){{0,3}})"
_PARTICLE = "(?: (?:away|back|down|off|out|over|up))?"  # of a verb, as in "switched off"

# Tried in this order for each sentence; the first that fits makes its question.
_STATEMENTS = tuple(
    (form, re.compile(pattern), question)
    for form, question, pattern in (
        (
            "when",
            "When {aux} {subject} {rest}?",
            rf"{_SUBJECT} (?P<aux>was|were) (?P<rest>(?:\w+ed|held|built|born|made|begun|written|won|sold)"
            rf"{_PARTICLE}){_END}.*?\b(?:{_WHEN})",
        ),
        ("when", "When {aux} {subject} {rest}?", rf"{_SUBJECT} (?P<aux>is|are) (?P<rest>open|closed)\b.*? {_CLOCK}"),
        (
            "when",
            "When does {subject} {rest}?",
            rf"{_SUBJECT} (?P<rest>open|close|start|begin|end|meet|leave|arrive)s {_CLOCK}",
        ),
        ("who", "Who {rest} {subject}?", rf"{_SUBJECT} (?:was|were) (?P<rest>\w+ed) by (?=(?:the )?[A-Z])"),
        (
            "why",
            "Why {aux} {subject} {rest}?",
            rf"{_SUBJECT} (?P<aux>is|are|was|were|has|have|can|must|should|will)"
            rf" (?P<rest>{_OBJECT}),? because ",
        ),
        (
            "long",
            "For how long {aux} {subject} {rest}?",
            rf"{_SUBJECT} (?P<aux>can|may|must|is|are) (?P<rest>(?:be )?\w+(?:ed|kept|held|valid))"
            rf" for {_ABOUT}{_NUMBER} (?:minute|hour|day|week|month|year)s?{_END}",
        ),
        ("much", "How much does {subject} cost?", rf"{_SUBJECT} costs {_ABOUT}(?:[$€£] ?)?\d"),
        ("much", "How much do {subject} cost?", rf"{_SUBJECT} cost {_ABOUT}(?:[$€£] ?)?\d"),
        (
            "much",
            "How much {aux} {subject}?",
            rf"{_SUBJECT} (?P<aux>is|are|was|were) {_ABOUT}"
            rf"(?:[$€£] ?\d|{_NUMBER} (?:euros?|pounds?|dollars?|pence|cents?|per cent|percent)\b)",
        ),
        (
            "size",
            "How {rest} {aux} {subject}?",
            rf"{_SUBJECT} (?P<aux>is|are|was|were) {_ABOUT}{_NUMBER} [a-z]+ (?P<rest>long|wide|high|deep|tall|old)\b",
        ),
        (
            "many",
            "How many {noun} {aux} {subject} {rest}?",
            rf"{_SUBJECT} (?P<aux>has|have|can|will|must) (?:already |now )?{_VERB}"
            rf" {_ABOUT}{_NUMBER} {_NOUNS}{_END}",
        ),
        ("many", "How many {noun} does {subject} have?", rf"{_SUBJECT} has {_ABOUT}{_NUMBER} {_NOUNS}{_END}"),
        (
            "many",
            "How many {noun} {aux} {rest}?",
            rf"(?i:{_ABOUT}){_NUMBER} {_NOUNS} (?P<aux>are|were|have|can)"
            rf" (?P<rest>{_OBJECT})(?=[,;:.]|$)",
        ),
        # What is known already is told from others; what is not is said to be of a kind.
        ("what", "What {aux} {subject}?", rf"(?=The ){_SUBJECT} (?P<aux>is|was) the (?P<kind>\w+)"),
        ("what", "What {aux} {subject}?", rf"(?!The ){_SUBJECT} (?P<aux>is|was) an? "),
        (
            "how",
            "How do I {rest}?",
            rf"To (?P<rest>{_OBJECT}), (?!the\b|an?\b|in\b|it\b|we\b|they\b|this\b|you\b)[a-z]+ ",
        ),
    )
)
# Words that a subject must not contain: they belong to another clause or refer back.
_NO_SUBJECT = WH | BE | POSSESSIVES | (DETERMINERS - ARTICLES) | _VOCABULARY.words_of("never_in_subjects")
# Words that refer back as a subject's first or last word.
_VAGUE = _VOCABULARY.words_of("vague")
_NO_VERB = DETERMINERS | POSSESSIVES | PREPOSITIONS | _VOCABULARY.words_of("never_verbs")
_NO_PURPOSE = re.compile(rf"\b{_VOCABULARY.any_of('never_in_purposes')}\b")
_GOES_ON = _VOCABULARY.words_of("goes_on")
_POINTS = _VOCABULARY.words_of("points_back")
BULLET = re.compile(r"^(?:[-*•–—]|\d+(?:\.\d+)+[.)]?|\d+[.)])\s+")
_NUMBER_OF_HEADING = re.compile(r"^\d+(?:\.\d+)*[.)]?\s+(?![a-z])")  # not that of "3 ways to pay"
_SMALL = re.compile(r"(?<=\s)[a-z][\w’'-]*")
_PLAIN = re.compile(r"[\w\s'’\-–,.&/%?？]+[?？]")
_QUESTION_MARKS = ("?", "？")


class Suggestion(NamedTuple):
    """A question, and the range of the document that it was made from: its answer quotes something there."""

    question: str
    place: Range


def suggestions(document: Document) -> list[Suggestion]:
    """Questions that the document may answer, each once: the first of every form, then the second, and so on."""
    found: list[tuple[int, int, Suggestion]] = []
    seen: set[str] = set()
    forms = Counter[str]()
    for form, made in _made(document):
        if made.question.casefold() in seen or not _stands_alone(made.question):
            continue
        seen.add(made.question.casefold())
        found.append((forms[form], made.place[0], made))
        forms[form] += 1
    return [made for *_, made in sorted(found, key=lambda one: one[:2])]


def _made(document: Document) -> Iterator[tuple[str, Suggestion]]:
    """Each question with its form."""
    text = document.text
    is_english = identify(text[:_READ]).is_english
    common = frozenset(terms(" ".join(_SMALL.findall(text[:_READ])), "en")) if is_english else frozenset()
    for section in document.sections:
        title = _NUMBER_OF_HEADING.sub("", section.title.strip())
        asks_how = is_english and title.startswith("How to ")
        if title.endswith(_QUESTION_MARKS) or asks_how:
            question = title if title.endswith(_QUESTION_MARKS) else f"{title}?"
            yield "heading", Suggestion(question, (section.heading_end, section.end))
    for start, end in sentences(text, 0, min(len(text), _READ)):
        sentence = BULLET.sub("", " ".join(text[start:end].split()))
        if document.table_at(start) is not None or document.in_heading(start, start + 1):
            continue
        if sentence.endswith(_QUESTION_MARKS):
            yield "own", Suggestion(sentence, (end, min(len(text), end + _BEHIND)))
        elif is_english and len(sentence.split()) in _WORDS and (turned := _turned(sentence, text, common)):
            yield turned[0], Suggestion(turned[1], (start, end))


def _stands_alone(question: str) -> bool:
    """Whether it is plain, neither too long nor too short, and does not refer back."""
    words = [word.casefold() for word in re.findall(r"[\w’']+", question)]
    is_short = len(words) < _FEWEST and question.isascii()
    if is_short or len(question) > _LONGEST or not _PLAIN.fullmatch(question) or question[0].islower():
        return False
    return words[0] not in _GOES_ON and _POINTS.isdisjoint(words)


def _turned(sentence: str, text: str, common: Set[str]) -> tuple[str, str] | None:
    """The form of the sentence and the question that it answers; None if it cannot be inverted."""
    for form, pattern, question in _STATEMENTS:
        found = pattern.match(sentence)
        if found is None:
            continue
        parts = found.groupdict(default="")
        subject = parts.get("subject")
        if subject is not None and not _is_subject(subject, form, common):
            continue
        if parts.get("kind", "") in _VAGUE or (form == "how" and not _is_purpose(parts["rest"])):
            continue
        small = _within_sentence(subject or "", parts.get("aux", ""), text, common)
        return form, re.sub(r"\byour\b", "my", question.format(**{**parts, "subject": small}))
    return None


def _is_purpose(rest: str) -> bool:
    """Whether the words after "to" begin with a verb, as far as small words tell, and do not refer back."""
    first = rest.split()[0]
    return first.islower() and first not in _NO_VERB and not _NO_PURPOSE.search(rest)


def _is_subject(subject: str, form: str, common: Set[str]) -> bool:
    """Whether it is one noun phrase that stands alone, such as a name, "a pump" or "the harbour of Rome"."""
    words = subject.split()
    lower = [word.casefold() for word in words]
    if lower[0] in PREPOSITIONS or lower[-1] in PREPOSITIONS or not _NO_SUBJECT.isdisjoint(lower):
        return False
    if any(_begins_another(before, word, form) for before, word in itertools.pairwise(words)):
        return False  # "opening a crate", "Ada thinks 70": more than a noun phrase
    content = [word for word in lower if word not in ARTICLES and word not in ("of", "and")]
    if not content or content[0].endswith(("ly", "est")) or content[-1] in _VAGUE or content[0] in _VAGUE:
        return False
    named = [word for word in words[1:] if word[0].isupper() or word[0].isdigit()]
    if form == "what" and len(named) + 1 == len(words) and named:
        # All of it is a name: a person's, unless its last word is a word of the text, as in "Elm School".
        return _is_common(lower[-1], common)
    return bool(named) or lower[0] != "the" or len(content) > 1


def _begins_another(before: str, word: str, form: str) -> bool:
    """Whether a noun phrase begins at ``word`` that no preposition joins to the one ``before`` it."""
    is_number = form == "what" and word[0].isdigit() and before.islower()
    return before not in _BEFORE and before != "and" and (word in ARTICLES or is_number)


def _within_sentence(subject: str, auxiliary: str, text: str, common: Set[str]) -> str:
    """The subject as written within a sentence: with a small first letter unless it begins with a name.

    It does not if the text has any form of the word in small letters; or if the word has no capital within a sentence,
    and is a plural or followed by a word that qualifies it ("Kennel cough").
    """
    first, _, rest = subject.partition(" ")
    small = first[:1].lower() + first[1:]
    follower = rest.partition(" ")[0]
    is_plural = first.endswith("s") and auxiliary in ("are", "were", "have")
    is_phrase = follower.islower() and follower not in PREPOSITIONS and follower != "and"
    is_named = re.search(rf"(?<=[a-z,;] ){re.escape(first)}\b", text) is not None
    is_small = _is_common(small, common) or (not is_named and (is_plural or is_phrase))
    return f"{small if is_small else first} {rest}".strip()


def _is_common(word: str, common: Set[str]) -> bool:
    """Whether the text also has the word in small letters."""
    return word in ARTICLES or not common.isdisjoint(terms(word, "en"))
