"""A reader for languages that the trained reader does not know: it finds the sentences nearest to the question.

It gives whole sentences, scored by the cosines of the index's embedder. When the nearest one answers is fitted on four
languages of a hundred, most of it in English: answers that rest on it are marked as not calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from documents.language import detect
from documents.sentences import Range, sentences
from index.embed import Embedder
from index.query import Query
from index.recent import RecentOfQuestion
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span

NEXT = 5  # sentences that another one is compared with
# The log-odds that the nearest sentence answers, for multilingual-e5-small, and how far ahead of others a sentence is
# that is alone; fitted by ``python -m training.other_languages``. What stands across languages is chosen, there too: as
# fitted (4.9), three of four questions that come near get an answer.
PER_COSINE, PER_AHEAD, ACROSS, BIAS, USUALLY_AHEAD = 61.7, 37.9, 3.5, -54.43, 0.051
# Its margins are such log-odds already, and the threshold is the one in English.
CHOSEN = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.3867, threshold=0.41, fits=False)
KEPT = 512  # sentences of the last questions whose embeddings are kept


class Nearness(NamedTuple):
    """How near a sentence is to the question.

    - ``cosine``: of both embeddings; short questions are near to everything;
    - ``ahead``: by how much that exceeds the mean of the ``NEXT`` nearest other sentences;
    - ``across``: whether all that is read is certainly in another language than the question: all cosines are lower.
    """

    cosine: float
    ahead: float
    across: bool

    @property
    def margin(self) -> float:
        """The log-odds that the sentence answers."""
        return PER_COSINE * self.cosine + PER_AHEAD * self.ahead + ACROSS * self.across + BIAS


class SentenceReader:
    """Scores each sentence of a passage by the cosine of its embedding and the question's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        # Passages overlap, and what is quoted of them is read again.
        self._embedded = RecentOfQuestion[str, NDArray[np.float32]](KEPT)
        self._asked = RecentOfQuestion[str, NDArray[np.float32]](1)
        self.fingerprint = f"sentences by {embedder.fingerprint}"

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, best first: its sentences."""
        places = [list(sentences(text, 0, len(text))) for text in texts]
        found = []
        for own, near in zip(places, self.nearness(question, texts, places), strict=True):
            spans = (Span(*place, one.margin, one.margin) for place, one in zip(own, near, strict=True))
            found.append(sorted(spans, key=lambda span: -span.margin))
        return found

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:
        """For each range of the text its margin."""
        (near,) = self.nearness(question, [text], [places])
        return [one.margin for one in near]

    def nearness(
        self, question: Query, texts: Sequence[str], places: Sequence[Sequence[Range]]
    ) -> list[list[Nearness]]:
        """How near each text's ``places`` are, in order; the same words twice are no other sentence."""
        parts = [[text[start:end] for start, end in own] for text, own in zip(texts, places, strict=True)]
        cosines = self._cosines(question, [part for own in parts for part in own])
        ahead = ahead_of_next(cosines)
        asked = question.language.certain
        across = asked is not None and asked not in {detect([text], lead=2) for text in texts}
        return [[Nearness(cosines[part], ahead[part], across) for part in own] for own in parts]

    def _cosines(self, question: Query, parts: Sequence[str]) -> dict[str, float]:
        if not parts:
            return {}
        asked = self._asked.get(question.text, lambda: self._embedder.embed([question.text], "query")[0])
        embedded = self._embedded.of(parts, lambda missing: [*self._embedder.embed(missing, "passage")])
        return dict(zip(parts, (float(cosine) for cosine in np.stack(embedded) @ asked), strict=True))


def ahead_of_next(cosines: Mapping[str, float]) -> dict[str, float]:
    """By how much each exceeds the mean of the nearest others."""
    if len(cosines) == 1:
        return dict.fromkeys(cosines, USUALLY_AHEAD)
    nearest = sorted(cosines.values(), reverse=True)[: NEXT + 1]

    def ahead(cosine: float) -> float:
        others = list(nearest)
        if cosine in others:
            others.remove(cosine)
        return cosine - fmean(others[:NEXT])

    return {part: ahead(cosine) for part, cosine in cosines.items()}
