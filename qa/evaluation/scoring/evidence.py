"""Score what an answer cites against the gold evidence, by word, sentence and span."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from documents.document import Document
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.evidence import matched, overlap, touched
from qa.evaluation.scoring.gold import sentences_of

_WORD = re.compile(r"\w+")


def evidence_metrics(
    cited: Sequence[TextSpan], places: Sequence[Sequence[TextSpan]], documents: Mapping[str, Document]
) -> dict[str, float]:
    """Precision, recall and F1 of each kind, by the best of the ``places``, each of which alone is complete evidence.

    ``documents`` are those of the spans, by id; spans of others have no words and sentences.
    """

    def words(document: str) -> list[tuple[int, int]]:
        return _word_ranges(documents[document]) if document in documents else []

    def held(document: str) -> list[tuple[int, int]]:
        return sentences_of(documents[document]) if document in documents else []

    scores = {
        "word": [overlap(touched(cited, words), touched(place, words)) for place in places],
        "sentence": [overlap(touched(cited, held), touched(place, held)) for place in places],
        "span": [matched(cited, place) for place in places],
    }
    best = {kind: max(found, key=lambda own: (own.f1, own.precision + own.recall)) for kind, found in scores.items()}
    return {name: value for kind, own in best.items() for name, value in own.named(kind).items()}


@lru_cache(maxsize=256)
def _word_ranges(document: Document) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(document.text)]
