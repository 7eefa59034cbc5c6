"""A sentence that answers -> what is quoted with it, so that a reader needs nothing else.

That is the paragraph, the item or the row; code with what introduces it, and a sentence with the list or code that it
introduces; of what is long, the sentences around those that answer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from documents.blocks import Block, Range, overlap
from documents.document import Document
from documents.outline import lead_in
from documents.split import sentences_within

# Words of a quotation that is widened to a whole paragraph, and of one that answers in several sentences or has what it
# introduces.
MOST, MOST_TOGETHER = 60, 120
_BLANK = "\n\n"


def quotation(
    document: Document,
    sentence: Range,
    others: Sequence[Range] = (),
    free: Callable[[Sequence[Range]], Sequence[Range]] = lambda places: places,
) -> Range:
    """What is quoted with the ``sentence``, which may be that alone: as a range of whole sentences.

    Args:
        others: further sentences that answer, which are quoted with it where they are near.
        free: of sentences those that may be quoted.
    """
    if document.table_at(sentence[0]):
        return sentence
    places = _places(document, _structure(document, sentence))
    own = [number for number, place in enumerate(places) if overlap(place, sentence)]
    if not own:
        return sentence
    first, last = own[0], own[-1]
    quotable = set(free(places))

    def widened(low: int, high: int, most: int) -> tuple[int, int]:
        """The wider window, if it may be quoted and is not too long, else the one so far."""
        if low < 0 or high >= len(places) or not quotable.issuperset(places[low : high + 1]):
            return first, last
        is_short = len(document.text[places[low][0] : places[high][1]].split()) <= most
        return (low, high) if is_short else (first, last)

    for number, place in enumerate(places):
        if any(overlap(place, other) for other in others):
            first, last = widened(min(first, number), max(last, number), MOST_TOGETHER)
    if last + 1 < len(places) and _introduces(document, places[last], places[last + 1]):
        first, last = widened(first, len(places) - 1, MOST_TOGETHER)
    if first and _introduces(document, places[first - 1], places[first]):
        first, last = widened(first - 1, last, MOST_TOGETHER)
    before = None
    while before != (first, last):
        before = first, last
        first, last = widened(first - 1, last, MOST)
        first, last = widened(first, last + 1, MOST)
    return places[first][0], places[last][1]


def _structure(document: Document, sentence: Range) -> Range:
    """The paragraph, item, field or code that the sentence is in, with what introduces it and what it introduces."""
    start, end = _alone(document, sentence)
    if introduction := _introduction(document, start):
        start = introduction[0]
    following = next((own for own in document.blocks_behind(end) if own.kind in ("list", "code")), None)
    if following and (introduction := _introduction(document, following.start)) and start <= introduction[0] < end:
        end = following.end
    return start, end


def _alone(document: Document, sentence: Range) -> Range:
    for block in reversed(document.blocks_at(sentence[0])):
        if block.kind in ("item", "step"):
            return _item(document, block, sentence)
        if block.kind in ("code", "field"):
            return block.start, block.end
        if block.kind in ("quotation", "turn", "caption"):
            return _paragraph(document, sentence, block.start, block.end)
    return _paragraph(document, sentence, 0, len(document.text))


def _item(document: Document, block: Block, sentence: Range) -> Range:
    """The item, without the lists in it that the sentence is before; or all of its list, where that is short."""
    whole = next(own for own in document.blocks_at(block.start) if own.kind == "list")
    if len(document.text[whole.start : whole.end].split()) <= MOST:
        return whole.start, whole.end
    lists = [own.start for own in document.blocks_within(block.start, block.end) if own.kind == "list"]
    return block.start, min((start for start in lists if start > sentence[0]), default=block.end)


def _paragraph(document: Document, sentence: Range, low: int, high: int) -> Range:
    """The paragraph of the sentence from ``low`` to ``high``: up to a blank line, a heading, a block or a table."""
    text = document.text
    number = bisect_right(document.sections, sentence[0], key=lambda section: section.start)
    low = max(low, document.sections[number - 1].heading_end if number else 0, text.rfind(_BLANK, 0, sentence[0]) + 1)
    after = text.find(_BLANK, sentence[1])
    high = min(high, document.sections[number].start if number < len(document.sections) else high)
    high = high if after < 0 else min(high, after)
    table = bisect_right(document.tables, sentence[0], key=lambda table: table.start)
    blocks = [(own.start, own.end) for own in document.blocks_within(low, high)]
    tables = [(own.start, own.end) for own in document.tables[max(0, table - 1) : table + 1]]
    before = (end for _, end in (*blocks, *tables) if end <= sentence[0])
    behind = (start for start, _ in (*blocks, *tables) if start >= sentence[1])
    return max([low, *before]), min([high, *behind])


def _introduction(document: Document, start: int) -> Range | None:
    """The sentence that introduces a list or code which begins at ``start``."""
    is_block = any(own.start == start and own.kind in ("list", "code") for own in document.blocks_at(start))
    return lead_in(document.text, start) if is_block else None


def _places(document: Document, whole: Range) -> list[Range]:
    """The sentences of the range; code is one, which says nothing in part."""
    found: list[Range] = []
    for place in sentences_within(document, *whole):
        code = next((own for own in document.blocks_at(place[0]) if own.kind == "code"), None)
        if code and found and found[-1][0] >= code.start:
            found[-1] = found[-1][0], place[1]
        else:
            found.append(place)
    return found


def _introduces(document: Document, place: Range, following: Range) -> bool:
    return _introduction(document, following[0]) == place
