"""Chunks of documents with lists and tables: within the limit, complete, and with whole blocks where these fit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structures import DOCUMENTS, says_nothing

from documents.blocks import Table
from documents.document import Chunk, Document
from documents.formats import markdown, text
from documents.formats.build import Builder
from documents.outline import lead_in
from documents.split import Splitter


def words(source: str) -> int:
    """A simple token counter: one token a word."""
    return len(source.split())


@settings(deadline=None, derandomize=True, max_examples=150)
@given(DOCUMENTS, st.integers(1, 40), st.integers(0, 2))
def test_chunks_are_within_the_limit_in_order_and_complete(document: Document, limit: int, overlap: int) -> None:
    chunks = Splitter(limit, overlap, words).split(document)
    assert all(0 < words(chunk.text) <= limit for chunk in chunks)
    assert all(before.start < after.start for before, after in pairwise(chunks))
    position = 0
    for chunk in chunks:
        assert says_nothing(document.text[position : chunk.start])
        position = max(position, chunk.end)
    assert says_nothing(document.text[position:])


@settings(deadline=None, derandomize=True, max_examples=150)
@given(DOCUMENTS, st.integers(1, 40), st.integers(0, 2))
def test_a_block_that_fits_is_whole_in_a_chunk(document: Document, limit: int, overlap: int) -> None:
    splitter = Splitter(limit, overlap, words)
    chunks = splitter.split(document)
    for block in (*document.blocks, *document.tables):
        introduced = lead_in(document.text, block.start) if isinstance(block, Table) or block.kind == "list" else None
        around = document.blocks_at(introduced[0]) if introduced else []
        start = introduced[0] if introduced and all(own.end >= block.end for own in around) else block.start
        if isinstance(block, Table) and block.caption:
            start = min(start, block.caption[0])  # rows are packed with the caption
        own = Chunk(document, start, block.end)
        if max(words(own.text), words(own.linearised.text)) <= limit:
            assert any(
                says_nothing(document.text[start : max(start, chunk.start)])
                and says_nothing(document.text[min(chunk.end, block.end) : block.end])
                for chunk in chunks
            ), block


class Counting:
    """Counts words, and how many characters it was given."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, source: str) -> int:
        self.characters += len(source) + 1
        return words(source)


def _items(count: int) -> Document:
    return markdown.parse("- an item\n" * count + "- end")


def _nested(count: int) -> Document:
    builder = Builder("test/1")
    for number in range(count):
        builder.item("item", depth=number)
    return builder.document("nested")


def _tables(count: int) -> Document:
    return markdown.parse("| a | b |\n|---|---|\n| c | d |\n\n" * count + "End.")


def _large_table(count: int) -> Document:
    return markdown.parse("| a | b |\n|---|---|\n" + "| c | d |\n" * count + "\nEnd.")


def _lead_ins(count: int) -> Document:
    return text.parse("Bring these:\n- one\n- two\n\n" * count + "End.")


@pytest.mark.parametrize("make", [_items, _nested, _tables, _large_table, _lead_ins])
def test_the_characters_counted_grow_with_the_text_only(make: Callable[[int], Document]) -> None:
    counted = []
    for size in (500, 1000):
        count = Counting()
        document = make(size)
        Splitter(count=count).split(document)
        counted.append(count.characters / len(document.text))
    assert counted[1] < 1.3 * counted[0]
