"""A reader that passes over injected instructions, which answer no question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.sentences import Range
from qa.check.injection.recogniser import Recogniser
from qa.read.reader import NOTHING, Reader, Span


@dataclass(frozen=True, slots=True)
class GuardedReader:
    """Wraps a reader and drops the spans that touch an injected instruction which ``recogniser`` finds."""

    reader: Reader
    recogniser: Recogniser

    @property
    def fingerprint(self) -> str:
        """The wrapped reader's: without injected instructions both find the same spans."""
        return self.reader.fingerprint

    def read(self, question: str, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, best first, that touch no injected instruction."""
        return [
            [span for span in spans if not _touches(span.start, span.end, injected)]
            for spans, injected in zip(self.reader.read(question, texts), map(self.recogniser.find, texts), strict=True)
        ]

    def evidence(self, question: str, text: str, places: Sequence[Range]) -> list[float]:
        """The logits of the ranges; those that touch an injected instruction belong to no answer."""
        injected = self.recogniser.find(text)
        return [
            NOTHING if _touches(*own, injected) else logit
            for own, logit in zip(places, self.reader.evidence(question, text, places), strict=True)
        ]


def _touches(start: int, end: int, ranges: Sequence[Range]) -> bool:
    """Whether the range from ``start`` to ``end`` shares a character with one of the ``ranges``."""
    return any(first < end and start < last for first, last in ranges)
