"""Which list an aggregation is about, and its items."""

from __future__ import annotations

from bisect import bisect_right

from documents.blocks import Block
from documents.document import Document
from documents.outline import lead_in
from qa.read.compute.aggregation import NEUTRAL, Aggregation, has_negation
from qa.read.periods import periods
from qa.read.tables.words import stems
from qa.understand.phrases import asked_noun, is_verb, words


def items_of(document: Document, block: Block) -> list[Block]:
    """The items of the list itself, without those of lists within it."""
    found: list[Block] = []
    done = block.start  # where the last item or inner list ends
    for inner in document.blocks_within(block.start, block.end):
        if inner.start >= done and inner != block and inner.kind in ("item", "step", "list"):
            done = inner.end
            if inner.kind != "list":
                found.append(inner)
    return found


def counted_items(aggregation: Aggregation, document: Document, block: Block, file_name: str) -> list[Block] | None:
    """The items to count, if the list's introduction and headings explain every word of the question; else None."""
    if aggregation.comparison or aggregation.operation != "count":
        return None
    introduced = lead_in(document.text, block.start)
    path = document.section_path(block.start)
    near = f"{document.text[slice(*introduced)] if introduced else ''}\n{path[-1] if path else document.title}"
    about = f"{near}\n{' '.join(path)}\n{document.title}\n{file_name}"
    thing = asked_noun(aggregation.question.text)
    # "If a pupil falls ill" introduces no pupils.
    is_named = thing and thing.head in {word.lower for word in words(near)}
    is_neutral = thing and stems(thing.head) <= NEUTRAL and aggregation.words <= stems(near)
    if not (is_named or is_neutral) or aggregation.negated != has_negation(near):
        return None
    if not introduced and _has_others(document, block):
        return None
    tokens = words(aggregation.question.text)
    left = aggregation.words - stems(about)
    verbs = all(is_verb(word) for word in tokens if stems(word.text) & left)
    in_about = periods(about)
    if (left and not verbs) or any(not v <= in_about.get(kind, frozenset()) for kind, v in aggregation.periods.items()):
        return None
    return items_of(document, block)


def _has_others(document: Document, block: Block) -> bool:
    """Whether the section of the list has another list of its own."""
    number = bisect_right(document.sections, block.start, key=lambda section: section.start)
    start = document.sections[number - 1].start if number else 0
    end = document.sections[number].start if number < len(document.sections) else len(document.text)
    near = (other for other in document.blocks_within(start, end) if other.kind == "list")
    return any(other.end <= block.start or block.end <= other.start or other.start < block.start for other in near)
