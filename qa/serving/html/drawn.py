"""A range of a document as HTML, drawn as what it is: code as code, lists as lists, tables as tables. Pure functions.

All text is escaped. What is shown are the document's characters, but for the signs that stand for what is drawn: the
edges of a table's cells, the fences of code, and what Markdown marks words with. Code is set with exactly its
characters, also its line breaks; those of wrapped prose flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from documents.blocks import Range
from documents.document import Document
from documents.elements import Element, elements
from documents.formats.markdown_inline import Span, spans
from documents.grid import grid_of, joint
from documents.sentences import units
from qa.serving.html.code_lines import code_lines
from qa.serving.html.escape import escape
from qa.serving.html.marked_words import UNMARKED, MarkedWords, Marks
from qa.serving.html.messages import Words

_BLANK_LINE = re.compile(r"\n\s*\n")
_LINE = re.compile(r"[^\n]+")
_ALIGNED = re.compile(r"\S {3,}\S")
_HEADING_SIGNS = re.compile(r"#{1,6}[ \t]+|\n[ \t]*\W+\Z")
_NO_EDGE = re.compile(r"\\(?=\|)")  # before a "|" within a cell
_QUOTE_SIGN = re.compile(r"^[ ]*>[> ]*", re.MULTILINE)
_ONLY_TAGS = re.compile(r"(?:\s*+<[^<>]*+>)*+\s*+")
_NO_WORDS = ("code", "table", "heading", "quotation")  # that could stand in a line of an answer
_NEAR = 2_000  # characters before a part of a paragraph in which this may begin
_BROKEN = ("html/", "epub/")  # parsers of formats in which no line is merely wrapped


class Drawn(NamedTuple):
    """HTML of a range; ``is_inline`` where it is the words of one paragraph or item, without an element around them."""

    html: Markup
    is_inline: bool


@dataclass(slots=True)
class _Node:
    """An element and those in it; of one that begins before what is drawn, the rest."""

    of: Element
    inner: list[_Node] = field(default_factory=list)


def drawn(document: Document, start: int, end: int, say: Words, marks: Marks = UNMARKED) -> Drawn:
    """``document.text[start:end]`` as HTML; ``say`` has the words of the page around it."""
    drawing = _Drawing(document, say, marks)
    nodes = drawing.parts(_tree(document, start, end))
    words = drawing.words_alone(nodes)
    if words is not None:
        return Drawn(Markup(words), True)
    return Drawn(Markup("".join(map(drawing.block, nodes))), False)


def drawn_cell(document: Document, places: Sequence[Range], say: Words) -> Markup:
    """The words of a table's cell, which stand at those ``places`` of the document."""
    return Markup(_Drawing(document, say, UNMARKED).cell(places))


def _tree(document: Document, start: int, end: int) -> list[_Node]:
    """The elements of the range in each other, with those that begin before it."""
    open_ones = [Element(own.kind, start, min(own.end, end)) for own in document.blocks_at(start) if own.start < start]
    table = document.table_at(start)
    if table and table.start < start:
        open_ones.append(Element("table", start, min(table.end, end)))
    root = _Node(Element("", start, end))
    path = [root]
    for element in (*open_ones, *elements(document, start, end)):
        while len(path) > 1 and path[-1].of.end <= element.start:
            path.pop()
        node = _Node(element)
        path[-1].inner.append(node)
        path.append(node)
    return root.inner


