"""How near a sentence is to a question in meaning, which bridges wordings that the reader does not know as the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from index.embed import Embedder, Role, Vectors
from qa.recent import Recent

KEPT = 4_096  # texts whose embeddings are kept, those read last: about 6 MB


class Nearness:
    """Compares sentences with a question by the embedder that passages are found with.

    A passage's embedding is one of all that it says; here each sentence has its own.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._questions = Recent[str, Vectors](KEPT)
        self._texts = Recent[str, Vectors](KEPT)

    def of(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        """For each sentence, given with the headings above it, its cosine: the mean of that with and without them."""
        headed = [f"{headings}. {text}" if headings else text for headings, text in sentences]
        every = [*headed, *(text for _, text in sentences)]
        if not every:
            return []
        (asked,) = self._questions.of([question], partial(self._embedded, role="query"))
        cosines = np.asarray(self._texts.of(every, partial(self._embedded, role="passage"))) @ asked
        return [float(cosine) for cosine in cosines.reshape(2, -1).mean(axis=0)]

    def _embedded(self, texts: Sequence[str], role: Role) -> list[Vectors]:
        return list(self._embedder.embed(texts, role))
