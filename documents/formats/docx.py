"""Word: paragraphs, headings by style, lists with their numbers, tables, footnotes and endnotes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from documents.blocks import Kind
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.docx_bold import BoldLines
from documents.formats.docx_chunk import add_chunk
from documents.formats.docx_contents import leave_out_contents
from documents.formats.docx_notes import Notes
from documents.formats.docx_numbering import Number, Numbering
from documents.formats.docx_styles import Styles, W
from documents.formats.docx_table import cells_of, grid_of, is_layout, nested, rows_of
from documents.formats.docx_text import BOX, boxes_in, is_joined, text_of
from documents.formats.package import check_package
from documents.outline import COLONS

if TYPE_CHECKING:
    from docx.document import Document as Word

PARSER = "docx/5"

_WRAPPERS = frozenset(f"{W}{tag}" for tag in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"))
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def parse(data: bytes, name: str) -> Document:
    """The document of a Word file; raises DocumentError for one that is broken, encrypted or without text."""
    check_package(data, name, "DOCX").close()
    try:
        import docx

        word = docx.Document(io.BytesIO(data))
        leave_out_contents(word.element.body)
        builder = Builder(PARSER)
        walk = _Walk(builder, word, name)
        walk.through(word.element.body)
        walk.flush()
        walk.add_notes()
        named = word.core_properties.title or ""
    except DocumentError:
        raise
    except Exception as error:  # python-docx passes on any error of lxml, zipfile and its own lookups
        raise DocumentError(f"{name}: not a readable Word file; open it and save it again as DOCX") from error
    return builder.document(name, named if named.lower() not in ("", "word document") else walk.title)


class _Item(NamedTuple):
    """An item of a list that the next one may be in or beside."""

    list_id: str
    level: int
    indent: int | None


class _Walk:
    """Adds the contents of a document in order."""

    def __init__(self, builder: Builder, word: Word, name: str) -> None:
        self._builder = builder
        self._word = word
        self._name = name
        self._styles = Styles(word)
        self._numbering = Numbering(_numbering(word), self._styles)
        self._bold = BoldLines(self._styles, word.element.body)
        self._notes = Notes(word)
        self._own_notes: list[str] = []  # to the paragraph at hand
        self._waiting: list[str] = []  # notes to what was added last
        self._level = 0  # of the last heading by its style
        self._items: list[_Item] = []  # the last item and those that it is in, outermost first
        self._kind: Kind | None = None  # of the paragraphs at hand, which are one block
        self._texts: list[str] = []  # these paragraphs
        self._joined = ""  # the text of paragraphs whose end is deleted, with which the next one begins
        self.title = ""  # the text that is styled as the title

    def through(self, parent: Any) -> None:
        """Add what is in ``parent``."""
        for element in parent:
            if element.tag == f"{W}p":
                self._paragraph(element)
            elif element.tag == f"{W}tbl":
                self.flush()
                self._items = []
                self._table(element)
                self._waiting += self._notes.of(element)
                self.add_notes()
            elif element.tag in _WRAPPERS:
                self.through(element)
            elif element.tag == f"{W}altChunk":
                self.flush()
                self._items = []
                self._add_file(element.get(_ID) or "")

    def flush(self) -> None:
        """Add the quotation or code at hand, and text that nothing follows."""
        if self._kind == "code":
            self._builder.paragraph("\n".join(self._texts), "code")
        elif self._kind:
            with self._builder.block(self._kind):
                for text in self._texts:
                    self._builder.paragraph(text)
        self._kind, self._texts = None, []
        if self._joined:
            self._builder.paragraph(self._joined)
            self._joined = ""
            self._end_notes()

    def _add_file(self, relation: str) -> None:
        """Add what a file within the document says."""
        part = self._word.part.related_parts.get(relation)
        if part is not None:
            add_chunk(part, self._name, self._builder)

    def _end_notes(self) -> None:
        """Let the notes wait to a paragraph that was added."""
        self._waiting += self._own_notes
        self._own_notes = []

    def add_notes(self) -> None:
        """Add the notes that wait."""
        waiting, self._waiting = self._waiting, []
        for note in waiting:
            self._builder.paragraph(note)

    def _paragraph(self, element: Any) -> None:
        """Add a paragraph, and behind it the boxes that are anchored in it, wherever in a sentence that is."""
        self._own_notes += self._notes.of(element)
        if is_joined(element):
            self._joined += text_of(element)
            return
        boxes = [] if next(element.iter(BOX), None) is None else list(boxes_in(element))
        text, self._joined = self._joined + (text_of(element, BOX) if boxes else text_of(element)), ""
        level, number = self._styles.heading_level(element), self._numbering.of(element)
        if number and level is None:  # a box would end its list
            text, boxes = "\n".join((text, *map(text_of, boxes))), []
        self._add(element, text, level, number)
        self._end_notes()
        # Notes to a list, a quotation, a caption or a lead-in stand behind all that belongs to these.
        goes_on = self._items or self._kind or self._styles.kind(element) or text.rstrip().endswith(COLONS)
        if text.strip() and not goes_on:
            self.add_notes()
        for box in boxes:
            self.through(box)

    def _add(self, element: Any, text: str, level: int | None, number: Number | None) -> None:
        kind = None if level is not None or number else self._styles.kind(element)
        if kind != self._kind and text.strip():
            self.flush()
        if kind in ("quotation", "code"):
            self._items = []
            self._kind = kind if text.strip() else self._kind
            self._texts += [text] if self._kind else []
        elif not text.strip():
            return
        elif level is not None:
            self.title = self.title or (text if level == 0 else "")
            self._items, self._level = [], level
            self.add_notes()
            self._builder.heading(f"{number.label} {text}" if number and number.is_step else text, max(level, 1))
        elif number and number.label:
            self._item(text, number)
        elif kind is None and self._goes_on(element):
            self._builder.more_of_item(text)
        elif kind is None and self._bold.heads(element):
            self._items = []
            self.add_notes()
            self._builder.heading(text, self._level + 1)
        else:
            self._items = []
            self.add_notes()
            self._builder.paragraph(text, kind)

    def _goes_on(self, element: Any) -> bool:
        """Whether a paragraph is as far from the margin as the item before it, to which it belongs."""
        indent = self._styles.indent(element) if self._items else None
        return indent is not None and indent >= max(self._items[-1].indent or 0, 1)

    def _item(self, text: str, number: Number) -> None:
        """Add an item: in the last one, where it is of a deeper level of the same list or further from the margin."""
        own = _Item(number.list_id, number.level, number.indent)
        beside = own
        while self._items and not _is_within(own, self._items[-1]):
            beside = self._items.pop()
        if not self._items and (number.begins or (number.is_step and beside.list_id != own.list_id)):
            self._builder.end_list()
        self._builder.item(text, number.label, len(self._items), is_step=number.is_step)
        self._items.append(own)

    def _table(self, table: Any) -> None:
        """Add a table, and then those within its cells; one that only arranges the page is passed through."""
        if is_layout(table):
            for row in rows_of(table):
                for cell in cells_of(row):
                    self.through(cell)
                    self.flush()
                    self._items = []
            return
        grid, is_headed = grid_of(table, self._numbering)
        is_called = any(cell.is_heading for row in grid for cell in row)
        self._builder.rows(grid, heading=None if is_called else is_headed)
        for own in nested(table):
            self._table(own)


def _is_within(item: _Item, other: _Item) -> bool:
    if item.list_id == other.list_id or item.indent is None or other.indent is None:
        return item.level > other.level
    return item.indent > other.indent


def _numbering(word: Word) -> Any | None:
    """The definitions of lists, if the document has any."""
    for relation in word.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] == "numbering":
            return relation.target_part.element
    return None
