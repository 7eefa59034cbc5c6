"""A text's sketch: what is kept of it to tell whether another has nearly the same words (``index.near``).

It is the smallest of the hashes of the text's runs of four words (Broder 1997: on the resemblance and containment of
documents).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from documents.unspaced import paired

RUN = 4  # words
SIZE = 256  # hashes of a sketch
SHORTEST = 20  # words: of less, a word more or less makes another text
BLOCK = 1_000_000  # characters looked at together, so that a long text takes no more memory than a short one

Hashes = NDArray[np.uint64]

_SPACE = re.compile(r"\s")


def sketch(text: str) -> Hashes:
    """The smallest hashes of the text's runs of words, in order; none of a text that is too short."""
    smallest = before = np.empty(0, dtype=np.uint64)
    count = 0
    for block in _blocks(text):
        words = re.findall(r"\w+", paired(block).casefold())
        numbers = {word: _number(word) for word in set(words)}
        own = np.fromiter((numbers[word] for word in words), dtype=np.uint64, count=len(words))
        hashes = np.concatenate([before, own])
        count += len(words)
        smallest = np.unique(np.concatenate([smallest, _runs(hashes)]))[:SIZE]
        before = hashes[-(RUN - 1) :]
    return smallest if count >= SHORTEST else np.empty(0, dtype=np.uint64)


def _blocks(text: str) -> Iterator[str]:
    """The text in blocks that end between two words."""
    start = 0
    while start < len(text):
        space = _SPACE.search(text, start + BLOCK)
        stop = space.start() if space else len(text)
        yield text[start:stop]
        start = stop


def _runs(hashes: Hashes) -> Hashes:
    """The hashes of all runs of words, of which these are the hashes."""
    runs = np.zeros(max(0, len(hashes) - RUN + 1), dtype=np.uint64)
    for place in range(RUN):
        runs = _mixed(runs * np.uint64(31) + hashes[place : place + len(runs)])
    return runs


def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big")


def _mixed(values: Hashes) -> Hashes:
    """Every bit of a value spread over all of them (splitmix64's last step), so that the smallest are a fair sample."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values
