"""Any number of passages, made from real ones, to measure speed at sizes larger than the datasets.

A made passage is the first half of one real passage's sentences and the second half of a near neighbour's. Its
embedding is between theirs, shifted by the difference of two others. So words keep their real frequencies, and
embeddings the uneven density on which the recall of an approximate index depends; random vectors have neither.
``python -m benchmarks.scale`` prints how close such embeddings are to the model's embeddings of the made texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from documents.sentences import sentences
from index.embed import Vectors

NEIGHBOURS = 20
# How far a made embedding is moved off the line between its two parents.
_SPREAD = 0.35


@dataclass(frozen=True)
class Real:
    """Real passages: their sentences, and embeddings of shape (n, dimension)."""

    sentences: Sequence[Sequence[str]]
    vectors: Vectors

    @classmethod
    def of(cls, texts: Sequence[str], vectors: Vectors) -> Real:
        return cls([[text[start:end] for start, end in sentences(text, 0, len(text))] for text in texts], vectors)


def made(real: Real, count: int, *, seed: int = 0, batch: int = 10_000) -> Iterator[tuple[list[str], Vectors]]:
    """``count`` passages in batches: texts, and embeddings of shape (len(texts), dimension)."""
    rng = np.random.default_rng(seed)
    nearest = _nearest(real.vectors)
    for start in range(0, count, batch):
        size = min(batch, count - start)
        one = rng.integers(len(nearest), size=size)
        other = nearest[one, rng.integers(NEIGHBOURS, size=size)]
        apart = (
            real.vectors[rng.integers(len(nearest), size=size)] - real.vectors[rng.integers(len(nearest), size=size)]
        )
        share = rng.uniform(0.4, 0.6, size=(size, 1))
        mixed = share * real.vectors[one] + (1 - share) * real.vectors[other] + _SPREAD * apart
        vectors = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
        # The number makes every text its own, as equal texts would be embedded and kept once.
        texts = [
            f"{_text(real, int(a), int(b))} ({start + number})"
            for number, (a, b) in enumerate(zip(one, other, strict=True))
        ]
        yield texts, vectors


def _nearest(vectors: Vectors) -> np.ndarray:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index.search(vectors, NEIGHBOURS + 1)[1][:, 1:]


def _text(real: Real, one: int, other: int) -> str:
    first, second = real.sentences[one], real.sentences[other]
    return " ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]])
