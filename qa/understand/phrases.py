"""The words of an English question, which of them are function words, and the noun that it asks for.

Found by its function words, without a tagger. Verbs are told by their endings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.month_names import names_of
from documents.vocabulary import Vocabulary
from documents.words import COMPOUND, without_possessive
from index.analyse import STOP_WORDS

_VOCABULARY = Vocabulary("qa")
BE = _VOCABULARY.words_of("be")
AUXILIARIES = BE | _VOCABULARY.words_of("auxiliaries")
WH = _VOCABULARY.words_of("question_words")
PREPOSITIONS = _VOCABULARY.words_of("prepositions")
ARTICLES = _VOCABULARY.words_of("articles")
DETERMINERS = ARTICLES | _VOCABULARY.words_of("demonstratives")
POSSESSIVES = _VOCABULARY.words_of("possessives")
_FUNCTION = (
    STOP_WORDS | AUXILIARIES | WH | PREPOSITIONS | DETERMINERS | POSSESSIVES
    | _VOCABULARY.words_of("other_function_words")
)  # fmt: skip
_PARTICIPLES = _VOCABULARY.words_of("verbs_without_endings")
_AFTER_PREDICATES = _VOCABULARY.words_of("behind_predicates")
_ASKS = _VOCABULARY.words_of("before_asked_nouns")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_MOST_NAMED = 8  # words of a short answer that is a name


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its offsets in the text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word, case-folded."""
        return self.text.casefold()

    @property
    def function(self) -> bool:
        """Whether it is a function word, also with "'s" behind it; an acronym such as "US" is not."""
        return without_possessive(self.lower) in _FUNCTION and not (len(self.text) > 1 and self.text.isupper())

    @property
    def capital(self) -> bool:
        """Whether it has a capital, as names have."""
        return any(character.isupper() for character in self.text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase with its article, ``start`` to ``end`` of the text."""

    text: str
    start: int
    end: int

    @property
    def head(self) -> str:
        """Its last word, case-folded: the noun that the others describe."""
        return self.text.split()[-1].casefold()


def words(text: str) -> list[Word]:
    """The words of ``text`` in order."""
    # An en dash joins words as a hyphen does: 1990–1995.
    return [Word(text[slice(*match.span())], *match.span()) for match in COMPOUND.finditer(text.replace("–", "-"))]


def lower_words(text: str) -> list[str]:
    """The words of ``text`` in lower case."""
    return [word.lower for word in words(text)]


def is_year(text: str) -> bool:
    """Whether ``text`` is a year of four digits."""
    return _YEAR.fullmatch(text) is not None


def _runs(text: str, tokens: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """The first and last (exclusive) word of each run without function words and punctuation."""
    first = 0
    for i in range(len(tokens) + 1):
        ends = i == len(tokens) or tokens[i].function
        parted = 0 < i < len(tokens) and text[tokens[i - 1].end : tokens[i].start].strip(" '’&")
        if ends or parted:
            if first < i:
                yield first, i
            first = i + 1 if ends else i


def is_verb(word: Word) -> bool:
    """Whether a word looks like a past tense, a participle or a gerund."""
    return not word.capital and (word.lower.endswith(("ed", "ing")) or word.lower in _PARTICIPLES)


def _phrase(text: str, tokens: Sequence[Word], first: int, last: int) -> Phrase:
    start, before = tokens[first].start, first - 1
    if before >= 0 and tokens[before].lower in ARTICLES:
        start = tokens[before].start
    end = tokens[last - 1].end
    if last - first == 1 or tokens[last - 1].capital:
        end = start + len(without_possessive(text[start:end]))
    return Phrase(text[start:end], start, end)


def names_something(short: str) -> bool:
    """Whether a short answer is the name of something ("the mass"), and does not say how, when or how many."""
    text = short.strip(" .,;:")
    tokens = words(text)
    if not tokens or (tokens[0].function and tokens[0].lower not in DETERMINERS | POSSESSIVES):
        return False
    days = names_of("en").days
    is_time = any(is_year(word.text) or word.lower.removesuffix("s") in days for word in tokens)
    is_number = tokens[0].text[0].isdigit() or not any(map(str.isalpha, text))
    return not (is_time or is_number) and len(tokens) <= _MOST_NAMED


def _is_predicate(tokens: Sequence[Word], at: int) -> bool:
    """Whether the word is the predicate of "what" or "which", like "happens" in "What happens if …?"."""
    following = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    is_asked = tokens[at - 1].lower in ("what", "which")
    return tokens[at].lower.endswith("s") and is_asked and following in _AFTER_PREDICATES


def asked_noun(text: str) -> Phrase | None:
    """The noun that "which", "what" or "how many" asks for: "companies" in "How many companies were founded?"."""
    tokens = words(text)
    for first, last in _runs(text, tokens):
        if first and tokens[first - 1].lower in _ASKS:
            is_gerund = tokens[first].lower.endswith("ing") and last - first > 1  # "which fishing boats"
            if (is_verb(tokens[first]) and not is_gerund) or _is_predicate(tokens, first):
                return None
            last = next((i for i in range(first + 1, last) if is_verb(tokens[i])), last)
            return _phrase(text, tokens, first, last)
    return None
