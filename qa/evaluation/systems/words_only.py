"""What an index of a baseline is made and searched with where words alone decide: no model at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from documents.split import Splitter
from index.embed import Role, Vectors
from index.store import Store


class WordsOnly:
    """Stands for the embedder and for the reranker: to it all texts are alike.

    ``fingerprint`` is that of the embedder of an index that exists already.
    """

    def __init__(self, fingerprint: str = "none") -> None:
        self.fingerprint = fingerprint
        self.splitter = Splitter()

    @classmethod
    def of(cls, store: Store) -> WordsOnly:
        """The one that searches the index in ``store``."""
        with store.snapshot() as snapshot:
            return cls(snapshot.embedder)

    @property
    def embedder(self) -> WordsOnly:
        return self

    @property
    def reranker(self) -> WordsOnly:
        return self

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002
        return np.ones((len(texts), 1), dtype=np.float32)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        return [0.0] * len(texts)
