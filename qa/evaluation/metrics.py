"""Metrics of one answer: exact match and F1, answers contained in a text, citations.

**Exact match and F1** are those of the official scripts: in English SQuAD 2.0's (which on answerable questions equals
SQuAD 1.1's), in other languages MLQA's, version 1 (Lewis et al. 2020): lower case; punctuation removed (ASCII's for
English, all of Unicode's elsewhere); articles removed; Chinese counted by characters, mixed with the words of other
scripts. Beyond MLQA's languages: Japanese is counted by characters too, others by words, no articles removed.

**Citations** are scored with ALCE's definitions (Gao et al. 2023), and by characters where gold offsets are known.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

CitedStatement = tuple[str, Sequence[str]]
"""What is said, and the quotes it cites."""
Support = Callable[[str, str], bool]
"""``support(statement, premise)``: does the premise support the statement?"""
TextSpan = tuple[str, int, int]
"""Document, start, end: the characters ``start`` to ``end`` (exclusive) of a document."""

# Arabic: MLQA's own pattern takes the letters of the article wherever they stand; kept, so that figures compare.
_ARTICLES = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "ar": re.compile("ال"),
}
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BY_CHARACTER = {
    "zh": re.compile(f"([{_HAN}])"),
    "ja": re.compile(f"([{_HAN}\u3040-\u30ff\u31f0-\u31ff])"),
}


def normalise_answer(text: str, language: str = "en") -> str:
    """The text's tokens, separated by single spaces, as they are compared; empty where nothing is left."""
    text = "".join(char for char in text.lower() if not _is_punctuation(char, language == "en"))
    if language in _ARTICLES:
        text = _ARTICLES[language].sub(" ", text)
    if language in _BY_CHARACTER:
        text = _BY_CHARACTER[language].sub(r" \1 ", text)
    return " ".join(text.split())


def exact_match(prediction: str, golds: Sequence[str], language: str = "en") -> float:
    """1.0 when the prediction equals a gold answer once both are normalised, else 0.0.

    No gold answers mean that the question has none: then 1.0 for an empty prediction. As in SQuAD 2.0, golds of which
    nothing is left when normalised do not count, and what is compared as empty is empty ("the", "…").
    """
    return float(normalise_answer(prediction, language) in _normalised(golds, language))


def f1(prediction: str, golds: Sequence[str], language: str = "en") -> float:
    """The largest F1 of the prediction's tokens with a gold answer's, between 0 and 1; golds as in ``exact_match``."""
    predicted = normalise_answer(prediction, language).split()
    return max(_token_f1(predicted, gold.split()) for gold in _normalised(golds, language))


def contains_answer(text: str, golds: Sequence[str], language: str = "en") -> float:
    """1.0 when the tokens of a gold answer stand, together and in order, in the text (DrQA's match), else 0.0.

    Without gold answers, 1.0 for an empty text.
    """
    padded = f" {normalise_answer(text, language)} "
    golds = _normalised(golds, language)
    return float(padded == "  " if golds == [""] else any(f" {gold} " in padded for gold in golds))


def citation_precision_recall(statements: Sequence[CitedStatement], support: Support) -> tuple[float, float]:
    """ALCE's citation precision and recall of one answer, each between 0 and 1.

    Recall: the share of statements that are supported by what they cite, taken together. Precision: the share of
    citations, over all statements, that are not irrelevant; a citation of an unsupported statement is irrelevant, and
    so is one that neither supports the statement alone nor is missed by the others. Several quotes are joined by line
    feeds. An answer that cites nothing has precision 0.

    Raises:
        ValueError: there is no statement; an answer that says nothing has no citations to score.
    """
    if not statements:
        raise ValueError("an answer without statements has no citation scores: leave refusals out")
    supported = [bool(quotes) and support(said, "\n".join(quotes)) for said, quotes in statements]
    relevant = sum(
        _relevant_citations(said, quotes, support)
        for (said, quotes), holds in zip(statements, supported, strict=True)
        if holds
    )
    cited = sum(len(quotes) for _, quotes in statements)
    return relevant / cited if cited else 0.0, sum(supported) / len(statements)


def character_precision_recall(cited: Sequence[TextSpan], gold: Sequence[TextSpan]) -> tuple[float, float]:
    """Which share of the cited characters is gold, and which share of the gold ones is cited.

    Spans may overlap: a character counts once. An empty side makes its share 0.

    Raises:
        ValueError: a span ends before it starts.
    """
    cited_characters, gold_characters = _characters(cited), _characters(gold)
    both = len(cited_characters & gold_characters)
    precision = both / len(cited_characters) if cited_characters else 0.0
    return precision, both / len(gold_characters) if gold_characters else 0.0


@lru_cache(maxsize=65536)
def _is_punctuation(char: str, only_ascii: bool) -> bool:
    return char in string.punctuation or (not only_ascii and unicodedata.category(char).startswith("P"))


def _normalised(golds: Sequence[str], language: str) -> list[str]:
    """The golds as they are compared; one empty string when there is none."""
    return [text for gold in golds if (text := normalise_answer(gold, language))] or [""]


def _token_f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    same = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * same / (len(predicted) + len(gold))


def _relevant_citations(said: str, quotes: Sequence[str], support: Support) -> int:
    """How many quotes of a supported statement are not irrelevant."""
    if len(quotes) == 1:
        return 1
    others = ["\n".join([*quotes[:number], *quotes[number + 1 :]]) for number in range(len(quotes))]
    return sum(support(said, quote) or not support(said, rest) for quote, rest in zip(quotes, others, strict=True))


def _characters(spans: Sequence[TextSpan]) -> set[tuple[str, int]]:
    if any(end < start for _, start, end in spans):
        raise ValueError(f"a span ends before it starts: {next(span for span in spans if span[2] < span[1])}")
    return {(document, position) for document, start, end in spans for position in range(start, end)}
