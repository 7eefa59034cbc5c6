"""Passages without near-duplicates: a text that several documents hold is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from index.analyse import STOP_WORDS, terms
from index.families import is_newer
from index.passage import Passage

# Signs that change what a text says: "-5" is not "5", and "<" is not ">".
_SIGNS = re.compile(r"[-−–+±≤≥<>=≠%‰€$£¥°]")
# How many times as many passages as are wanted are looked at for the newest edition of each.
_AHEAD = 2


def distinct(passages: Iterable[Passage], limit: int, *, newest: bool = True) -> list[Passage]:
    """The first ``limit`` passages that differ: none has the same content words and signs, as often, as an earlier one.

    A passage with one more word is kept: "not", another name or another number may be what is asked for. Where several
    editions of a work hold the same text, the ``newest`` of them stands in the place of the best; else each is kept.
    """
    kept: dict[tuple[str, ...], Passage] = {}
    for passage in passages:
        key = _content(passage.chunk.text)
        if not newest and passage.source.family:
            key = (*key, passage.source.path)
        known = kept.setdefault(key, passage)
        if is_newer(passage.source, known.source):
            kept[key] = replace(passage, score=known.score, stage_scores=known.stage_scores)
        if len(kept) == _AHEAD * limit:
            break
    return list(kept.values())[:limit]


def _content(text: str) -> tuple[str, ...]:
    words = sorted(word for word in terms(text, "") if word not in STOP_WORDS)
    return (*words, *_SIGNS.findall(text)) if words else (text,)
