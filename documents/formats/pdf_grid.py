"""Cells of a table on a page -> the lines of its text, one a row, with a "|" on both sides of each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from documents.blocks import Merged
from documents.formats.pdf_cells import FIGURE, PREFIX, SUFFIX, Cell
from documents.formats.pdf_elements import Piece, Slot
from documents.formats.pdf_words import Word


def grid_pieces(rows: Sequence[Sequence[Slot]]) -> tuple[Piece, ...]:
    """The table's text; empty cells keep the later ones in their columns (as ``documents.grid.row_text``)."""
    pieces: list[Piece] = []
    for number, row in enumerate(rows):
        pieces += [Piece("\n")] if number else []
        pieces += _row(row)
    return tuple(pieces)


def merged(rows: Sequence[Sequence[Slot]]) -> tuple[Merged, ...]:
    """The cells that span several columns or rows."""
    return tuple(
        Merged(number, slot.column, slot.rows, slot.columns)
        for number, row in enumerate(rows)
        for slot in row
        if slot.columns > 1 or slot.rows > 1
    )


def slot_text(slot: Slot) -> str:
    """The text of one cell."""
    return "".join(piece.text for piece in _cell(slot.words))


def _row(row: Sequence[Slot]) -> Iterator[Piece]:
    column = 0
    yield Piece("| ")
    for slot in sorted(row, key=lambda slot: slot.column):
        yield Piece(" | " * (slot.column - column))
        yield from _cell(slot.words)
        column = slot.column
    yield Piece(" |")


def _cell(words: Sequence[Word]) -> Iterator[Piece]:
    """The words, with the signs of a currency or of per cent joined to their number."""
    is_value = bool(words) and Cell(list(words)).is_value
    for number, word in enumerate(words):
        if number and not _is_joined(words[number - 1].text, word.text, is_value=is_value):
            yield Piece(" ")
        yield Piece(word.text.replace("|", r"\|"), word)


def _is_joined(before: str, text: str, *, is_value: bool) -> bool:
    if is_value:
        return bool(SUFFIX.match(text) or PREFIX.match(before))
    return bool(PREFIX.match(before) and before not in "-–—−(" and FIGURE.match(text))
