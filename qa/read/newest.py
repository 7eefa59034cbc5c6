"""Evidence in editions of one work: the newest that answers comes first, unless the question names a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from documents.dates import find_dates
from index.families import newest_first
from qa.read.evidence import Evidence
from qa.understand.question import Question

# A newer edition that is silent may have a similar sentence on something else; one that answers has nearly the margin.
NEARLY = 1.0


def newest_edition_first(
    question: Question, evidence: Sequence[Evidence], is_sure: Callable[[Evidence], bool]
) -> list[Evidence]:
    """The evidence with that of the newest edition first, where the best is in an older edition of the same family.

    Only evidence of which ``is_sure`` counts: where the newest edition is silent, the older one answers.
    """
    found = list(evidence)
    if not found or not found[0].passage.source.family or find_dates(question.text):
        return found
    family = found[0].passage.source.family
    sources = {own.passage.source for own in found if own.passage.source.family == family}
    for source in newest_first(sources):
        if source == found[0].passage.source:
            return found
        newer = next((own for own in found if own.passage.source == source and _as_good(own, found[0], is_sure)), None)
        if newer:
            rest = (own for own in found if own is not newer and own.passage.source not in sources - {source})
            return [newer, *rest]
    return found


def _as_good(own: Evidence, best: Evidence, is_sure: Callable[[Evidence], bool]) -> bool:
    """Whether it answers nearly as well as the best."""
    return is_sure(own) and own.margin >= best.margin - NEARLY
