"""A reader for languages that the trained reader does not know: it finds the sentences nearest to the question.

It gives whole sentences, scored by the cosine of the index's embedder. The scale of its margins is chosen, not fitted:
answers that rest on it are marked as not calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence

from documents.language import detect
from documents.sentences import Range, sentences
from index.embed import Embedder
from index.query import Query
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span

# The cosine at which the margin is 0, for texts in the question's language and in others, and logits per cosine. For
# English questions of SQuAD 2.0 part A, multilingual-e5-small gives the paragraph's nearest sentence more than .85 (19
# of 20), and sentences of other articles less than .79 (19 of 20). Between two languages all cosines are lower.
_NEUTRAL, _ACROSS, _SCALE = 0.82, 0.75, 60.0
# What its margins stand for: .43 at the neutral cosine, and an answer from about 1/100 of a cosine below that on.
CHOSEN = Calibration({"margin": 0.4251}, bias=-0.2634, absent_discount=0.3867, threshold=0.32, fits=False)


class SentenceReader:
    """Scores each sentence of a passage by the cosine of its embedding and the question's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.fingerprint = f"sentences by {embedder.fingerprint}"

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, best first: its sentences."""
        places = [sentences(text, 0, len(text)) for text in texts]
        parts = [text[start:end] for text, spans in zip(texts, places, strict=True) for start, end in spans]
        asked = self._embedder.embed([question.text], "query")[0]
        cosines = iter((self._embedder.embed(parts, "passage") @ asked).tolist() if parts else [])
        neutral = [_neutral(question, text) for text in texts]
        return [
            sorted((_span(*span, next(cosines), level) for span in spans), key=lambda span: -span.margin)
            for spans, level in zip(places, neutral, strict=True)
        ]

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text its margin."""
        if not places:
            return []
        asked = self._embedder.embed([question.text], "query")[0]
        cosines = (self._embedder.embed([text[start:end] for start, end in places], "passage") @ asked).tolist()
        return [_SCALE * (cosine - _neutral(question, text)) for cosine in cosines]


def _neutral(question: Query, text: str) -> float:
    """The cosine at which the margin is 0."""
    return _NEUTRAL if detect([text], lead=2) == question.language.likeliest else _ACROSS


def _span(start: int, end: int, cosine: float, neutral: float) -> Span:
    margin = _SCALE * (cosine - neutral)
    return Span(start, end, cosine, margin, margin)
