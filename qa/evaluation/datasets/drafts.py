"""A sentence -> the first draft of a question that it answers, with what an answer must say.

By rules for plain English sentences, which a person then edits:

- "The pump was built by Ann Miller in 1990." -> "When was the pump built by Ann Miller?", 1990;
- "The fee is 75 euros." -> "What is the fee?", 75 euros;
- "The granary holds 300 tons of wheat." -> "What does the granary hold?", 300 tons.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from documents.dates import find_dates

_AUX = r"is|are|was|were|can|must|will|may|should"
# A subject of a few words, without commas and verbs; a verb; the rest.
_SUBJECT = r"(?P<subject>(?:[A-Z][\w'’-]*)(?: (?!(?:is|are|was|were|and|or|which|that|who)\b)[\w'’-]+){0,5}?)"
_WITH_AUX = re.compile(rf"{_SUBJECT} (?P<verb>{_AUX}) (?P<rest>\S.*?)[.!]?")
_THIRD_PERSON = re.compile(rf"{_SUBJECT} (?P<verb>[a-z]{{3,}}s) (?P<rest>(?:an? |the |\d|[A-Z]).*?)[.!]?")
_BEFORE_DATE = re.compile(r"(?:^|\s)(?:in|on|since|from|until|by|at|of)\s*$")
# What a complement begins with where "What is …?" asks for it.
_NAMED = re.compile(r"(?:an? |the |\$|€|£|\d|[A-Z])")
_QUANTITY = re.compile(r"[$€£]?\d[\d.,:]*(?:\s?%|\s[^\W\d_]+)?")
_CUT = re.compile(
    r"[,;:(]| (?:and|or|but|which|that|who|when|if|for|of|to|in|into|on|onto|at|by|with|from|over|under|than|as|after|"
    r"before|until|because) "
)
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)
# What no subject begins with, or what makes it stand for something in another sentence.
_NO_SUBJECT = re.compile(
    r"(?:it|he|she|they|this|these|those|that|we|you|i|his|her|their|its|there|here|what|who|when|if|as|because|after|"
    r"before|in|on|at|from|to|of|for|by|with|responsible)\b",
    re.IGNORECASE,
)
# What a quantity is followed by, where it is all that is asked for.
_BEHIND_QUANTITY = re.compile(r"$|[,;(]| (?:of|per|from|for|in|on|at|by|a|each|to|with|and|or)\b")
# Words ending in s that are no verbs of the third person.
_NO_VERBS = re.compile(r"(?:.*ss|.*ous|.*us|its|his|yes|this|always|also|has|does|was)")


class Draft(NamedTuple):
    """A question, what an answer must say, and what kind of question it is."""

    question: str
    wording: str
    kind: str


def draft(sentence: str) -> Draft | None:
    """The question that the sentence answers; None where no rule fits."""
    line = " ".join(sentence.split())
    if _NO_SUBJECT.match(line):
        return None
    found = _WITH_AUX.fullmatch(line)
    if found:
        return _when(found) or _what_is(found)
    found = _THIRD_PERSON.fullmatch(line)
    return _what_does(found) if found else None


def _when(found: re.Match[str]) -> Draft | None:
    """The question for a date that ends the sentence."""
    rest = found["rest"]
    dates = [date for date in find_dates(rest) if date.end == len(rest)]
    if not dates:
        return None
    before = _BEFORE_DATE.sub("", rest[: dates[-1].start]).strip()
    if not before or _CUT.search(f"{before} ".replace(" by ", " ")):
        return None
    return Draft(f"When {found['verb']} {_inside(found['subject'])} {before}?", rest[dates[-1].start :], "date")


def _what_is(found: re.Match[str]) -> Draft | None:
    if found["verb"] not in ("is", "are", "was", "were") or not _NAMED.match(found["rest"]):
        return None
    return _drafted(f"What {found['verb']} {_inside(found['subject'])}?", found["rest"])


def _what_does(found: re.Match[str]) -> Draft | None:
    verb = found["verb"]
    if _NO_VERBS.fullmatch(verb):
        return None
    base = f"{verb[:-3]}y" if verb.endswith("ies") else re.sub(r"(?<=sh|ch|ss|.x|.o)es$|s$", "", verb)
    return _drafted(f"What does {_inside(found['subject'])} {base}?", found["rest"])


def _drafted(question: str, complement: str) -> Draft | None:
    quantity = _QUANTITY.match(complement)
    if quantity:
        whole = _BEHIND_QUANTITY.match(complement, quantity.end())
        return Draft(question, quantity[0].rstrip(".,:"), "number") if whole else None
    cut = _CUT.search(complement)
    wording = _ARTICLE.sub("", complement[: cut.start() if cut else None], count=1).strip()
    return Draft(question, wording, "fact") if 2 < len(wording) <= 60 else None


def _inside(subject: str) -> str:
    """The subject as it stands inside a sentence."""
    first, _, rest = subject.partition(" ")
    small = ("The", "A", "An", "All", "Each", "Every", "Your", "Our", "My", "Its", "Their", "Most", "Some", "No")
    return f"{first.lower()} {rest}" if first in small and rest else subject
