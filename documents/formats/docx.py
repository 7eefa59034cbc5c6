"""Word: paragraphs, headings by style, lists, tables row by row, footnotes and endnotes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.package import check_package

if TYPE_CHECKING:
    from docx.document import Document as Word

PARSER = "docx/1"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik)\s*([1-9])", re.IGNORECASE)
_NOTES = ("footnotes", "endnotes")
_MAX_BASES = 20


def parse(data: bytes, name: str) -> Document:
    """The document of a Word file; raises DocumentError for one that is broken, encrypted or without text."""
    check_package(data, name, "DOCX").close()
    try:
        import docx

        word = docx.Document(io.BytesIO(data))
        levels = _HeadingLevels(word)
        builder = Builder(PARSER)
        title = _walk(word.element.body, builder, levels)
        for note in _notes(word):
            builder.paragraph(note)
        named = word.core_properties.title or ""
    except DocumentError:
        raise
    except Exception as error:  # python-docx passes on any error of lxml, zipfile and its own lookups
        raise DocumentError(f"{name}: not a readable Word file; open it and save it again as DOCX") from error
    return builder.document(name, named if named.lower() not in ("", "word document") else title)


class _HeadingLevels:
    """The heading levels of paragraphs, by their own outline level or that of their style; 0 is the title."""

    def __init__(self, word: Word) -> None:
        self._styles = {style.style_id: style for style in word.styles}
        self._known: dict[str, int | None] = {}

    def of(self, paragraph: Any) -> int | None:
        """The level of a ``w:p``; None where it is not a heading."""
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None:
            return _outline_level(outline)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return None if style is None else self._of_style(style.get(f"{_W}val") or "")

    def is_item(self, paragraph: Any) -> bool:
        """Whether a ``w:p`` is a list item, by its own properties or by its style."""
        if paragraph.find(f"{_W}pPr/{_W}numPr") is not None:
            return True
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        known = None if style is None else self._styles.get(style.get(f"{_W}val") or "")
        return known is not None and known.element.find(f"{_W}pPr/{_W}numPr") is not None

    def _of_style(self, style_id: str) -> int | None:
        if style_id not in self._known:
            self._known[style_id] = self._find(style_id)
        return self._known[style_id]

    def _find(self, style_id: str) -> int | None:
        style = self._styles.get(style_id)
        for _ in range(_MAX_BASES):  # styles may be based on each other in a loop
            if style is None:
                return None
            name = style.name or ""
            if name.lower() == "title":
                return 0
            heading = _HEADING.match(name)
            if heading:
                return int(heading[1])
            outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is not None:
                return _outline_level(outline)
            style = getattr(style, "base_style", None)
        return None


def _outline_level(element: Any) -> int | None:
    value = element.get(f"{_W}val") or ""
    return int(value) + 1 if value.isdecimal() and int(value) < 9 else None


def _walk(parent: Any, builder: Builder, levels: _HeadingLevels) -> str:
    """Add the contents of ``parent`` in order; returns the text that is styled as the title."""
    title = ""
    for element in parent:
        if element.tag == f"{_W}p":
            text, level = _text(element), levels.of(element)
            is_item = levels.is_item(element)
            if level is not None:
                title = title or (text if level == 0 else "")
                builder.heading(text, max(level, 1))
            elif is_item and text.strip():
                builder.item(text)
            else:
                builder.paragraph(text)
        elif element.tag == f"{_W}tbl":
            builder.rows(_grid(element))
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}smartTag", f"{_W}ins"):
            title = title or _walk(element, builder, levels)
    return title


def _grid(table: Any) -> list[list[str]]:
    """The texts of a table's cells; the text of merged cells stands in the first."""
    rows: list[list[str]] = []
    for row in table.iter(f"{_W}tr"):
        if _owner(row, f"{_W}tbl") is not table:
            continue
        cells: list[str] = []
        for cell in row.iter(f"{_W}tc"):
            if _owner(cell, f"{_W}tr") is row:
                span = cell.find(f"{_W}tcPr/{_W}gridSpan")
                wide = (span.get(f"{_W}val") or "1") if span is not None else "1"
                cells += [_text(cell), *[""] * (min(int(wide), 64) - 1 if wide.isdecimal() else 0)]
        rows.append(cells)
    return rows


def _owner(element: Any, tag: str) -> Any:
    """The nearest ancestor of ``element`` with that tag."""
    return next(element.iterancestors(tag), None)


def _text(element: Any) -> str:
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    """The text in an element, each paragraph or cell on a line; of alternative content only the first form."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag in (_FALLBACK, f"{_W}pPr", f"{_W}del", f"{_W}instrText"):
            continue
        else:
            yield from _pieces(child)
            if child.tag in (f"{_W}p", f"{_W}tc"):
                yield "\n"


def _notes(word: Word) -> Iterator[str]:
    """The texts of footnotes and endnotes."""
    from documents.formats.xml import parse_xml

    for relation in word.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in _NOTES:
            root = parse_xml(relation.target_part.blob, "notes")
            for note in root:
                if note.get(f"{_W}type") is None:
                    yield " ".join(_text(note).split())
