"""Exact match, F1, and whether a text contains an answer.

Exact match and F1 are those of the official scripts: in English SQuAD 2.0's (on answerable questions the same as
SQuAD 1.1's), in other languages MLQA's, version 1 (Lewis et al. 2020). Texts are lower-cased; punctuation is removed
(ASCII's in English, all of Unicode's elsewhere), and so are articles. Chinese is split into characters, text in other
scripts into words. Beyond MLQA's languages, Japanese is split into characters too; all others are split into words,
with no articles removed. Unlike there, where nothing would be left of any gold answer ("A", "+"), so that saying
nothing would be right, texts are compared as they stand, but for punctuation around words.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

# MLQA's pattern for Arabic removes the letters of the article wherever they occur. It stays, so that figures compare.
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
    """The text's tokens in the form that is compared, separated by single spaces; "" if none is left."""
    text = "".join(char for char in text.lower() if not _is_punctuation(char, language == "en"))
    if language in _ARTICLES:
        text = _ARTICLES[language].sub(" ", text)
    if language in _BY_CHARACTER:
        text = _BY_CHARACTER[language].sub(r" \1 ", text)
    return " ".join(text.split())


def exact_match(prediction: str, golds: Sequence[str], language: str = "en") -> float:
    """1.0 if the normalised prediction equals a normalised gold answer, else 0.0.

    Without gold answers the question is unanswerable: then 1.0 for an empty prediction. As in SQuAD 2.0, gold answers
    that are empty once normalised do not count beside others, and a prediction that is empty once normalised ("the",
    "…") is empty.
    """
    text, golds = _comparable(prediction, golds, partial(normalise_answer, language=language))
    return float(text in golds)


def f1(prediction: str, golds: Sequence[str], language: str = "en") -> float:
    """The best token F1 of the prediction with a gold answer, between 0 and 1; golds as in ``exact_match``."""
    text, golds = _comparable(prediction, golds, partial(normalise_answer, language=language))
    return max(_token_f1(text.split(), gold.split()) for gold in golds)


def contains_answer(text: str, golds: Sequence[str], language: str = "en") -> float:
    """1.0 if the text contains the tokens of a gold answer, consecutive and in order (DrQA's match), else 0.0.

    Without gold answers, 1.0 for an empty text. Here all punctuation is removed, and dashes part words: gold answers
    are seldom written in the document's “quotation marks”.
    """
    text, golds = _comparable(text, golds, lambda own: normalise_answer(_with_ascii_punctuation(own), language))
    return float(not text if golds == [""] else any(f" {gold} " in f" {text} " for gold in golds))


@lru_cache(maxsize=65536)
def _is_punctuation(char: str, only_ascii: bool) -> bool:
    return char in string.punctuation or (not only_ascii and unicodedata.category(char).startswith("P"))


def _with_ascii_punctuation(text: str) -> str:
    """The text without other punctuation than ASCII's; a dash is a space."""
    kinds = ((char, unicodedata.category(char)) for char in text)
    return "".join(
        char if char.isascii() or not kind.startswith("P") else " " if kind == "Pd" else "" for char, kind in kinds
    )


def _comparable(text: str, golds: Sequence[str], normalise: Callable[[str], str]) -> tuple[str, list[str]]:
    """The text and those gold answers of which something is left, in the form that is compared; else one empty one."""
    for form in (normalise, _as_it_stands):
        left = [own for gold in golds if (own := form(gold))]
        if left:
            return form(text), left
    return normalise(text), [""]


def _as_it_stands(text: str) -> str:
    """The text without punctuation around words, unless it is a word by itself: "A" is not the article "a"."""
    marks = "".join(char for char in text if _is_punctuation(char, only_ascii=False))
    return " ".join(word.strip(marks) or word for word in text.split())


def _token_f1(predicted: Sequence[str], gold: Sequence[str]) -> float:
    if not predicted or not gold:
        return float(predicted == gold)
    same = sum((Counter(predicted) & Counter(gold)).values())
    return 2 * same / (len(predicted) + len(gold))
