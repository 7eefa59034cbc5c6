"""The numbers of list items as shown: 3, c, C, iii or III."""

from __future__ import annotations

from typing import Literal

Style = Literal["1", "a", "A", "i", "I"]

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_REPEATED = 10  # letters
_LARGEST_ROMAN = 3999


def numeral(number: int, style: Style, *, repeats: bool = False) -> str:
    """The number in that style; in digits where the style has no such number.

    After z comes aa. What follows is ab or, where letters are repeated, bb.
    """
    found = ""
    if style in "aA" and number > 0:
        found = _letters(number, repeats=repeats)
    elif style in "iI" and 0 < number <= _LARGEST_ROMAN:
        found = _roman(number)
    return (found.upper() if style in "AI" else found) or str(number)


def _letters(number: int, *, repeats: bool) -> str:
    if repeats:
        count, letter = divmod(number - 1, 26)
        return chr(ord("a") + letter) * (count + 1) if count < _MOST_REPEATED else ""
    found = ""
    while number:
        number, letter = divmod(number - 1, 26)
        found = chr(ord("a") + letter) + found
    return found


def _roman(number: int) -> str:
    found = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        found += sign * count
    return found
