"""What a question wants counted or added up: the operation, and its conditions on numbers.

Patterns of English questions; in other languages nothing is computed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from documents.vocabulary import Vocabulary
from qa.read.periods import Periods, periods
from qa.read.tables.amounts import Amount, amount
from qa.read.tables.words import Words, listed_stems, stems
from qa.understand.phrases import lower_words
from qa.understand.question import Question

Operation = Literal["count", "sum", "list"]
Relation = Literal["more", "less", "at least", "at most"]

_VOCABULARY = Vocabulary("qa")
_any_of = _VOCABULARY.any_of
_MANY = re.compile(r"\bhow many\b(?! times\b)|\b(?:the|what) (?:total )?number of\b", re.IGNORECASE)
# What has happened is listed row by row; "How often is it emptied?" asks for a rule.
_OFTEN = re.compile(rf"\b{_any_of('asks_how_often')}(?= {_any_of('past_auxiliaries')}\b)", re.IGNORECASE)
# Verbs that mean no more than "are": "objects kept in the store", "courses do you offer". As conditions they would have
# three of the visitors' 34 counts refused.
_IDLE = re.compile(rf"\b{_any_of('idle_verbs')}\s+(?=(?:in|at|on)\s)|\bdo\s+(?:we|you)\s+\w+(?=\W*\Z)", re.IGNORECASE)
_TOTAL = re.compile(rf"\b{_any_of('asks_for_totals')}\b", re.IGNORECASE)
_MUCH = re.compile(rf"\bhow much\b|^{_any_of('asks_which')}\b|\btotal\b", re.IGNORECASE)
_OTHER = re.compile(
    rf"\b(?:{_any_of('asks_for_more_than_sums')}|more .{{1,40}} than (?!\W?\d)|least(?! \W?\d))\b", re.IGNORECASE
)
_RELATIONS: tuple[Relation, ...] = ("at least", "at most", "more", "less")
_SAID = _VOCABULARY.grouped("relations_to_numbers")
_RELATION = "|".join(f"(?P<r{number}>{'|'.join(_SAID[relation])})" for number, relation in enumerate(_RELATIONS))
_COMPARISON = re.compile(
    rf"(?P<verb>\b[^\W\d_]+\s+)?\b(?:{_RELATION})\s+"
    r"(?P<amount>[$€£¥₹]?\s?\d[\d,.]*(?:\s?(?:%|€|[^\W\d_]{1,12}))?)",
    re.IGNORECASE,
)
# Words that only say that something is to be counted or added up, or stand for what is.
NEUTRAL = listed_stems("neutral_in_counts")
_OF_SUMS = listed_stems("neutral_in_sums")
_NEGATIONS = _VOCABULARY.words_of("negations_of_conditions")
TOTALS = listed_stems("total_rows")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition such as "cost more than £100"; ``text`` is how it is written, ``verb`` the word before it."""

    relation: Relation
    amount: Amount
    text: str
    verb: Words

    def holds(self, value: Decimal) -> bool:
        """Whether the value fulfils the condition."""
        limit = self.amount.value
        match self.relation:
            case "more":
                return value > limit
            case "less":
                return value < limit
            case "at least":
                return value >= limit
            case "at most":
                return value <= limit


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What is to be computed.

    - ``operation``: "sum" where a total is asked for; a count of a named quantity ("how many loaves") is a sum, too;
      "list" where only the rows are wanted;
    - ``words``: the words that the table or list must explain;
    - ``periods``: the years, months and so on that it names;
    - ``comparison``: a condition in numbers, or None;
    - ``is_total``: whether the question says that it asks for a total;
    - ``is_frequency``: whether it asks how often something has happened;
    - ``negated``: whether it has a negation.
    """

    question: Question
    operation: Operation
    words: Words
    periods: Periods
    comparison: Comparison | None
    is_total: bool
    negated: bool
    is_frequency: bool = False


def aggregation_of(question: Question) -> Aggregation | None:
    """The count or sum that the question asks for; None if it asks for something else."""
    text = question.text
    is_frequency, is_total = bool(_OFTEN.search(text)), bool(_TOTAL.search(text))
    is_count = is_frequency or bool(_MANY.search(text))
    if not question.language.is_english or not (is_count or (is_total and _MUCH.search(text))):
        return None
    comparison, rest = _comparison(_IDLE.sub("", _OFTEN.sub("", text)))
    if _OTHER.search(rest):
        return None
    words = stems(rest) - stems(" ".join(_NEGATIONS)) - (NEUTRAL if is_count else NEUTRAL | _OF_SUMS)
    return Aggregation(
        question, "count" if is_count else "sum", words, periods(rest), comparison, is_total, has_negation(rest),
        is_frequency,
    )  # fmt: skip


def listing_of(question: Question) -> Aggregation:
    """A listing of all rows or items of which the question speaks, whatever it wants to know of them."""
    comparison, rest = _comparison(question.text)
    words = stems(rest) - stems(" ".join(_NEGATIONS)) - NEUTRAL
    return Aggregation(question, "list", words, periods(rest), comparison, False, has_negation(rest))


def has_negation(text: str) -> bool:
    """Whether the text has a negation."""
    return bool(_NEGATIONS & set(lower_words(text)))


def is_total_label(words: Words) -> bool:
    """Whether a row with these words as its heading is a total of others."""
    return bool(words & TOTALS)


def _comparison(text: str) -> tuple[Comparison | None, str]:
    """The first comparison with a number, and the text without it."""
    found = _COMPARISON.search(text)
    if not found:
        return None, text
    given = found["amount"].rstrip(",. ")
    bare = re.match(r"[$€£¥₹]?\s?[\d,.]*\d", given)
    value = amount(given) or (amount(bare[0]) if bare else None)
    if value is None:
        return None, text
    relation = next(name for n, name in enumerate(_RELATIONS) if found[f"r{n}"])
    written = text[found.start(f"r{_RELATIONS.index(relation)}") : found.end()].strip(" ,.?")
    return Comparison(
        relation, value, written, stems(found["verb"] or "")
    ), f"{text[: found.start()]} {text[found.end() :]}"
