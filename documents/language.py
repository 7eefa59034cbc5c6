"""Language detection by script and function words, without a model.

The script decides; between languages in Latin letters, the number of function words does, and English is the default. A
language code in the file's name (``xquad.de.json``) is only a hint: it is taken where the script fits and, in Latin
letters, where that language has at least half as many function words in the text as the best one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from documents.vocabulary import by_language, words_of

_SAMPLE = 200_000  # characters that are enough to tell
_BEGINNING = 20_000  # characters that tell a document's language
_WORDS = re.compile(r"[^\W\d_]+")

# Scripts and the languages written in them, the likeliest first. Latin comes first, so that it is chosen for a text
# without letters. Han, kana and Thai count by characters, the other scripts by words.
_SCRIPTS: dict[re.Pattern[str], tuple[str, ...]] = {
    re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+"): (),
    re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"): ("zh",),
    re.compile("[\u3040-\u30ff]"): ("ja",),
    re.compile("[\u0e00-\u0e7f]"): ("th",),
    re.compile("[\uac00-\ud7a3]+"): ("ko",),
    re.compile("[\u0400-\u04ff]+"): ("ru", "uk", "bg", "sr"),
    re.compile("[\u0600-\u06ff]+"): ("ar", "fa", "ur"),
    re.compile("[\u0900-\u097f]+"): ("hi", "mr", "ne"),
    re.compile("[\u0980-\u09ff]+"): ("bn",),
    re.compile("[\u0b80-\u0bff]+"): ("ta",),
    re.compile("[\u0c00-\u0c7f]+"): ("te",),
    re.compile("[\u0370-\u03ff]+"): ("el",),
    re.compile("[\u0590-\u05ff]+"): ("he",),
}
_SMALL_WORDS = by_language("function_words")
# First words of questions, with their language.
_FIRST = {word: code for code, words in by_language("first_words_of_questions").items() for word in words}
_SHORT, _CERTAIN = 2, 3  # small words more than English has: likely in a short text; certain
_ENGLISH_ONLY = words_of("words_of_no_other_language")


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a short text: the ``likeliest``, and the one that is ``certain``, or None (two-letter codes)."""

    likeliest: str
    certain: str | None

    @property
    def is_english(self) -> bool:
        """Whether English is the likeliest."""
        return self.likeliest == "en"

    @property
    def is_certainly_other(self) -> bool:
        """Whether it is certain, and not English."""
        return self.certain not in ("en", None)


def detect(texts: Iterable[str], file_name: str = "", *, lead: int = 1) -> str:
    """The two-letter code of the language that most of ``texts`` are in.

    In Latin letters, another language must have at least ``lead`` more function words than English. Short texts need a
    lead of two, since English has "a", "do" and "per" too.
    """
    hints = [code for code in re.split(r"[^a-z]+", file_name.lower()) if len(code) == 2]
    return _Signs.of(_joined(texts)).language(lead, hints)


def identify(text: str) -> Language:
    """The language of a short text, such as a question.

    It is certain by the first word of a question, however many foreign names follow; by another script; or by many
    small words of one language and none of English.
    """
    signs = _Signs.of(text)
    certain, likeliest = _certain(signs), signs.language(_SHORT)
    return Language(likeliest if certain in ("en", None) else certain, certain)


def language_of(text: str) -> str:
    """The language of a document's text, by its beginning."""
    return detect([text[:_BEGINNING]], lead=_SHORT)


def _joined(texts: Iterable[str]) -> str:
    parts: list[str] = []
    size = 0
    for text in texts:
        parts.append(text)
        size += len(text)
        if size > _SAMPLE:
            break
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What shows a text's language.

    - ``languages``: those that are written in its script; none for Latin letters;
    - ``words``: its words in lower case, in order;
    - ``small_words``: how many of them are each language's, where it is in Latin letters.
    """

    languages: tuple[str, ...]
    words: Sequence[str]
    small_words: Mapping[str, int]
    is_spanish: bool  # it has a "¿"

    @classmethod
    def of(cls, text: str) -> _Signs:
        languages = () if text.isascii() else _languages_of_script(text)
        words = _WORDS.findall(text.lower())
        return cls(languages, words, {} if languages else _small_words(words, text), "¿" in text)

    def language(self, lead: int, hints: Sequence[str] = ()) -> str:
        """The likeliest language; see ``detect``."""
        if self.languages:
            return next((code for code in hints if code in self.languages), self.languages[0])
        found = self.small_words
        best = max(found, key=lambda code: found[code])
        best = best if found[best] >= found["en"] + lead else "en"
        return next((code for code in hints if code in found and 2 * found[code] >= max(1, found[best])), best)


def _languages_of_script(text: str) -> tuple[str, ...]:
    """The languages that are written in the text's script; none for Latin letters."""
    counts = {languages: len(pattern.findall(text)) for pattern, languages in _SCRIPTS.items()}
    languages = max(counts, key=lambda languages: counts[languages])
    if languages == ("zh",) and counts["ja",] > counts["zh",] / 10:
        return ("ja",)  # Chinese has no kana
    return languages


def _small_words(words: Sequence[str], text: str) -> dict[str, int]:
    seen = Counter(words)
    counts = {code: sum(seen[word] for word in own) for code, own in _SMALL_WORDS.items()}
    counts["es"] += 2 * text.count("¿")
    return counts


def _certain(signs: _Signs) -> str | None:
    first = _FIRST.get(signs.words[0]) if signs.words else None
    if first == "en" or (first and signs.language(1) == first):
        return first
    language = signs.language(_SHORT)
    if language == "en":
        return "en" if signs.small_words["en"] >= 2 else None
    if language not in _SMALL_WORDS or signs.is_spanish:
        return language
    return language if signs.language(_CERTAIN) == language and _ENGLISH_ONLY.isdisjoint(signs.words) else None
