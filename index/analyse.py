"""Text -> the terms that BM25 counts, by language.

Words are runs of letters, marks and digits, folded in case, cut to their stems by the language's Snowball stemmer
(snowballstem.org), and freed of accents. Scripts written without spaces give overlapping pairs of characters,
which for Chinese retrieves as well as segmented words do (Nie, Gao, Zhang and Zhou 2000).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

from documents.unspaced import UNSPACED, UNSPACED_RUN, paired, pairs
from documents.vocabulary import Vocabulary
from documents.words import without_marks

__all__ = ["STOP_WORDS", "VERSION", "paired", "question_terms", "terms"]

VERSION = 3  # raise it when a text's terms change: the lexical index is then rebuilt

# A mark belongs to the letter before it, or Indic words would fall apart; a zero-width joiner belongs to its word, and
# is none by itself.
_LETTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]"
_WORD = regex.compile(rf"(?V1)[\u200c\u200d]*{_LETTER}(?:{_LETTER}|[\u200c\u200d])*")
_ASCII_WORD = re.compile("[a-z0-9]+")

_STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip

STOP_WORDS = Vocabulary("index").words_of("stop_words")


def terms(text: str, language: str) -> list[str]:
    """The terms of ``text`` in ``language`` (a two-letter code), in order and as often as they occur."""
    words = _folded_words(text)
    if text.isascii():
        found = _stem(words, language)
    elif language == "en":  # its stemmer knows no accents; those of other languages need them
        found = _stem([_plain(word) for word in words], language)
    else:
        found = [_plain(word) for word in _stem(words, language)]
    # A mark that stands alone is no term.
    return [*filter(None, found), *(pair for run in UNSPACED_RUN.findall(text) for pair in pairs(run))]


def question_terms(question: str, languages: Sequence[str]) -> list[str]:
    """The question's terms, each once, as they are in texts of any of ``languages``.

    English stop words are left out, except where the question has no other words.
    """
    words = _folded_words(question)
    content = " ".join(word for word in words if word not in STOP_WORDS) or " ".join(words)
    unspaced = " ".join(UNSPACED_RUN.findall(question))
    return list(dict.fromkeys(term for code in languages for term in terms(f"{content} {unspaced}", code)))


def _folded_words(text: str) -> list[str]:
    if text.isascii():  # most texts: the same words, found in a third of the time
        return _ASCII_WORD.findall(text.lower())
    return list(_WORD.findall(without_marks(_folded(text))))


def _folded(text: str) -> str:
    # Turkish capital dotted I is folded to i and a dot above, but is written as i alone.
    return text.casefold().replace("i\u0307", "i")


def _stem(words: list[str], language: str) -> list[str]:
    name = _STEMMERS.get(language)
    return list(_stemmer(name).stemWords(words)) if name else list(words)


@lru_cache(maxsize=len(_STEMMERS))
def _stemmer(name: str) -> Any:
    import Stemmer

    return Stemmer.Stemmer(name)


def _plain(word: str) -> str:
    """The word without the accents of Latin, Greek and Cyrillic letters, which many writers leave out."""
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFD", word)
    kept = "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f" and char not in "\u200c\u200d")
    return unicodedata.normalize("NFC", kept)
