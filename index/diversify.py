"""Near-duplicates among passages: a text that is there five times should not fill five places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from index.analyse import STOP_WORDS, terms
from index.passage import Passage

# What two texts that say the same share beside their words: "-5" is not "5", nor is "<" ">".
_SIGNS = re.compile(r"[-−–+±≤≥<>=≠%‰€$£¥°]")


def distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    """``passages`` in order, without those that nearly repeat an earlier one.

    Nearly: the same content words and signs, as often. One word more, such as "not", or another name or number may be
    just what is asked for.
    """
    seen = set[tuple[str, ...]]()
    for passage in passages:
        text = passage.chunk.text
        words = sorted(word for word in terms(text, "") if word not in STOP_WORDS)
        key = (*words, *_SIGNS.findall(text)) if words else (text,)
        if key not in seen:
            seen.add(key)
            yield passage
