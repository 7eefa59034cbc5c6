"""What of the passages a prompt holds: the blocks that the extractive answer quotes, then the rest, the best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from documents.blocks import Range, overlap
from documents.document import Chunk
from index.passage import Passage
from qa.answer import Answer


def excerpts(quoted: Answer, passages: Sequence[Passage]) -> list[Passage]:
    """The blocks quoted, each of them once, then what the passages hold beside them, as passages of their own."""
    found: list[Passage] = []
    cited = (replace(own.passage, chunk=Chunk(own.document, own.start, own.end)) for own in quoted.citations)
    for block in (*cited, *passages):
        found += [replace(block, chunk=Chunk(block.document, *place)) for place in _beside(block, found)]
    return found


def touched(excerpt: Passage, passages: Sequence[Passage]) -> list[int]:
    """The numbers, from 0, of the passages that have some of the excerpt: these bear out what is written of it."""
    place = (excerpt.chunk.start, excerpt.chunk.end)
    return [
        number
        for number, own in enumerate(passages)
        if own.document.id == excerpt.document.id and overlap((own.chunk.start, own.chunk.end), place)
    ]


def _beside(passage: Passage, taken: Sequence[Passage]) -> Iterator[Range]:
    """The parts of the passage that have words and are in none of those taken."""
    start, text = passage.chunk.start, passage.document.text
    same = sorted((own.chunk.start, own.chunk.end) for own in taken if own.document.id == passage.document.id)
    for first, last in (*same, (passage.chunk.end, passage.chunk.end)):
        end = min(first, passage.chunk.end)
        if start < end and any(character.isalnum() for character in text[start:end]):
            yield _without_spaces(text, start, end)
        start = max(start, last)


def _without_spaces(text: str, start: int, end: int) -> Range:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
