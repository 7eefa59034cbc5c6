"""Sketches of texts, from which near-duplicates are found without comparing the texts themselves.

A sketch holds the smallest hashes of the text's runs of four words (Broder 1997: on the resemblance and containment of
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
SHORTEST = 20  # words; in a shorter text a single changed word makes a different text
BLOCK = 1_000_000  # characters processed at once, which bounds the memory that a long text takes

Hashes = NDArray[np.uint64]

_SPACE = re.compile(r"\s")


def sketch(text: str, block_size: int = BLOCK) -> Hashes:
    """The smallest hashes of the text's runs of words, ascending; empty for a text of fewer than SHORTEST words.

    ``block_size`` is how many characters are processed at once.
    """
    smallest = before = np.empty(0, dtype=np.uint64)
    count = 0
    for block in _blocks(text, block_size):
        words = re.findall(r"\w+", paired(block).casefold())
        numbers = {word: _number(word) for word in set(words)}
        own = np.fromiter((numbers[word] for word in words), dtype=np.uint64, count=len(words))
        hashes = np.concatenate([before, own])
        count += len(words)
        smallest = np.unique(np.concatenate([smallest, _runs(hashes)]))[:SIZE]
        before = hashes[-(RUN - 1) :]
    return smallest if count >= SHORTEST else np.empty(0, dtype=np.uint64)


def _blocks(text: str, size: int) -> Iterator[str]:
    """The text in blocks, each of which ends between two words."""
    start = 0
    while start < len(text):
        space = _SPACE.search(text, start + size)
        stop = space.start() if space else len(text)
        yield text[start:stop]
        start = stop


def _runs(hashes: Hashes) -> Hashes:
    """The hashes of all runs of RUN words, from the hashes of the words."""
    runs = np.zeros(max(0, len(hashes) - RUN + 1), dtype=np.uint64)
    for place in range(RUN):
        runs = _mixed(runs * np.uint64(31) + hashes[place : place + len(runs)])
    return runs


def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big")


def _mixed(values: Hashes) -> Hashes:
    """Mix the bits of each value (the finaliser of splitmix64), so that the smallest hashes are a uniform sample."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values
