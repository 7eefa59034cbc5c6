"""Is a sentence an injected instruction, or a request that calls for care? A small model reads it.

The sentence goes through the lower layers of the shipped reader, then through the recogniser's own layers, trained by
``training.recogniser``. For orders it is read only where rules and word weights leave doubt: one ordinary sentence in
five is too unlike them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from documents.language import identify
from qa.check.injection.classifier import shipped
from qa.check.injection.detection import fold, suspicion
from qa.check.injection.recogniser import Recogniser
from qa.read.lower_layers import LowerLayers
from qa.weights import WEIGHTS

UPPER = "recogniser.onnx"
DOUBT = -10.0  # suspicion from which on a sentence is read
THRESHOLD = 2.0  # log-odds from which on it is an injected instruction
LEAST_REQUEST = 1.0  # log-odds from which on it is a request
ORDER, REQUEST = range(2)  # the columns of the model's log-odds
MOST_TOKENS = 128  # of a sentence; the rest is not read


def tokens_of(lower: LowerLayers, sentences: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """The token ids and segments of each sentence, cut to ``MOST_TOKENS``."""
    read = [lower.tokenizer.encode(fold(sentence)).ids for sentence in sentences]
    cut = [ids if len(ids) <= MOST_TOKENS else [*ids[: MOST_TOKENS - 1], ids[-1]] for ids in read]
    return [(ids, [0] * len(ids)) for ids in cut]


class OnnxRecogniser(Recogniser):
    """Reads doubtful sentences with the shipped model, or with other ``weights`` for its own layers."""

    def __init__(self, weights: Path | None = None) -> None:
        from index.onnx import OnnxModel

        super().__init__()
        self._upper = OnnxModel(weights or WEIGHTS / UPPER)
        self._lower = LowerLayers()

    def judge(self, sentences: Sequence[str]) -> list[bool]:
        """Whether each sentence is an injected instruction, by rules, word weights or the model."""
        suspected = [suspicion(sentence) for sentence in sentences]
        judged = [score >= shipped().threshold for score in suspected]
        doubtful = [place for place, score in enumerate(suspected) if score >= DOUBT and not judged[place]]
        return self._read(sentences, judged, doubtful, ORDER, THRESHOLD)

    def judge_requests(self, sentences: Sequence[str]) -> list[bool]:
        """Whether each sentence is a request that calls for care: by rules or, of English ones, by the model."""
        judged = super().judge_requests(sentences)
        unsure = [
            place
            for place, sentence in enumerate(sentences)
            if not judged[place] and not identify(sentence).is_certainly_other
        ]
        return self._read(sentences, judged, unsure, REQUEST, LEAST_REQUEST)

    def _read(
        self, sentences: Sequence[str], judged: Sequence[bool], unsure: Sequence[int], column: int, least: float
    ) -> list[bool]:
        """What is ``judged`` of the sentences; of those that are ``unsure``, by number, what the model finds."""
        scores = self.scores([sentences[place] for place in unsure])[:, column]
        found = dict(zip(unsure, (bool(score >= least) for score in scores), strict=True))
        return [found.get(place, own) for place, own in enumerate(judged)]

    def scores(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """The model's log-odds that each sentence is an injected instruction, and a request: (sentences, 2)."""
        scores = self._lower.through(self._upper, tokens_of(self._lower, sentences))
        return np.array(scores, dtype=np.float32).reshape(-1, 2)
