"""A reader for the languages that the trained one does not know: which sentence is nearest to the question?

It gives whole sentences, by the cosine of the embedder that made the index. How sure that is was fitted to nothing but
a scale; answers that rest on it are said not to be calibrated.
"""

from __future__ import annotations

from collections.abc import Sequence

from documents.sentences import sentences
from index.embed import Embedder
from qa.reader import Span

# A cosine becomes a margin: 0 where half of the answers are right on English questions, in units of logits.
_NEUTRAL, _SCALE = 0.85, 60.0


class SentenceReader:
    """Scores each sentence of a passage by its embedding's cosine with the question's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.fingerprint = f"sentences by {embedder.fingerprint}"

    def read(self, question: str, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, best first: its sentences."""
        places = [sentences(text, 0, len(text)) for text in texts]
        own = [text[start:end] for text, spans in zip(texts, places, strict=True) for start, end in spans]
        asked = self._embedder.embed([question], "query")[0]
        cosines = iter((self._embedder.embed(own, "passage") @ asked).tolist() if own else [])
        return [
            sorted((_span(*span, next(cosines)) for span in spans), key=lambda span: -span.margin) for spans in places
        ]


def _span(start: int, end: int, cosine: float) -> Span:
    margin = _SCALE * (cosine - _NEUTRAL)
    return Span(start, end, cosine, margin, margin)
