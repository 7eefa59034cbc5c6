"""Typed spans in a sentence: the numbers, sums, shares and dates that a short answer may be.

Rules, not a model: each finds what has an unmistakable surface in English.
"""

from __future__ import annotations

import re

from qa.question import AnswerType, Question

Span = tuple[int, int]

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_YEAR = r"(?<![\d,.$€£¥])(?:1[0-9]|20)\d\d(?:s\b|(?![\d%]|[.,]\d))"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|(?:thir|four|fif|six|seven|eigh|nine)teenth|twentieth|twenty-first|first|second|third"
    r"|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth)"
)
_DATE = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b{_MONTH} {_DAY}(?: ?(?:to|[-–]) ?(?:{_MONTH} )?{_DAY})?(?:,? {_YEAR})?"
    rf"|\b{_DAY}(?: ?(?:to|[-–]) ?{_DAY})? (?:of )?{_MONTH}(?:,? {_YEAR})?|\b{_MONTH},? {_YEAR}"
    rf"|{_YEAR}(?: ?(?:to|[-–]) ?{_YEAR})?|\b{_ORDINAL} century\b"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:spring|summer|autumn|winter) of\b"
    r"|\b(?:today|yesterday|tomorrow|\d+ (?:years|months|weeks|days|hours) ago)\b"
)
_SMALL = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|half|dozens?|once|twice)"
)
_SCALE = r"(?:hundreds?|thousands?|million|billion|trillion|bn|mn)"
_FIGURE = r"\d+(?:,\d{3})*(?:\.\d+)?"
_ABOUT = (
    r"(?:(?:just |only )?(?:over|under|about|around|almost|nearly|approximately|roughly|some|up to|more than|less than"
    r"|fewer than|at least|at most|an average of|a total of|just|only) )?"
)
_QUANTITY = rf"(?:{_FIGURE}(?:[ -]{_SCALE})*|{_SMALL}(?:[ -](?:{_SMALL}|{_SCALE}))*|{_SCALE})"
_PERCENT = re.compile(rf"\b{_ABOUT}{_QUANTITY} ?(?:%|percent\b|per cent\b|percentage points\b)", re.IGNORECASE)
_CURRENCY = r"(?:yuan|RMB|dollars?|euros?|pounds?|yen|rupees?|francs?|won|USD|EUR|GBP|CNY|JPY|cents?)"
_MONEY = re.compile(
    rf"{_ABOUT}(?:US|A|C|HK)?[$€£¥₹] ?{_FIGURE}(?: ?{_SCALE})?|\b{_ABOUT}{_QUANTITY} (?:\w+ )?{_CURRENCY}\b",
    re.IGNORECASE,
)
_UNIT = (
    r"(?:[ -](?:square|cubic)[ -]\w+|[ -](?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centuries"
    r"|times?(?: (?:daily|a day|a week|a month|a year|per \w+))?|met(?:er|re)s?|kilomet(?:er|re)s?|miles?|feet"
    r"|inch(?:es)?|kilograms?|pounds?|tons?|tonnes?|lit(?:er|re)s?|degrees?|acres?|hectares?|km|cm|mm|kg|g|m|°C|°F|mph"
    r"|km/h|watts?|[kMG]?W|[kMG]?Hz|[kMGT]B))(?![\w-])"
)
_NUMBER = re.compile(rf"\b{_ABOUT}{_QUANTITY}(?:{_UNIT})?(?!\w)", re.IGNORECASE)
_NOT_A_COUNT = re.compile(rf"{_UNIT}$|^(?:half|once|twice)$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{3,}")


def find(sentence: str, answer_type: AnswerType) -> list[Span]:
    """Spans of ``sentence`` that could answer a question of ``answer_type``, in order."""
    if answer_type == "date":
        return _spans(_DATE, sentence)
    if answer_type == "percent":
        return _spans(_PERCENT, sentence)
    if answer_type == "money":
        return _spans(_MONEY, sentence)
    if answer_type in ("count", "quantity"):
        return _numbers(sentence, answer_type)
    return []


def short_answer(question: Question, sentence: str) -> Span | None:
    """The number, sum or date that answers ``question``, or None where no simple, honest way finds one.

    Among several of the right type, the one nearest to the question's own words is meant; where the sentence
    holds none of those words, none is.
    """
    asked = {_stem(word) for word in question.content}
    spans = [span for span in find(sentence, question.answer_type) if _stem(sentence[slice(*span)]) not in asked]
    if len(spans) < 2:
        return spans[0] if spans else None
    anchors = [word.start() for word in _WORD.finditer(sentence) if _stem(word.group()) in asked]
    if not anchors:
        return None

    def distance(span: Span) -> int:
        return min(min(abs(anchor - span[0]), abs(anchor - span[1])) for anchor in anchors)

    return min(spans, key=distance)


def _spans(pattern: re.Pattern[str], sentence: str) -> list[Span]:
    return [match.span() for match in pattern.finditer(sentence) if match.group().strip()]


def _numbers(sentence: str, answer_type: AnswerType) -> list[Span]:
    taken = _spans(_DATE, sentence)
    if answer_type == "count":
        taken += _spans(_PERCENT, sentence) + _spans(_MONEY, sentence)
    spans = [span for span in _spans(_NUMBER, sentence) if not any(a < span[1] and span[0] < b for a, b in taken)]
    if answer_type == "count":
        spans = [span for span in spans if not _NOT_A_COUNT.search(sentence[slice(*span)])]
    else:
        spans += _spans(_PERCENT, sentence) + _spans(_MONEY, sentence)
    return spans


def _stem(word: str) -> str:
    word = word.casefold()
    for ending in ("ing", "ies", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
