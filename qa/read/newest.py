"""Evidence from several times: the newest that answers comes first, unless the question names a time.

Times are the editions of one work, the dates of documents with one title, and the dates of the sections of a document:
a list of changes, minutes, a diary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from documents.dates import find_dates
from documents.document import Source
from documents.versions import find_dotted, version_order
from documents.vocabulary import Vocabulary
from index.analyse import terms
from index.families import is_newer
from index.passage import Passage
from index.snapshot import embedding_text
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence
from qa.understand.question import Question

# A newer text that does not answer may have a similar sentence on something else. One that answers has nearly the same
# margin, or ranks nearly as high and has all words of the question that the older one has. How near its rank must be
# depends on whether its sentence surely entails its answer (log-odds of the entailment model): a correction ("It takes
# place on Saturday, 28 June") seldom repeats what it is about.
MARGIN, ORDER = 1.0, 2.0
ENTAILED, ORDER_OF_ENTAILED = 2.0, 4.0
_VOCABULARY = Vocabulary("qa")
_NEWEST = re.compile(rf"\b{_VOCABULARY.any_of('newest')}\b", re.IGNORECASE)
_EARLIER = re.compile(rf"\b{_VOCABULARY.any_of('formerly')}\b", re.IGNORECASE)


def newest_first(question: Question, evidence: Sequence[Evidence], calibration: Calibration) -> list[Evidence]:
    """The evidence, beginning with the newest of the same work that answers as well as the best.

    Only sure evidence counts: if the newest edition does not answer, an older one does.
    """
    found = list(evidence)
    if not found or find_dates(question.text) or _EARLIER.search(question.text):
        return found
    best = newest = found[0]
    is_newer_than = _is_greater if _NEWEST.search(question.text) else _is_newer
    for one in found[1:]:
        if is_newer_than(one, newest) and calibration.is_sure(one) and _is_as_good(question, one, best, calibration):
            newest = one
    if newest is best:
        return found
    source = newest.passage.source
    rest = (other for other in found if other is not newest and not is_newer(source, other.passage.source))
    return [newest, *rest]


def in_force(question: Question, best: Evidence, rivals: Sequence[Evidence]) -> Evidence:
    """Of these, which say different things, the one of the newest document; the best where dates do not tell.

    Documents that are newer than the time that the question names do not count.
    """
    asked = max((date.value for date in find_dates(question.text)), default="")
    dated = [(one.passage.source.date, one) for one in (best, *rivals)]
    known = [(date, one) for date, one in dated if date and (not asked or date[: len(asked)] <= asked)]
    if not best.passage.source.date or not known:
        return best
    newest = max(date for date, _ in known)
    return next(one for date, one in known if date == newest)


def _is_as_good(question: Question, evidence: Evidence, best: Evidence, calibration: Calibration) -> bool:
    if not set(evidence.absent) <= set(best.absent):  # what is asked of 3.0 is no older state of 3.1
        return False
    if evidence.margin >= best.margin - MARGIN or calibration.confidence(evidence) >= calibration.confidence(best):
        return True
    asked = set(terms(" ".join(question.content), "en"))
    mine, others = (asked.intersection(terms(embedding_text(e.passage.chunk), "en")) for e in (evidence, best))
    near = ORDER_OF_ENTAILED if evidence.entails >= ENTAILED else ORDER
    return evidence.order >= best.order - near and mine >= others


def _is_newer(one: Evidence, other: Evidence) -> bool:
    if one.passage.source != other.passage.source:
        return is_newer(one.passage.source, other.passage.source) or _is_later_issue(one.passage, other.passage)
    return "" < _section_date(other) < _section_date(one)


def _is_later_issue(passage: Passage, other: Passage) -> bool:
    """Whether both have one title and folder, and dates, as letters and minutes do, and ``passage`` is the later."""
    places = {(one.source.path.replace("\\", "/").rpartition("/")[0], one.source.owner) for one in (passage, other)}
    titles = {one.chunk.document.title.casefold() for one in (passage, other)}
    return len(places) == len(titles) == 1 and titles != {""} and "" < other.source.date < passage.source.date


def _is_greater(one: Evidence, other: Evidence) -> bool:
    """Whether it is newer, or from the same document with a newer version as its answer."""
    versions = [find_dotted(evidence.answer) for evidence in (one, other)]
    if one.passage.source != other.passage.source or not all(versions):
        return _is_newer(one, other)
    mine, others = (version_order(found[0].value) for found in versions)
    return mine > others


def _section_date(evidence: Evidence) -> str:
    """The date of the innermost heading above the evidence that has one; "" where none has."""
    path = evidence.document.section_path(evidence.start)
    return next((dates[0].value for title in reversed(path) if (dates := find_dates(title))), "")


def is_outdated(source: Source, passages: Iterable[Passage]) -> bool:
    """Whether any of the passages is from a newer edition of the source's work."""
    return any(is_newer(passage.source, source) for passage in passages)
