"""What a page of a PDF holds, in reading order: paragraphs, items of lists and tables, with the words they show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from documents.blocks import Table
from documents.formats.pdf_words import Word

Extent = tuple[float, float]  # the left and right edge of a column, in points


class Piece(NamedTuple):
    """A piece of an element's text and the word it shows (None: what separates words)."""

    text: str
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A paragraph, an item or a table of a page, as one run of the document's text.

    - ``item`` and ``step`` are entries of lists, which begin with their ``label``; ``more`` is a further paragraph of
      the entry before it, and ``field`` a line of a name, its ``label``, and a value;
    - ``open_end``: its last line is full and ends no sentence, so the next element may continue it;
    - ``table``: the structure of a table, as offsets into the element's own text, and ``columns`` where they stand;
    - ``guessed``: nothing in the table's layout but its words says that its first row holds headings.
    """

    kind: Literal["paragraph", "item", "step", "more", "field", "table"]
    pieces: tuple[Piece, ...]
    height: float = 0.0
    bold: bool = False
    open_end: bool = False
    label: str = ""
    table: Table | None = None
    columns: tuple[Extent, ...] = ()
    guessed: bool = False

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def words(self) -> list[Word]:
        return [piece.word for piece in self.pieces if piece.word]

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)


def spaced(words: Sequence[Word]) -> Iterator[Piece]:
    """Pieces for the words, separated by spaces."""
    for number, word in enumerate(words):
        if number:
            yield Piece(" ")
        yield Piece(word.text, word)


class Slot(NamedTuple):
    """A cell that holds ``words``, in its first column and row, and how many of these it spans."""

    column: int
    words: Sequence[Word]
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table whose cells are known: its words, its rows of cells, and the extents of its columns."""

    words: tuple[Word, ...]
    rows: tuple[tuple[Slot, ...], ...]
    columns: tuple[Extent, ...]
