"""Word's styles: what a paragraph has of its own, and what it has from the styles that its style is based on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from documents.blocks import Kind
from documents.vocabulary import any_of

if TYPE_CHECKING:
    from docx.document import Document as Word

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING = re.compile(rf"{any_of('heading_styles')}\s*([1-9])", re.IGNORECASE)
_KINDS: dict[Kind, re.Pattern[str]] = {
    "caption": re.compile(r"caption\Z", re.IGNORECASE),
    "quotation": re.compile(rf"{any_of('quotation_styles')}\Z", re.IGNORECASE),
    "code": re.compile(rf"{any_of('code_styles')}\Z", re.IGNORECASE),
}
_MAX_BASES = 20


class Styles:
    """The paragraph styles of one document."""

    def __init__(self, word: Word) -> None:
        self._elements = {style.style_id: style.element for style in word.styles}
        self._chains: dict[str, list[Any]] = {}
        self._levels: dict[str, int | None] = {}
        self._kinds: dict[str, Kind | None] = {}

    def properties(self, paragraph: Any) -> Iterator[Any]:
        """The ``w:pPr`` of a ``w:p`` and of its styles, nearest first."""
        for element in (paragraph, *self._chain(_style_of(paragraph))):
            own = element.find(f"{W}pPr")
            if own is not None:
                yield own

    def heading_level(self, paragraph: Any) -> int | None:
        """The level of a ``w:p`` by its own outline level or that of its style; 0 is the title, None no heading."""
        outline = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None:
            return _outline_level(outline)
        style_id = _style_of(paragraph)
        if style_id not in self._levels:
            self._levels[style_id] = self._level_of(style_id)
        return self._levels[style_id]

    def _level_of(self, style_id: str) -> int | None:
        for style in self._chain(style_id):
            name = _name(style)
            if name.lower() == "title":
                return 0
            if heading := _HEADING.match(name):
                return int(heading[1])
            outline = style.find(f"{W}pPr/{W}outlineLvl")
            if outline is not None:
                return _outline_level(outline)
        return None

    def kind(self, paragraph: Any) -> Kind | None:
        """What kind of block the paragraph's style is for: a caption, a quotation or code."""
        style_id = _style_of(paragraph)
        if style_id not in self._kinds:
            names = [_name(style) for style in self._chain(style_id)]
            kinds = (kind for name in names for kind, pattern in _KINDS.items() if pattern.match(name))
            self._kinds[style_id] = next(kinds, None)
        return self._kinds[style_id]

    def indent(self, paragraph: Any) -> int | None:
        """How far from the margin the paragraph's text is, in twentieths of a point, where that is set."""
        return next((found for own in self.properties(paragraph) if (found := left(own)) is not None), None)

    def is_bold(self, run: Any, paragraph: Any) -> bool:
        """Whether a ``w:r`` is in bold: by itself, by its own style, or by the style of its paragraph."""
        own = run.find(f"{W}rPr")
        styles = [_style_of(paragraph)]
        if own is not None:
            if (found := _bold(own)) is not None:
                return found
            styles.insert(0, value(own.find(f"{W}rStyle")) or "")
        marks = (style.find(f"{W}rPr") for style_id in styles for style in self._chain(style_id))
        return next((found for own in marks if own is not None and (found := _bold(own)) is not None), False)

    def numbering_of(self, style_id: str) -> str | None:
        """The ``w:numId`` of a style."""
        element = self._elements.get(style_id)
        return None if element is None else value(element.find(f"{W}pPr/{W}numPr/{W}numId"))

    def _chain(self, style_id: str) -> list[Any]:
        """The elements of a style and of those it is based on, which may be a loop."""
        if style_id not in self._chains:
            found, following = list[Any](), style_id
            while len(found) < _MAX_BASES and (style := self._elements.get(following)) is not None:
                found.append(style)
                following = value(style.find(f"{W}basedOn")) or ""
            self._chains[style_id] = found
        return self._chains[style_id]


def _style_of(paragraph: Any) -> str:
    """The id of the style that a ``w:p`` names; "" for the usual one."""
    return value(paragraph.find(f"{W}pPr/{W}pStyle")) or ""


def value(element: Any) -> str | None:
    """The ``w:val`` of an element, if there is one."""
    return None if element is None else element.get(f"{W}val")


def number(text: str | None, otherwise: int | None = None) -> int | None:
    """A whole number in an attribute."""
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text) else otherwise


def left(properties: Any) -> int | None:
    """The left indent in a ``w:pPr``."""
    indent = properties.find(f"{W}ind")
    return None if indent is None else number(indent.get(f"{W}left") or indent.get(f"{W}start"))


def _name(style: Any) -> str:
    return value(style.find(f"{W}name")) or ""


def _bold(properties: Any) -> bool | None:
    """What a ``w:rPr`` says of bold letters; None where it says nothing."""
    bold = properties.find(f"{W}b")
    return None if bold is None else value(bold) not in ("0", "false", "off")


def _outline_level(element: Any) -> int | None:
    level = number(value(element))
    return level + 1 if level is not None and 0 <= level < 9 else None
