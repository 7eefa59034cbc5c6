"""Score what an answer cites against the gold evidence, by word, sentence and span."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from documents.document import Document
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.evidence import Scores, matched, overlap, touched
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
    return {name: value for kind, found in scores.items() for name, value in _named(kind, max(found, key=_rank))}


def _rank(scores: Scores) -> tuple[float, float]:
    return scores.f1, scores.precision + scores.recall


def _named(kind: str, scores: Scores) -> list[tuple[str, float]]:
    return list(zip((f"{kind}_precision", f"{kind}_recall", f"{kind}_F1"), scores, strict=True))


@lru_cache(maxsize=256)
def _word_ranges(document: Document) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(document.text)]
