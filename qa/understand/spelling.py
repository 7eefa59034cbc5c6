"""Misspelt words of a question -> the words of the retrieved passages that are meant.

A word counts as misspelt if neither the language nor the documents know it. Vectors find passages for misspelt words,
too, which mostly contain the intended word: the nearest one is taken, if no other is as near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extract

from documents.words import WORD

_LEAST = 4  # letters of a word that is looked at: shorter ones are near to too many others
_LONG = 8  # letters from which on two slips are allowed, else one
_PART = 4  # letters that each part of a compound has at least


def _none(word: str) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True, slots=True)
class Speller:
    """Corrects questions.

    ``is_word`` tells whether a word in lower case is English, ``is_common`` whether people write it although it may be
    in no dictionary ("wifi").
    """

    is_word: Callable[[str], bool]
    is_common: Callable[[str], bool] = _none

    def corrected(self, question: str, texts: Iterable[str], is_held: Callable[[str], bool] = _none) -> str:
        """The question with its misspelt words replaced by words of ``texts``, or itself.

        ``is_held`` tells whether the documents have a word in any of its forms. The texts are read only where a word of
        the question may be misspelt.
        """
        suspects = [
            match for match in WORD.finditer(question) if self._may_be_misspelt(match[0]) and not is_held(match[0])
        ]
        if not suspects:
            return question
        words = {match[0].casefold() for text in texts for match in WORD.finditer(text)}
        words = {word for word in words if word.isalpha() and len(word) >= _LEAST - 1}
        parts, done = list[str](), 0
        for match in suspects:
            meant = _meant(match[0], words)
            if meant:
                parts += [question[done : match.start()], meant]
                done = match.end()
        return "".join([*parts, question[done:]])

    def _may_be_misspelt(self, word: str) -> bool:
        """Names, which begin with a capital, are left alone."""
        return len(word) >= _LEAST and word.isalpha() and word.islower() and not self._is_known(word)

    def _is_known(self, word: str) -> bool:
        """Whether the language has the word, or it is a compound of two words ("autosave")."""
        parts = ((word[:at], word[at:]) for at in range(_PART, len(word) - _PART + 1))
        return self.is_word(word) or self.is_common(word) or any(all(map(self.is_word, two)) for two in parts)


def _meant(word: str, words: set[str]) -> str | None:
    """The word that a misspelt one stands for."""
    near = [] if word in words else _nearest(word, words, 2 if len(word) >= _LONG else 1)
    return near[0] if len(near) == 1 else None


def _nearest(word: str, words: Iterable[str], most: int) -> list[str]:
    """The words nearest to ``word``, at most ``most`` edits away; the first letter is seldom wrong."""
    alike = [other for other in words if other[0] == word[0]]
    found = extract(word, alike, scorer=DamerauLevenshtein.distance, score_cutoff=most, limit=None)
    return [other for other, distance, _ in found if distance == found[0][1]]
