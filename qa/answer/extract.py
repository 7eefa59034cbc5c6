"""A range of a passage's document, as evidence and citations have one."""

from __future__ import annotations

from documents.blocks import Range, Table, overlap
from documents.document import Document
from index.passage import Passage

Where = tuple[str, int, int]  # a document's id, and the offsets of a range in it


class Extract:
    """The characters ``start`` to ``end`` of a passage's document."""

    __slots__ = ()

    passage: Passage
    start: int
    end: int

    @property
    def document(self) -> Document:
        """The document that it is from."""
        return self.passage.document

    @property
    def table(self) -> Table | None:
        """The table that it is in; None where it is in none."""
        return self.document.table_at(self.start)

    @property
    def where(self) -> Where:
        """Where it stands."""
        return self.document.id, self.start, self.end

    @property
    def text(self) -> str:
        """Exactly the document's characters."""
        return self.document.text[self.start : self.end]

    def shares(self, other: Extract) -> bool:
        """Whether both have a character of a document in common."""
        return self.document.id == other.document.id and overlap((self.start, self.end), (other.start, other.end))

    def covers(self, document: Document, place: Range) -> bool:
        """Whether it holds all of the place in the document."""
        return self.document.id == document.id and self.start <= place[0] and place[1] <= self.end
