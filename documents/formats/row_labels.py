"""Which first columns of a table name its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST = 3  # first columns that may hold labels
_CODE = re.compile(r"[A-Za-z]{0,4}[-./]?\d+\Z")
_LETTER = re.compile(r"[^\W\d_]")


def label_columns(rows: Sequence[Sequence[str]]) -> int:
    """How many first columns of a table hold the headings of their rows; ``rows`` are those below its headings.

    These are the fewest whose cells together occur once, of up to three columns of words, dates or codes; a column of
    names is one more behind codes, and behind a label of several rows, which are empty below it. A column of values
    that recur, such as a version or a size, is no label.
    """
    width = max(map(len, rows), default=0)
    padded = [[*row, *[""] * _MOST][: _MOST + 1] for row in rows if len(row) - row.count("") > 1]
    for count in range(1, min(_MOST, width - 1) + 1):
        last = [row[count - 1] for row in padded]
        if count > 1 and not _are_words(last):
            return 0
        if _are_distinct([row[:count] for row in padded if row[count - 1]]):
            names = [row[count] for row in padded if row[count]]
            are_named = all(map(_CODE.match, filter(None, last))) and _are_distinct(names)
            return count + int(count < width - 1 and _are_words(names) and (are_named or "" in last))
    return 0


def _are_words(texts: Sequence[str]) -> bool:
    """Whether most of the texts have letters and are no codes."""
    return 2 * sum(bool(_LETTER.search(text)) and not _CODE.match(text) for text in texts) > len(texts)


def _are_distinct(texts: Sequence[Sequence[str]]) -> bool:
    return len(set(map(tuple, texts))) >= 0.9 * len(texts) > 0
