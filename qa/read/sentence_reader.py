"""A reader for languages that the trained reader does not know: it finds the sentences nearest to the question.

It gives whole sentences, scored by the cosine of the index's embedder. The scale of its margins is chosen, not fitted:
answers that rest on it are marked as not calibrated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from documents.language import detect
from documents.sentences import Range, sentences
from index.embed import Embedder
from index.query import Query
from index.recent import RecentOfQuestion
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span

# The cosine at which the margin is 0, for texts in the question's language and in others, and logits per cosine. For
# English questions of SQuAD 2.0 part A, multilingual-e5-small gives the paragraph's nearest sentence more than .85 (19
# of 20), and sentences of other articles less than .79 (19 of 20). Between two languages all cosines are lower.
_NEUTRAL, _ACROSS, _SCALE = 0.82, 0.75, 60.0
# What its margins stand for: .43 at the neutral cosine, and an answer from about 1/100 of a cosine below that on.
CHOSEN = Calibration({"margin": 0.4251}, bias=-0.2634, absent_discount=0.3867, threshold=0.32, fits=False)
KEPT = 512  # sentences of the last questions whose embeddings are kept


class SentenceReader:
    """Scores each sentence of a passage by the cosine of its embedding and the question's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        # Passages overlap, and what is quoted of them is read again.
        self._embedded = RecentOfQuestion[str, NDArray[np.float32]](KEPT)
        self.fingerprint = f"sentences by {embedder.fingerprint}"

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, best first: its sentences."""
        places = [sentences(text, 0, len(text)) for text in texts]
        parts = [text[start:end] for text, spans in zip(texts, places, strict=True) for start, end in spans]
        cosines = iter(self._cosines(question, parts))
        found = []
        for text, of in zip(texts, places, strict=True):
            margins = _margins(question, text, islice(cosines, len(of)))
            spans = (Span(*place, margin, margin) for place, margin in zip(of, margins, strict=True))
            found.append(sorted(spans, key=lambda span: -span.margin))
        return found

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text its margin."""
        return _margins(question, text, self._cosines(question, [text[start:end] for start, end in places]))

    def _cosines(self, question: Query, parts: Sequence[str]) -> list[float]:
        if not parts:
            return []
        asked = self._embedder.embed([question.text], "query")[0]
        embedded = self._embedded.of(parts, lambda missing: [*self._embedder.embed(missing, "passage")])
        return [float(cosine) for cosine in np.stack(embedded) @ asked]


def _margins(question: Query, text: str, cosines: Iterable[float]) -> list[float]:
    """The margins of parts of the text with these cosines."""
    neutral = _NEUTRAL if detect([text], lead=2) == question.language.likeliest else _ACROSS
    return [_SCALE * (cosine - neutral) for cosine in cosines]
