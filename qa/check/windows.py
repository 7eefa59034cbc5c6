"""Evidence -> the few windows of one to three neighbouring sentences that have the most of a claim's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.check.claims import wording
from qa.check.claims.wording import Words

# How many windows of each length, in sentences, are kept.
WINDOWS = {1: 3, 2: 2, 3: 1}
# A window is kept from this share of the best window's coverage on.
_LEAST_COVERAGE = 0.6
# A longer window covers more than each window within it by this factor: else what it adds could only hide a
# disagreement.
_LEAST_GAIN = 1.15
MOST_SENTENCES = 4  # that are read together, wherever they are


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring sentences, and the title and headings above them."""

    sentences: tuple[str, ...]
    context: str = ""


@dataclass(frozen=True, slots=True)
class SentenceWindow:
    """The sentences ``first`` to ``last`` (exclusive) of the block numbered ``block``."""

    block: int
    first: int
    last: int


def choose_windows(
    claim: Words, weights: Mapping[str, float], blocks: Sequence[Sequence[Words]]
) -> list[SentenceWindow]:
    """Of each length, the windows that cover the most of the claim's words; the shorter windows come first.

    Args:
        weights: of the claim's stems, adding up to 1.
        blocks: the words of each sentence of each block.
    """
    stems = [[weights.keys() & set(words.stems) for words in block] for block in blocks]
    coverage = {
        SentenceWindow(number, first, first + length): wording.coverage(
            weights, set[str]().union(*block[first : first + length])
        )
        for length in WINDOWS
        for number, block in enumerate(stems)
        for first in range(len(block) - length + 1)
    }
    found: list[SentenceWindow] = []
    for length, count in WINDOWS.items():
        windows = [window for window in coverage if window.last - window.first == length and _adds(window, coverage)]
        # A sentence that is the claim word for word comes first, even where none of its words has a weight.
        windows.sort(key=lambda window: (blocks[window.block][window.first].plain != claim.plain, -coverage[window]))
        found += windows[:count]
    most = max(coverage[window] for window in found)
    return [window for window in found if coverage[window] >= _LEAST_COVERAGE * most]


def _adds(window: SentenceWindow, coverage: Mapping[SentenceWindow, float]) -> bool:
    """Whether the window covers enough more of the claim than the two windows that are a sentence shorter."""
    block, first, last = window.block, window.first, window.last
    if last - first == 1:
        return True
    shorter = (SentenceWindow(block, first, last - 1), SentenceWindow(block, first + 1, last))
    return all(coverage[window] > _LEAST_GAIN * coverage[other] for other in shorter)


def choose_sentences(weights: Mapping[str, float], sentences: Sequence[Words]) -> list[int]:
    """Numbers of the sentences that together cover the most of the claim's words, chosen greedily, in text order."""
    stems = [weights.keys() & set(words.stems) for words in sentences]
    covered: set[str] = set()
    chosen: list[int] = []
    for _ in range(MOST_SENTENCES):
        gains = [wording.coverage(weights, own - covered) for own in stems]
        best = max(range(len(stems)), key=lambda number: (gains[number], -number))
        if chosen and not gains[best]:
            break
        chosen.append(best)
        covered |= stems[best]
    return sorted(set(chosen))