class _Drawing:
    def __init__(self, document: Document, say: Words, marks: Marks) -> None:
        self._document = document
        self._text = document.text
        self._say = say
        self._words = MarkedWords(document.text, marks)
        self._quotations = 0  # that are open
        self._is_markdown = document.parser.startswith("markdown/")

    def parts(self, nodes: list[_Node]) -> list[_Node]:
        """The elements without the lists and items around them of which nothing else is shown."""
        while len(nodes) == 1 and nodes[0].of.kind in ("list", "item", "step") and nodes[0].inner:
            if self._own(nodes[0]) or self._label(nodes[0]):
                break
            nodes = nodes[0].inner
        return nodes

    def words_alone(self, nodes: Sequence[_Node]) -> str | None:
        """The words of the only paragraph or item; None where there is more, or what is drawn otherwise."""
        if len(nodes) != 1 or nodes[0].inner or nodes[0].of.kind in _NO_WORDS:
            return None
        paragraphs = self._own(nodes[0])
        if len(paragraphs) != 1 or _ALIGNED.search(self._text, *paragraphs[0]):
            return None
        return self._label(nodes[0]) + self._prose(*paragraphs[0])

    def block(self, node: _Node) -> str:
        kind, start, end = node.of.kind, node.of.start, node.of.end
        match kind:
            case "code":
                return self._code(start, end)
            case "table":
                return self._table(start, end)
            case "heading":
                return self._element("p", "heading", start, end, self._heading(start, end))
            case "list":
                return self._element("ul", "", start, end, self._within(node))
            case "item" | "step":
                return self._element("li", "", start, end, self._label(node) + self._within(node))
            case "quotation":
                self._quotations += 1
                within = self._within(node)
                self._quotations -= 1
                return self._element("blockquote", "", start, end, within)
            case "paragraph" | "field" | "caption":
                return self._paragraph(start, end, kind)
        return self._within(node)

    def _within(self, node: _Node) -> str:
        """What is in an element: its own text between the elements in it."""
        paragraphs = self._own(node)
        parts = [(inner.of.start, self.block(inner)) for inner in node.inner]
        for number, place in enumerate(paragraphs):
            is_first = number == 0 and all(place[0] < start for start, _ in parts)
            is_plain = is_first and not _ALIGNED.search(self._text, *place) and node.of.kind in ("item", "step")
            parts.append((place[0], self._prose(*place) if is_plain else self._paragraph(*place)))
        return "".join(html for _, html in sorted(parts, key=lambda part: part[0]))

    def _own(self, node: _Node) -> list[Range]:
        """The paragraphs of an element that are in no inner one, without its label."""
        label = len(node.of.label) if node.of.kind in ("item", "step") else 0
        edges = [node.of.start + label, *(edge for own in node.inner for edge in own.of[1:3]), node.of.end]
        found = [
            place
            for start, end in zip(edges[::2], edges[1::2], strict=True)
            for place in _paragraphs(self._text, start, end)
        ]
        return [place for place in found if node.of.kind != "list" or not _ONLY_TAGS.fullmatch(self._text, *place)]

    def _label(self, node: _Node) -> str:
        """The number or sign of an item."""
        label, start = node.of.label, node.of.start
        if node.of.kind not in ("item", "step") or not label:
            return ""
        if self._is_markdown and label[0] in "-*+":
            sign = "☑" if "[x]" in label.lower() else "☐" if "[" in label else "•"
            shown = self._words.sign(start, sign)
        else:
            shown = self._words.html(start, start + len(label), [])
        return f'<span class="label">{shown}</span> '

    def _paragraph(self, start: int, end: int, kind: str = "paragraph") -> str:
        """A paragraph; one that is laid out by spaces keeps them."""
        if _ALIGNED.search(self._text, start, end):
            return self._element("p", "aligned", start, end, self._words.html(start, end, []))
        return self._element("p", "" if kind == "paragraph" else kind, start, end, self._prose(start, end))

    def _heading(self, start: int, end: int) -> str:
        signs = [Span("sign", *sign.span()) for sign in _HEADING_SIGNS.finditer(self._text, start, end)]
        return self._words.html(start, end, [*signs, *self._inline(start, end)])

    def _prose(self, start: int, end: int) -> str:
        """Words, in which line breaks that are meant stay."""
        inline = self._inline(start, end)
        if self._quotations:
            inline += [Span("sign", *sign.span()) for sign in _QUOTE_SIGN.finditer(self._text, start, end)]
        lines = [(first, last) for first, last, _ in units(self._text, start, end)]
        if self._document.parser.startswith(_BROKEN):
            lines = [line.span() for line in _LINE.finditer(self._text, start, end)]
        breaks = [Span("break", before[1], after[0]) for before, after in pairwise(lines)]
        return self._words.html(start, end, [*inline, *breaks])

    def _inline(self, start: int, end: int) -> list[Span]:
        """The code in the words and what else Markdown marks; they may be a part of their paragraph."""
        if not self._is_markdown:
            return [Span("code", *own) for own in self._document.inline_code_within(start, end)]
        around = [(0, len(self._text)), *((own.start, own.end) for own in self._document.blocks_at(start))][-1]
        first, last = max(around[0], start - _NEAR), min(around[1], end + _NEAR)
        gaps = [own.end() for own in _BLANK_LINE.finditer(self._text, first, start)]
        behind = _BLANK_LINE.search(self._text, end, max(end, last))
        return spans(self._text, gaps[-1] if gaps else first, behind.start() if behind else max(end, last))

    def _code(self, start: int, end: int) -> str:
        lines = code_lines(self._document, start, end)
        shown = "\n".join(self._words.html(first, last, []) for first, last in lines)
        copy = f'<button type="button" class="copy-code">{escape(self._say("copy"))}</button>'
        label = escape(self._say("code"))
        pre = f'<pre tabindex="0" role="group" aria-label="{label}"><code>{shown}</code></pre>'
        return self._element("div", "code", start, end, pre + copy) if shown.strip() else ""

    def _table(self, start: int, end: int) -> str:
        table = self._document.table_at(start)
        if table is None:
            return self._paragraph(start, end)
        grid = grid_of(self._text, table)
        rows = []
        for row in range(grid.row_at(start), grid.row_at(end - 1) + 1):
            if grid.is_rule(row):
                continue
            tag = "th" if grid.is_heading(row) else "td"
            cells = [self.cell(_within(grid.words_of(cell), start, end)) for cell in grid.cells(row)]
            within = "".join(f'<{tag} dir="auto">{words}</{tag}>' for words in cells)
            rows.append(self._element("tr", "", *grid.range_of(row), within))
        label = escape(self._say("rows"))
        inner = f"<table>{''.join(rows)}</table>"
        return self._element("div", "rows", start, end, inner, f' tabindex="0" role="group" aria-label="{label}"')

    def cell(self, places: Sequence[Range]) -> str:
        """The words of a cell that stand at those places."""
        shown = list[str]()
        before = 0
        for first, last in places:
            edges = [Span("sign", *sign.span()) for sign in _NO_EDGE.finditer(self._text, first, last)]
            gap = joint(self._text, before, first) if shown else ""
            shown += [gap, self._words.html(first, last, [*self._inline(first, last), *edges])]
            before = last
        return "".join(shown)

    def _element(self, tag: str, name: str, start: int, end: int, within: str, more: str = "") -> str:
        """An element of a class; without any marked words in it, it is around them."""
        names = " ".join(filter(None, (name, "around" if self._words.are_around(start, end) else "")))
        shown = f' class="{names}"' if names else ""
        direction = ' dir="auto"' if tag in ("p", "li") else ""
        return f"<{tag}{shown}{direction}{more}>{within}</{tag}>"


def _within(places: Sequence[Range], start: int, end: int) -> list[Range]:
    """What of the places lies in the range."""
    own = ((max(first, start), min(last, end)) for first, last in places)
    return [(first, last) for first, last in own if first < last]


def _paragraphs(text: str, start: int, end: int) -> Iterator[Range]:
    """The runs of lines without an empty one between them, without the space around them."""
    edges = [start, *(edge for gap in _BLANK_LINE.finditer(text, start, end) for edge in gap.span()), end]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        own = text[first:last]
        if bare := own.strip():
            begin = first + own.index(bare)
            yield begin, begin + len(bare)
