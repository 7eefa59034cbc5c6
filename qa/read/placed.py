"""The reader's spans -> their places in the quotable sentences of the document, and the short answer."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from string import ascii_letters
from typing import NamedTuple

from documents.dates import find_dates
from documents.document import Chunk, Document
from documents.marks import balanced
from documents.sentences import Range
from documents.split import sentences_within
from index.passage import Passage
from qa.check.claims.quantities import quantities
from qa.check.claims.tokens import to_whole_words
from qa.check.injection.recogniser import Recogniser
from qa.read.reader import Span
from qa.understand.question import Question, asks

# For a list, spans of one sentence whose margins differ by at most this are one answer.
TOGETHER = 1.0
_NO_SPACE = re.compile(r"\S|\Z")
_SPACES = " \u00a0\u202f"
_WORD = re.compile(r"[^\W\d_]+[.!]")
# "R-3", "8:30-9:15"; begins at a word and does not backtrack, so that long words cost nothing.
_JOINED = re.compile(r"(?<![^\W_])(?<![^\W_][.:,])[^\W_]++(?:[.:,][^\W_]++)*+(?:[-_]++[^\W_]++(?:[.:,][^\W_]++)*+)+")
_ADDRESS = re.compile(r"(?:\b(?:https?://|www\.)|\b[\w.+-]+@)[^\s<>()\"'`]*[\w/]")  # of the web, or of somebody's mail


class PlacedSpan(NamedTuple):
    """A span of the reader as a range of the document, with an offset in the sentence or row that it was read in."""

    start: int
    end: int
    read_at: int
    margin: float


def _placed(passage: Passage, spans: Sequence[Span]) -> list[PlacedSpan]:
    """The spans of the passage as read, as offsets in the document, without those in the passage's context."""
    by, linearised = passage.text_begins, passage.chunk.linearised
    places = ((span, linearised.place(span.start - by, span.end - by)) for span in spans if span.start >= by)
    return [
        PlacedSpan(place.start, place.end, place.row[0] if place.row else place.start, span.margin)
        for span, place in places
        if place
    ]


def spans_by_sentence(
    passage: Passage, spans: Sequence[Span], sentences: Sequence[Range]
) -> Iterator[tuple[Range, list[PlacedSpan]]]:
    """The passage's ``sentences``, each with the reader's ``spans`` in it, best first.

    Sentences without a span are left out, and so are spans across two sentences, unless there are no others: then each
    belongs to the sentence with its larger part.
    """
    document = passage.document
    placed = [span for span in _placed(passage, spans) if not _is_label(document, span)]
    whole = {
        (start, end): [span for span in placed if start <= span.read_at < end and _is_whole(span, (start, end))]
        for start, end in sentences
    }
    found = whole if any(whole.values()) else _parts(document, placed, sentences)
    yield from ((sentence, inside) for sentence, inside in found.items() if inside)


def quotable(chunk: Chunk, recogniser: Recogniser) -> list[Range]:
    """The chunk's sentences that may be quoted: no instructions, questions, or headings without a date.

    Left out is what ``recogniser`` finds to be an injected instruction. The words of a heading are quoted if it gives a
    day or a month. A sentence of a single word ("No.") is quoted with the next.
    """
    document, found = chunk.document, list[Range]()
    for start, end in sentences_within(document, chunk.start, chunk.end):
        text = document.text[start:end]
        if asks(text):
            continue
        if document.in_heading(start, end):
            title = document.section_path(start)[-1]
            at = document.text.find(title, start, end)
            if at >= 0 and any(not date.is_year for date in find_dates(title)):
                found.append((at, at + len(title)))
            continue
        before = found[-1] if found else (start, start)
        if _WORD.fullmatch(document.text, *before) and not document.text[before[1] : start].strip(" \n"):
            found[-1] = before[0], end
        else:
            found.append((start, end))
    return recogniser.free(document.text, found)


def _is_whole(span: PlacedSpan, sentence: Range) -> bool:
    """Whether the sentence holds all of the span, or the span is a heading of the row, outside of it."""
    return _is_in(span, sentence) or span.end <= sentence[0] or sentence[1] <= span.start


