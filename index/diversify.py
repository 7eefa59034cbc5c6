"""Passages without near-duplicates: a text that several documents hold is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from index.analyse import STOP_WORDS, terms
from index.passage import Passage

# Signs that change what a text says: "-5" is not "5", and "<" is not ">".
_SIGNS = re.compile(r"[-−–+±≤≥<>=≠%‰€$£¥°]")


def distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    """``passages`` in order, without those that have the same content words and signs, as often, as an earlier one.

    A passage with one more word is kept: "not", another name or another number may be what is asked for.
    """
    seen = set[tuple[str, ...]]()
    for passage in passages:
        text = passage.chunk.text
        words = sorted(word for word in terms(text, "") if word not in STOP_WORDS)
        key = (*words, *_SIGNS.findall(text)) if words else (text,)
        if key not in seen:
            seen.add(key)
            yield passage
