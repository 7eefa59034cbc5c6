"""The same question as others would type it: as keywords, in small letters without its mark, or with a slip."""

from __future__ import annotations

import random

from training.joint.teacher import keywords

SHARE = 0.1  # of the questions, for each way to type them
LEAST_LETTERS = 5  # of a word that is misspelt


def varied(question: str, rng: random.Random) -> str:
    """The question itself, mostly, or one of its forms."""
    forms = (keywords, small, lambda text: misspelt(text, rng))
    number = int(rng.random() / SHARE)
    return forms[number](question) if number < len(forms) else question


def small(question: str) -> str:
    """The question in small letters, without the mark at its end."""
    return question.lower().rstrip("?!. ")


def misspelt(question: str, rng: random.Random) -> str:
    """The question with one slip in one of its longer words; itself where it has none."""
    words = question.split(" ")
    long = [number for number, word in enumerate(words) if word.isalpha() and len(word) >= LEAST_LETTERS]
    if not long:
        return question
    number = rng.choice(long)
    word = words[number]
    at = rng.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],  # swapped
        word[:at] + word[at + 1 :],  # left out
        word[: at + 1] + word[at:],  # doubled
    )
    return " ".join([*words[:number], rng.choice(slips), *words[number + 1 :]])
