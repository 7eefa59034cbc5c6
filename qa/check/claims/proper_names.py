"""The proper names of a text, and the forms in which another text may have them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from documents.month_names import ENGLISH_MONTHS
from documents.vocabulary import Vocabulary
from documents.words import IDENTIFIER, compounds
from index.analyse import STOP_WORDS
from qa.check.claims.tokens import compound_words, split_compound

_VOCABULARY = Vocabulary("qa")
_SENTENCE_START = re.compile(r"(?:\A|[.?!:;]\s+|\n)[\"“‘'(\[¿¡*\-–—\s]*\Z")
_TITLES = _VOCABULARY.words_of("titles_in_claims")
_NEVER_NAMES = STOP_WORDS | _TITLES | set(map(str.casefold, ENGLISH_MONTHS))
_VERB = re.compile(rf"({'|'.join(_VOCABULARY.listed('verbs_behind_names'))}|[a-z]{{3,}}ed)\Z")
# The plural ending of a name that ends with a digit: "the MP3s".
_PLURAL_S = re.compile(r"(?<=\d)s\Z")
# Languages in which a capital does not mark a name: all nouns have one, or the script has none.
_NO_CAPITALS = _VOCABULARY.words_of("capitals_mark_no_names")
# What may follow the letters that two forms of a name share: China and Chinese, Italy and Italians.
_ENDINGS = _VOCABULARY.words_of("endings_of_names") | {""}
_SHARED_LETTERS = 4  # that two forms of a name have at least
_MOST_PARTS = 3  # words that another text may write as one: 12-year-old
_FAMILY = {word: number for number, words in enumerate(_VOCABULARY.listed("forms_of_names")) for word in words.split()}
_WITHIN_NAMES = _VOCABULARY.words_of("small_within_names")


@lru_cache(maxsize=512)
def names(text: str, language: str = "en") -> tuple[str, ...]:
    """The proper nouns, acronyms and names with digits of ``text``, each once, without possessive endings."""
    tokens = compounds(text)
    title_case = _is_title([token.text for token in tokens])
    found = []
    for number, (word, start, end) in enumerate(tokens):
        has_digit = any(char.isdigit() for char in word)
        if has_digit and any(char.isalpha() for char in word):
            is_name = bool(re.match(r"[^\W\d_]|\d+[A-Z]", word))
        elif has_digit or word.casefold() in _NEVER_NAMES or not word[:1].isalpha():
            is_name = False
        elif sum(char.isupper() for char in word) > 1 and not text.isupper():
            is_name = True
        elif language in _NO_CAPITALS or title_case or not word[0].isupper():
            is_name = False
        elif _SENTENCE_START.search(text, 0, start):
            following = tokens[number + 1].text if number + 1 < len(tokens) else ""
            is_name = language == "en" and _opens_with_name(word, text[start:end] != word, following)
        else:
            is_name = True
        if is_name:
            found.append(word)
    return tuple(dict.fromkeys(found))


def _is_title(words: Sequence[str]) -> bool:
    """Whether nearly all words have capitals, so that these do not mark names."""
    capitals = sum(word[:1].isupper() for word in words)
    return capitals > 3 and capitals > 0.7 * len(words)


def _opens_with_name(word: str, is_possessive: bool, following: str) -> bool:
    """Whether the first word of a sentence is a name: possessive, before another name, or before a verb."""
    if is_possessive:
        return True
    if following[:1].isupper():
        return following.casefold() not in STOP_WORDS
    return bool(_VERB.match(following)) and not word.endswith(("s", "ing", "ly")) and len(word) > 2


@lru_cache(maxsize=512)
def word_forms(text: str) -> frozenset[str]:
    """The forms in which a name may be in ``text``, case-folded.

    They are its words, the parts of compound words, the acronyms of its runs of capitalised words, its identifiers, and
    its names and numbers with digits without the marks and spaces inside them.
    """
    words = compound_words(text)
    identifiers = {own.casefold() for own in IDENTIFIER.findall(text)}
    plain = identifiers | {form for word in words for form in (word.casefold(), *split_compound(word.casefold()))}
    return frozenset(plain | _acronyms(words) | set(_unbroken(words)))


def _unbroken(words: Sequence[str]) -> Iterator[str]:
    """Names and numbers with digits without the hyphens, commas and spaces inside them: RX 480, 1,240."""
    for length in range(1, _MOST_PARTS + 1):
        for start in range(len(words) - length + 1):
            run = "".join(words[start : start + length])
            if any(char.isdigit() for char in run):
                yield _without_marks(run.casefold())


def _without_marks(name: str) -> str:
    return re.sub("[-,]", "", name)


def _acronyms(words: Sequence[str]) -> set[str]:
    """The acronyms, of two letters or more, of runs of capitalised words; small words may be within a run."""
    found, initials = set(), ""
    for word in words:
        if word[:1].isupper():
            initials += word[0].casefold()
            found |= {initials[start:] for start in range(len(initials) - 1)}
        elif word.casefold() not in _WITHIN_NAMES:
            initials = ""
    return found


def has_name(forms: frozenset[str], name: str, language: str) -> bool:
    """Whether ``forms`` (see ``word_forms``) have the name in any form, a name with digits to its last character."""
    lower = name.casefold()
    if lower in forms:
        return True
    if any(char.isdigit() for char in lower):
        singular, plural = _PLURAL_S.sub("", lower), f"{lower}s"
        return _without_marks(lower) in forms or (lower[0].isalpha() and (singular in forms or plural in forms))
    if "-" in lower or "." in lower or "’" in lower or "'" in lower:
        names_within = [part for part in split_compound(name) if part[0].isupper()]  # Beijing of Beijing-based
        has_all = all(has_name(forms, part, language) for part in names_within or split_compound(name))
        return lower.replace(".", "") in forms or has_all
    family = _FAMILY.get(lower)
    return any(
        _is_same_name(lower, form, language) or (family is not None and _FAMILY.get(form) == family) for form in forms
    )


def _is_same_name(one: str, other: str, language: str) -> bool:
    """Whether two forms share their beginning and differ in an ending only."""
    shared = 0
    while shared < min(len(one), len(other)) and one[shared] == other[shared]:
        shared += 1
    if language != "en":  # names may be inflected
        return shared >= max(_SHARED_LETTERS, 0.6 * max(len(one), len(other)))
    return shared >= _SHARED_LETTERS and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS
