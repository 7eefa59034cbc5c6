"""A document -> questions that a sentence or section of it may answer, made from its own words.

- A question that the document itself asks, and a heading that asks, stay as they are.
- A plain statement is turned round: its subject and its auxiliary change places, and what it says of a date, a number,
  a doer, a reason or a kind is asked for (as in Heilman & Smith 2010, without a parser: only sentences whose subject
  ends at their first auxiliary verb are taken). "To do X, …" asks how.

They are candidates: whoever shows them asks each one first, and keeps those that are answered from the words they were
made of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from documents.blocks import Range
from documents.document import Document
from documents.language import identify
from documents.sentences import sentences
from documents.words import word_set
from qa.understand.phrases import BE, DETERMINERS, POSSESSIVES, PREPOSITIONS, WH

_READ = 60_000  # characters of a document that are looked through
_BEHIND = 600  # characters behind a question in which its answer is looked for
_LONGEST = 110  # characters of a question
_FEWEST = 3  # words of one
_WORDS = range(5, 45)  # of a sentence that is turned round

_SUBJECT = r"(?P<subject>[^\s,;:()\[\]\"“”`*_%]+(?: [^\s,;:()\[\]\"“”`*_%]+){0,6}?)"
_OBJECT = r"[^,;:.()\[\]\"“”`*_]+?"
_ABOUT = r"(?:a total of |more than |over |about |almost |nearly |up to |at least |at most |only )?"
_VERB = r"(?P<rest>(?!a\b|more\b|over\b|about\b|almost\b|nearly\b|up\b|at\b|some\b|no\b|only\b|be\b|the\b|an\b)[a-z]+)"
_NUMBER = (
    r"(?:\d+(?:[,.]\d+)*(?: (?:hundred|thousand|million|billion))?"
    r"|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|fifty)"
)
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_WHEN = rf"(?:in|on|from|since) (?:\d{{1,2}} )?(?:{_MONTH} )?(?:\d{{1,2}},? )?(?:1\d|20)\d\d\b|(?:on|from) {_MONTH} \d"
_CLOCK = r"(?:at|from|until|between|on) (?:\d|noon|midnight|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?)"
_NO_NOUN = "in|on|at|of|to|for|from|with|by|and|or|across|per|each|every|is|are|was|were|that|which|who|percent|a"
_NOUNS = rf"(?P<noun>(?!(?:{_NO_NOUN})\b)[a-z][\w’'-]*(?: (?!(?:{_NO_NOUN})\b)[\w’'-]+){{0,3}})"

# In the order in which they are tried for a sentence; the first that fits makes its question.
_STATEMENTS = tuple(
    (form, re.compile(pattern), question)
    for form, question, pattern in (
        (
            "when",
            "When {aux} {subject} {rest}?",
            rf"{_SUBJECT} (?P<aux>was|were) (?P<rest>\w+ed|held|built|born|made|begun|written|won|sold)\b"
            rf".*?\b(?:{_WHEN})",
        ),
        ("when", "When {aux} {subject} {rest}?", rf"{_SUBJECT} (?P<aux>is|are) (?P<rest>open|closed)\b.*? {_CLOCK}"),
        (
            "when",
            "When does {subject} {rest}?",
            rf"{_SUBJECT} (?P<rest>open|close|start|begin|end|meet|leave|arrive)s {_CLOCK}",
        ),
        ("who", "Who {rest} {subject}?", rf"{_SUBJECT} (?:was|were|is|are) (?P<rest>\w+ed) by (?=(?:the )?[A-Z])"),
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
            rf" for {_ABOUT}{_NUMBER} (?:minute|hour|day|week|month|year)s?\b",
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
            rf" {_ABOUT}{_NUMBER} {_NOUNS}",
        ),
        ("many", "How many {noun} does {subject} have?", rf"{_SUBJECT} has {_ABOUT}{_NUMBER} {_NOUNS}"),
        (
            "many",
            "How many {noun} {aux} {rest}?",
            rf"(?i:{_ABOUT}){_NUMBER} {_NOUNS} (?P<aux>are|were|have|can)"
            rf" (?P<rest>{_OBJECT})(?=[,;:.]|$)",
        ),
        ("what", "What {aux} {subject}?", rf"{_SUBJECT} (?P<aux>is|was) (?:an?|the) "),
        (
            "how",
            "How do I {rest}?",
            rf"To (?P<rest>(?!be\b){_OBJECT}), (?!the\b|an?\b|in\b|it\b|we\b|they\b|this\b|you\b)[a-z]+ ",
        ),
    )
)
# What a subject must not hold: it would be another clause, or point to something said before.
_NO_SUBJECT = (
    WH | BE | POSSESSIVES | (DETERMINERS - word_set("the a an")) | word_set(
        "it he she they we you i there here not no nor but if so because although though while as than then such each "
        "every some any all both other another one do does did has have had can could will would shall should may "
        "might must also only just whatever whoever according both")
)  # fmt: skip
# What points to something said before, as a subject's first or last word.
_VAGUE = word_set(
    "example similar same first second third last next main key only most unique particularly unusually result "
    "reason aim goal one ones problem question answer case example following former latter"
)
_GOES_ON = word_set("and but or so then well really")
_POINTS = word_set("it this that these those they them he she him her")
_BULLET = re.compile(r"^(?:[-*•–—]|\d+(?:\.\d+)*[.)]?(?=\s+[A-Z]))\s+")  # or the number of a heading or question
_PLAIN = re.compile(r"[\w\s'’\-–,.&/%?？]+[?？]")
_QUESTION_MARKS = ("?", "？")


class Suggestion(NamedTuple):
    """A question, and the range of the document that it was made of: an answer to it quotes something there."""

    question: str
    place: Range


def suggestions(document: Document) -> list[Suggestion]:
    """Questions that the document may answer, each once: those of every form before the second of one form."""
    found: list[tuple[int, int, Suggestion]] = []
    seen: set[str] = set()
    forms = Counter[str]()
    for form, made in _made(document):
        if made.question.casefold() in seen or not _stands_alone(made.question):
            continue
        seen.add(made.question.casefold())
        found.append((forms[form], made.place[0], made))
        forms[form] += 1
    return [made for *_, made in sorted(found, key=lambda own: own[:2])]


def _made(document: Document) -> Iterator[tuple[str, Suggestion]]:
    """Each question with its form."""
    text = document.text
    is_english = identify(text[:_READ]).is_english
    for section in document.sections:
        title = _BULLET.sub("", section.title.strip())
        asks_how = is_english and title.startswith("How to ")
        if title.endswith(_QUESTION_MARKS) or asks_how:
            question = title if title.endswith(_QUESTION_MARKS) else f"{title}?"
            yield "heading", Suggestion(question, (section.heading_end, section.end))
    for start, end in sentences(text, 0, min(len(text), _READ)):
        sentence = _BULLET.sub("", " ".join(text[start:end].split()))
        if document.table_at(start) is not None or document.in_heading(start, start + 1):
            continue
        if sentence.endswith(_QUESTION_MARKS):
            yield "own", Suggestion(sentence, (end, min(len(text), end + _BEHIND)))
        elif is_english and len(sentence.split()) in _WORDS and (turned := _turned(sentence, text)):
            yield turned[0], Suggestion(turned[1], (start, end))


def _stands_alone(question: str) -> bool:
    """Whether it is plain, neither too long nor too short, and points to nothing said before."""
    words = [word.casefold() for word in re.findall(r"[\w’']+", question)]
    is_short = len(words) < _FEWEST and question.isascii()
    if is_short or len(question) > _LONGEST or not _PLAIN.fullmatch(question) or question[0].islower():
        return False
    return words[0] not in _GOES_ON and _POINTS.isdisjoint(words)


def _turned(sentence: str, text: str) -> tuple[str, str] | None:
    """The form and the question that the sentence answers; None where it has no form that can be turned round."""
    for form, pattern, question in _STATEMENTS:
        found = pattern.match(sentence)
        if found is None:
            continue
        parts = found.groupdict(default="")
        subject = parts.get("subject")
        if subject is not None and not _is_subject(subject, form, text):
            continue
        if form == "how" and re.search(r"\b(?:you|this|it|them)\b", parts["rest"]):
            continue
        own = re.sub(r"\byour\b", "my", question.format(**{**parts, "subject": _within_sentence(subject or "", text)}))
        return form, own
    return None


def _is_subject(subject: str, form: str, text: str) -> bool:
    """Whether it is one noun phrase that stands by itself, such as a name, "a pump" or "the harbour of Rome"."""
    own = subject.split()
    lower = [word.casefold() for word in own]
    if lower[0] in PREPOSITIONS or lower[-1] in PREPOSITIONS or not _NO_SUBJECT.isdisjoint(lower):
        return False
    content = [word for word in lower if word not in ("the", "a", "an", "of", "and")]
    if not content or content[0].endswith(("ly", "est")) or content[-1] in _VAGUE or content[0] in _VAGUE:
        return False
    named = [word for word in own[1:] if word[0].isupper() or word[0].isdigit()]
    if form == "what" and len(named) + 1 == len(own) and named:
        # All of it is a name: a person's, unless its last word is a word of the text, as in "Elm School".
        return _is_word(lower[-1], text)
    return bool(named) or lower[0] != "the" or len(content) > 1


def _within_sentence(subject: str, text: str) -> str:
    """The subject as it is written within a sentence: its first letter is small unless it is a name's."""
    first, _, rest = subject.partition(" ")
    small = first[:1].lower() + first[1:]
    return f"{small if _is_word(small, text) else first} {rest}".strip()


def _is_word(word: str, text: str) -> bool:
    """Whether the text also has the word in small letters."""
    return word in ("the", "a", "an") or re.search(rf"(?<=\s){re.escape(word)}(?=[\s,;:.]\s?)", text) is not None