def _parts(
    document: Document, spans: Sequence[PlacedSpan], sentences: Sequence[Range]
) -> dict[Range, list[PlacedSpan]]:
    """By sentence, the parts in it of those ``spans`` of which it has the larger part."""
    found: dict[Range, list[PlacedSpan]] = {}
    for span in spans:
        parts = [(max(start, span.start), min(end, span.end), (start, end)) for start, end in sentences]
        first, last, sentence = max(parts, key=lambda part: part[1] - part[0], default=(0, 0, (0, 0)))
        part = span._replace(start=first, end=last, read_at=first)
        if 2 * (last - first) > span.end - span.start and not _is_label(document, part):
            found.setdefault(sentence, []).append(part)
    return found


def _is_label(document: Document, span: PlacedSpan) -> bool:
    """Whether the span is the number or sign of an item, which answers nothing."""
    return span.end <= behind_label(document, span.start)


def behind_label(document: Document, offset: int) -> int:
    """``offset``, or the beginning of an item's words if ``offset`` is in its number or sign."""
    for block in document.blocks_at(offset):
        begins = block.start + len(block.label)
        if block.kind in ("item", "step") and offset < begins:
            return next(word.start() for word in _NO_SPACE.finditer(document.text, begins))
    return offset


def _is_in(span: PlacedSpan, sentence: Range) -> bool:
    return sentence[0] <= span.start and span.end <= sentence[1]


def answer_span(question: Question, passage: Passage, sentence: Range, spans: Sequence[PlacedSpan]) -> Range:
    """The best span, as offsets in the document, extended to whole words, numbers, dates and amounts.

    For a list, it also covers the other spans of the sentence with nearly the same margin.
    """
    best, *others = spans
    if not _is_in(best, sentence):
        return best.start, best.end
    chosen = [best]
    if question.asked == "list":
        near = (span for span in others if span.margin >= best.margin - TOGETHER and _is_in(span, sentence))
        chosen += [span for span in near if span.end <= best.start or best.end <= span.start]
    start, end = min(span.start for span in chosen), max(span.end for span in chosen)
    text = passage.document.text[slice(*sentence)]
    start, end = _whole(text, *to_whole_words(text, start - sentence[0], end - sentence[0]))
    return balanced(passage.document.text, sentence[0] + start, sentence[0] + end, sentence)


def ahead_of_others(passage: Passage, spans: Sequence[Span], answer: Range) -> float:
    """By how much the best of the passage's ``spans`` that shares characters with the answer exceeds the best other.

    Negative where another is better, infinite where there is no other; a span that is not among them is as good as the
    last.
    """
    placed = _placed(passage, spans)
    shared = [span.margin for span in placed if span.start < answer[1] and answer[0] < span.end]
    others = [span.margin for span in placed if not (span.start < answer[1] and answer[0] < span.end)]
    return max(shared, default=spans[-1].margin) - max(others) if others else math.inf


def _whole(text: str, start: int, end: int) -> Range:
    """The range, extended to whole dates, amounts with units, compounds and addresses; a year may stand alone."""
    dates = [(date.start, date.end) for date in find_dates(text) if not text[start:end].isdigit()]
    amounts = [(number.start, number.start + len(number.text)) for number in quantities(text).numbers if number.unit]
    others = [found.span() for pattern in (_ADDRESS, _JOINED) for found in pattern.finditer(text)]
    cut = [(first, last) for first, last in (*dates, *amounts, *others) if first < end and start < last]
    return _with_currency(text, min([start, *(first for first, _ in cut)]), max([end, *(last for _, last in cut)]))


def _with_currency(text: str, start: int, end: int) -> Range:
    """The range, extended by the sign of a currency before its first number or behind its last: "US$58", "42 €"."""
    before, behind = text[:start].rstrip(_SPACES), text[end:].lstrip(_SPACES)
    if text[start].isdigit() and _is_currency(before[-1:]):
        start = len(before[:-1].rstrip(ascii_letters))
    if text[end - 1].isdigit() and _is_currency(behind[:1]) and not behind[1:2].isdigit():
        end = len(text) - len(behind) + 1
    return start, end


def _is_currency(char: str) -> bool:
    return bool(char) and unicodedata.category(char) == "Sc"
