"""Text for the cells of spreadsheets, which take what begins with certain signs for a formula and compute it."""

from __future__ import annotations

import re

# A full-width sign is one, too, and some programs leave out white space before it.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
# What begins so and computes nothing: signs alone, or an amount with its unit.
_AMOUNT = re.compile(r"\W*|[+-]\s?[$€£¥]?\s?\d[\w\s.,'’%°$€£¥]*")


def as_cell(text: str) -> str:
    """``text`` as it is, or behind an apostrophe, which makes text of what would be a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _AMOUNT.fullmatch(text.strip()) else text
